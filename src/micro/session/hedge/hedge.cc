// One core, two places: the request leaves, the local model runs, and looks between its layers
// whether the reply has come.
#include "micro/session/places.hpp"

namespace covey::micro {
namespace {

class LocalBeside final : public wire::Meanwhile, public Watch {
 public:
  LocalBeside(State& state, Job& job, uint8_t row, const micro::Beside& when, Race& race)
      : state_(state), job_(job), row_(row), when_(when), race_(race) {}

  uint64_t Do() override {
    if (state_.client->Await(when_.begin_ns)) return Soon(when_.begin_ns);
    begin_ns_ = state_.parts.clock->NowNs();
    const Status status = RunLocally(state_, job_, row_, this);
    const uint64_t took_ns = state_.parts.clock->NowNs() - begin_ns_;
    race_.local_ns = took_ns > 0 ? took_ns : 1;
    if (status.ok()) race_.local = Ran::kAnswered;
    if (status.code() == Code::kCancelled) return when_.until_ns - NeedsNs();
    if (!status.ok()) {
      race_.local = Ran::kUnfit;
      return when_.until_ns;
    }
    // A reply that turns out to be none leaves classes as they are, but an output half written.
    const bool heard = job_.what == What::kClassify && state_.client->Await(when_.keep_ns);
    return heard ? Soon(when_.keep_ns) : 0;
  }

  // Broken off only where there is time for another run: what has come may be no answer.
  bool GoOn() override {
    const uint64_t now_ns = state_.parts.clock->NowNs();
    const bool again = when_.until_ns > now_ns && when_.until_ns - now_ns > NeedsNs() + kReadNs;
    return !again || !state_.client->Await(0);
  }

 private:
  static constexpr uint64_t kReadNs = 1'000'000;  // for what is here already

  uint64_t NeedsNs() const { return uint64_t{state_.router.ExpectedUs(row_)} * 1'100; }
  uint64_t Soon(uint64_t moment_ns) const {
    const uint64_t soon_ns = state_.parts.clock->NowNs() + kReadNs;
    return moment_ns > soon_ns ? moment_ns : soon_ns;
  }

  State& state_;
  Job& job_;
  const uint8_t row_;
  const micro::Beside& when_;
  Race& race_;
  uint64_t begin_ns_ = 0;
};

}  // namespace

bool SessionPlaces::RunBoth(uint8_t, uint8_t local, const Beside& when, Race& race,
                            Outcome& outcome) {
  LocalBeside beside(state_, job_, local, when, race);
  state_.client->Between(&beside, when.begin_ns);
  race.agent = AtAgent(when.until_ns, outcome);
  state_.client->Between(nullptr, 0);
  if (race.agent == Ran::kAnswered) {
    race.local = Ran::kLate;
    return true;
  }
  if (job_.status.code() == Code::kCancelled) race.agent = Ran::kLate;
  // Broken off for bytes that were no answer.
  if (race.local_ns > 0 && race.local == Ran::kLate) race.local = Run(local, UINT64_MAX, outcome);
  return true;
}

}  // namespace covey::micro
