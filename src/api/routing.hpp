// Routing is what the router knows of one model's places: profiles, estimates, calibration.
// AgentPlace is the agent itself, with the sign of life that is asked for beside the work.
//
//   Routing routing(profiles, "resnet8", "resnet56");
//   std::unique_lock lock(routing.mutex);
//   micro::Serve(routing.router, request, routing.calibration(), places);
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "micro/route/serve.hpp"
#include "serve/client/client.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::api {

inline constexpr uint8_t kLocalRow = 0, kAgentRow = 1, kCascadeRow = 2;

class Routing {
 public:
  // Takes the profiles of these two models, the first that is local and the first that is not.
  Routing(const serve::Profiles& profiles, const std::string& local, const std::string& agent);
  Routing(const Routing&) = delete;
  Routing& operator=(const Routing&) = delete;

  const Calibration* calibration() const { return cascade_ ? &calibration_ : nullptr; }

  std::mutex mutex;  // of the router
  micro::Router router;

 private:
  Profile local_, agent_, both_;
  Calibration calibration_;
  bool cascade_ = false;
};

// Shared, so that a call goes on when the place changes under it.
class AgentPlace {
 public:
  explicit AgentPlace(const serve::Target& target) : client(target), prober_(target) {}
  ~AgentPlace();

  std::string name() const;  // "agent tcp://host:port"
  // On a connection and a thread of its own; nothing happens if one is under way.
  void StartProbe();
  bool ProbeAnswered(uint32_t& rtt_us);

  serve::Client client;
  std::atomic<bool> warm{false};  // the last call got an answer, so its connection stands

 private:
  serve::Client prober_;
  std::thread thread_;
  std::mutex mutex_;
  std::atomic<bool> running_{false}, alive_{false};
  std::atomic<uint32_t> rtt_us_{0};
};

}  // namespace covey::api
