// HostPlaces are one call at the host session's places, as the router's driver wants them.
//
//   std::unique_lock lock(routing->mutex);
//   HostPlaces places(call, {.locals = variants, .agents = agents, .model = name}, deadline,
//                     fallback, lock);
//   const micro::Served served = micro::Serve(routing->router, request, calibration, places);
//
// Threads: holds the routing's lock except while something runs.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/calls.hpp"
#include "api/routing.hpp"
#include "core/host/diag_text.hpp"
#include "micro/route/serve.hpp"

namespace covey::api {

Error ToError(Status status, const DiagText& diag);
uint32_t Us(std::chrono::nanoseconds time);

// The router's rows in their order (routing.hpp).
struct PlaceSet {
  std::vector<std::shared_ptr<const serve::Entry>> locals;  // the model, then its variants
  std::vector<std::shared_ptr<AgentPlace>> agents;
  std::string model;  // the name there

  bool IsLocal(uint8_t row) const { return row < locals.size(); }
  uint8_t agent_row(size_t i) const { return static_cast<uint8_t>(locals.size() + i); }
  AgentPlace& agent(uint8_t row) const { return *agents[row - locals.size()]; }
};

class HostPlaces final : public micro::Places {
 public:
  // `forms`: of each agent; pictures go in those that keep so many answers of 10,000.
  struct Sending {
    std::vector<AgentForms>& forms;
    uint16_t keep;
  };
  HostPlaces(Call& call, const PlaceSet& set, const Sending& sending, serve::Deadline deadline,
             bool fallback, std::unique_lock<std::mutex>& lock);

  uint64_t NowNs() override;
  void StartProbe(uint8_t place) override { set_.agent(place).StartProbe(); }
  bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) override;
  micro::Ran Run(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) override;
  bool RunBoth(uint8_t agent, uint8_t local, const micro::Beside& when, micro::Race& race,
               micro::Outcome& outcome) override;
  uint16_t Confidence() override;
  bool Agrees(uint8_t local, bool& agreed) override;

  Answer answer;            // in hand
  uint64_t sent_bytes = 0;  // to the agent that answered; 0: nothing is known of it
  Status agent_status = OkStatus(), local_status = OkStatus();
  DiagText agent_diag, local_diag;

 private:
  micro::Ran Here(const serve::Entry& entry);
  micro::Ran There(AgentPlace& agent, uint64_t until_ns, micro::Outcome& outcome);
  // Chooses a form, asks, and learns what sending it took.
  micro::Ran Send(uint8_t place, uint64_t until_ns, micro::Outcome& outcome);
  bool Refused(const serve::Form& form, micro::Ran ran) const;
  // Both at once with the picture in that form; false: no exchange could begin.
  bool TryBoth(const serve::Form& form, uint8_t agent, uint8_t local, const micro::Beside& when,
               micro::Race& race, micro::Outcome& outcome);
  // How the call goes to that agent; whether forms were to be chosen from.
  bool ChooseForm(uint8_t place, serve::Form& form);
  void NoteLate(uint8_t place, const serve::Form& form, uint64_t begin_ns,
                const micro::Outcome& outcome);
  void ForgetForms(uint8_t place);  // but the picture as it is
  void LearnForm(uint8_t place, uint64_t begin_ns, const micro::Outcome& outcome);
  // What the agent's status means; on success its answer is in hand.
  micro::Ran Take(AgentPlace& agent, Reply& reply, micro::Outcome& outcome);
  // The local run beside an exchange, and what comes of both.
  void Beside(Exchange& exchange, const serve::Entry& entry, const micro::Beside& when,
              micro::Race& race);
  uint64_t EndNs(uint64_t until_ns) const;

  Call& call_;
  const PlaceSet& set_;
  Sending sending_;
  serve::Deadline deadline_;
  bool fallback_;
  std::unique_lock<std::mutex>& lock_;
};

}  // namespace covey::api
