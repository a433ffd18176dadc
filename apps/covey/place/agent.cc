// An agent: one call a sample over the wire, the latency measured around it.
#include <chrono>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/place/place.hpp"
#include "apps/covey/place/tensors.hpp"
#include "serve/client/client.hpp"

namespace covey::app {
namespace {

class Agent final : public Place {
 public:
  Agent(const HostPort& agent, std::string model, const PlaceOptions& options)
      : client_({.host = agent.host, .port = agent.port}),
        address_("agent " + agent.text()),
        model_(std::move(model)),
        call_time_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.deadline_s))) {}

  Expected<void> Prepare() {
    DiagText diag;
    const Result<serve::ModelInfo> info =
        client_.DescribeModel(model_, serve::DeadlineIn(call_time_), diag);
    if (!info.ok()) return Explain(address_, info.status(), diag);
    const Expected<size_t> bytes = SampleBytes(info->inputs);
    if (!bytes) {
      return MakeError(static_cast<Code>(bytes.error().code),
                       address_ + ": " + model_ + ": " + bytes.error().message);
    }
    info_ = *info;
    sample_bytes_ = bytes.value();
    return {};
  }

  size_t sample_bytes() const override { return sample_bytes_; }
  std::string inputs() const override { return InputsText(info_.inputs); }

  Expected<PlaceRun> Run(std::span<const std::byte> samples) override {
    PlaceRun run;
    run.backend = info_.backend;
    if (info_.arena_bytes > 0) run.arena_bytes = info_.arena_bytes;
    Progress progress("run on " + address_, samples.size() / sample_bytes_);
    for (; !samples.empty(); samples = samples.subspan(sample_bytes_)) {
      const auto inputs = CutSample(info_.inputs, samples.first(sample_bytes_));
      DiagText diag;
      serve::InferReply reply;
      const auto start = std::chrono::steady_clock::now();
      const Status status =
          client_.Infer(model_, inputs, reply, serve::DeadlineIn(call_time_), diag);
      const std::chrono::duration<double, std::nano> took =
          std::chrono::steady_clock::now() - start;
      if (!status.ok()) return Explain(address_, status, diag);
      run.latency_ns.push_back(took.count());
      AppendOutputs(reply.outputs, run.outputs);
      progress.Step();
    }
    return run;
  }

 private:
  serve::Client client_;
  std::string address_, model_;
  std::chrono::nanoseconds call_time_;
  serve::ModelInfo info_;
  size_t sample_bytes_ = 0;
};

}  // namespace

Expected<std::unique_ptr<Place>> OpenAgent(const HostPort& agent, const std::string& model,
                                           const PlaceOptions& options) {
  auto place = std::make_unique<Agent>(agent, model, options);
  const Expected<void> prepared = place->Prepare();
  if (!prepared) return prepared.error();
  return std::unique_ptr<Place>(std::move(place));
}

}  // namespace covey::app
