#include "covey/space.hpp"

#include <mutex>
#include <thread>

#include "compiler/chunk/chunk.hpp"
#include "core/host/diag_text.hpp"
#include "serve/space/foresight.hpp"
#include "serve/space/layer_table.hpp"
#include "serve/space/live.hpp"

namespace covey {
namespace {

Error MakeError(Code code, std::string message) {
  return {static_cast<uint32_t>(code), std::move(message)};
}

Error ErrorOf(const std::string& thing, const Status& status, const DiagText& diag) {
  const std::string words = diag.Text();
  return MakeError(status.code(), words.empty() ? thing + ": " + status.message() : words);
}

Expected<serve::UdpAddress> AddressOf(const std::string& text) {
  const size_t colon = text.rfind(':');
  unsigned long port = 0;
  for (size_t i = colon + 1; colon != std::string::npos && i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9' || port > 65535)
      return MakeError(Code::kInvalidArgument, "join: found '" + text + "', expected HOST:PORT");
    port = port * 10 + static_cast<unsigned long>(text[i] - '0');
  }
  if (port == 0 || port > 65535)
    return MakeError(Code::kInvalidArgument, "join: found '" + text + "', expected HOST:PORT");
  const auto address = serve::UdpAddress::Of(text.substr(0, colon), static_cast<uint16_t>(port));
  if (!address.ok())
    return MakeError(address.status().code(),
                     "join: '" + text + "': " + address.status().message());
  return *address;
}

Expected<void> Check(const Pipeline& pipeline) {
  const auto refuse = [&](const std::string& what) {
    return MakeError(Code::kInvalidArgument, "pipeline '" + pipeline.name + "': " + what);
  };
  if (pipeline.name.empty()) return refuse("has no name");
  if (!(pipeline.weight > 0)) return refuse("its weight is not above 0");
  if (!(pipeline.rate_floor_hz >= 0)) return refuse("its rate floor is below 0");
  if (pipeline.latency.count() < 0) return refuse("its latency bound is below 0");
  if (pipeline.deadline < std::chrono::milliseconds(1) ||
      pipeline.deadline > std::chrono::hours(24))
    return refuse("its deadline is not between 1 ms and 24 h");
  return {};
}

}  // namespace

struct Space::State {
  ~State() {
    if (live) live->Stop();
    if (thread.joinable()) thread.join();
  }
  std::unique_ptr<serve::LiveSpace> live;
  std::thread thread;
};

Space::Space(std::unique_ptr<State> state) : state_(std::move(state)) {}
Space::Space(Space&&) noexcept = default;
Space& Space::operator=(Space&&) noexcept = default;
Space::~Space() = default;

Expected<Space> Space::Join(const SpaceOptions& options) {
  const Expected<serve::UdpAddress> address = AddressOf(options.join);
  if (!address) return address.error();
  if (!(options.link_kbit_s > 0) || !(options.link_overhead_us >= 0))
    return MakeError(Code::kInvalidArgument, "links: need a bandwidth above 0, overhead from 0");
  serve::CoordinatorOptions how;
  how.default_link = {.bit_s = options.link_kbit_s * 1e3,
                      .overhead_s = options.link_overhead_us * 1e-6};
  serve::Foresee(how, {});
  auto live = serve::LiveSpace::Open(std::move(how), address.value());
  if (!live.ok()) return MakeError(live.status().code(), live.status().message());
  auto state = std::make_unique<State>();
  state->live = *std::move(live);
  state->thread = std::thread([at = state->live.get()] { at->Run(); });
  return Space(std::move(state));
}

Expected<void> Space::Register(const Pipeline& pipeline) {
  if (const auto sane = Check(pipeline); !sane) return sane;
  DiagText diag;
  const auto graph = compiler::ImportFile(pipeline.model, diag);
  if (!graph.ok()) return ErrorOf(pipeline.model, graph.status(), diag);
  auto ready = compiler::Prepare(*graph, diag);
  if (!ready.ok()) return ErrorOf(pipeline.model, ready.status(), diag);
  // All of it must compile: a chunk of what cannot run cannot either.
  if (const auto image = compiler::CompilePrepared(*ready, diag); !image.ok())
    return ErrorOf(pipeline.model, image.status(), diag);
  auto table = serve::LayerTableOf(*ready);
  if (!table.ok()) return ErrorOf(pipeline.model, table.status(), diag);
  serve::SpacePipeline added;
  added.tenant.name = pipeline.name;
  added.tenant.model = *std::move(table);
  added.tenant.weight = pipeline.weight;
  added.tenant.rate_floor_hz = pipeline.rate_floor_hz;
  if (pipeline.latency.count() > 0)
    added.tenant.latency_slo_s = std::chrono::duration<double>(pipeline.latency).count();
  if (!pipeline.source.empty()) added.sources = {pipeline.source};
  if (!pipeline.target.empty()) added.targets = {pipeline.target};
  added.graph = *std::move(ready);
  added.requests = pipeline.requests;
  added.give_up_ms = static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(pipeline.deadline).count());
  state_->live->Add(std::move(added));
  return {};
}

std::vector<PipelineState> Space::Pipelines() const {
  std::vector<PipelineState> states;
  for (const serve::PipelineView& view : state_->live->View().pipelines) {
    PipelineState state{.name = view.name,
                        .source = view.way.source.member,
                        .target = view.way.target.member,
                        .chunks = {},
                        .planned_hz = view.way.rate_hz,
                        .rate_hz = view.rate_hz,
                        .answered = view.answered,
                        .failed = view.failed,
                        .refused = view.refused};
    for (const auto& hop : view.way.chunks)
      state.chunks.push_back({hop.member, hop.first, hop.end - 1});
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<DeviceState> Space::Devices() const {
  std::vector<DeviceState> states;
  for (const serve::SpaceMember& member : state_->live->View().members) {
    states.push_back({.name = member.name,
                      .kind = member.kind,
                      .flash_bytes = member.hello.flash_bytes,
                      .flash_free = member.hello.flash_free,
                      .ram_bytes = member.hello.ram_bytes,
                      .ram_free = member.hello.ram_free,
                      .chunks = member.hello.images,
                      .runs = member.hello.runs});
  }
  return states;
}

uint32_t Space::Epoch() const { return state_->live->View().epoch; }

}  // namespace covey
