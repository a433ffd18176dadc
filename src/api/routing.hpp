// Routing is what the router knows of one model's places: profiles, estimates, calibration.
// AgentPlace is the agent itself, with the sign of life that is asked for beside the work.
//
//   Routing routing(profiles, {"resnet8", "resnet8#1"}, "resnet56", {"agent tcp://edge:7700"});
//   std::unique_lock lock(routing.mutex);
//   micro::Serve(routing.router, request, routing.calibration(), places);
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/exchange.hpp"
#include "micro/route/forms.hpp"
#include "micro/route/serve.hpp"
#include "serve/client/client.hpp"
#include "serve/preprocess/form.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::api {

// The router's rows: the local model, its variants, the agents, and the cascade of the local model
// and an agent.
inline constexpr size_t kMaxAgents = micro::Router::kMaxLinks;

// How pictures may be sent to one agent: as they are first, then as its profiles have it.
struct AgentForms {
  std::vector<serve::Form> forms{1};
  std::vector<micro::SendForm> measured{1};
  micro::FormChooser chooser;
};

class Routing {
 public:
  // Takes the first profile of each local model, and for each agent that of the model there, or
  // else of that model at any agent. `agents` are places as SetPlace has them.
  Routing(const serve::Profiles& profiles, const std::vector<std::string>& locals,
          const std::string& agent_model, const std::vector<std::string>& agents);
  Routing(const Routing&) = delete;
  Routing& operator=(const Routing&) = delete;

  const Calibration* calibration() const { return cascade_ ? &calibration_ : nullptr; }

  std::mutex mutex;  // of the router and the forms
  micro::Router router;
  std::vector<AgentForms> forms;  // of each agent

 private:
  void AddForms(const serve::Profiles& profiles);
  void AddCascade(const serve::Profiles& profiles, std::vector<micro::RoutePlace>& rows);

  std::vector<Profile> profiles_;  // of the rows
  std::vector<const serve::PlaceProfile*> measured_;
  size_t locals_ = 0;
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
  Exchanges exchanges;            // with `client`, which outlives them

 private:
  serve::Client prober_;
  std::thread thread_;
  std::mutex mutex_;
  std::atomic<bool> running_{false}, alive_{false};
  std::atomic<uint32_t> rtt_us_{0};
};

}  // namespace covey::api
