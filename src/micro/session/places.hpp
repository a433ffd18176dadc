// SessionPlaces are a device session's places as the router's driver uses them: the board's own
// engine and the agent behind the link.
//
//   SessionPlaces places(state, job);
//   const Served served = Serve(state.router, request, state.parts.calibration, places);
//
// Errors: why a place did not answer is written into the job's result.
#pragma once

#include "micro/route/serve.hpp"
#include "micro/session/state.hpp"

namespace covey::micro {

// The call at the agent, on the kept connection or a fresh one.
Status AskAgent(State& state, Job& job, uint64_t deadline_ns);
// `row`: the model itself or a variant.
Status RunLocally(State& state, Job& job, uint8_t row, Watch* watch = nullptr);

class SessionPlaces final : public Places {
 public:
  SessionPlaces(State& state, Job& job) : state_(state), job_(job) {}

  uint64_t NowNs() override { return state_.parts.clock->NowNs(); }
  void StartProbe(uint8_t place) override;
  bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) override;
  Ran Run(uint8_t place, uint64_t until_ns, Outcome& outcome) override;
  bool RunBoth(uint8_t agent, uint8_t local, const Beside& when, Race& race,
               Outcome& outcome) override;
  uint16_t Confidence() override;

 private:
  Ran AtAgent(uint64_t until_ns, Outcome& outcome);
  Status ChooseForm(uint64_t until_ns);
  Status AskInForm(uint64_t until_ns, uint64_t& begin_ns);
  void NoteSent(Outcome& outcome, uint64_t begin_ns);
  void NoteFailure();
  void NoteLocal(Status status);

  State& state_;
  Job& job_;
};

}  // namespace covey::micro
