// Feeds a coordinator, and a switch, whatever frames nodes could send, and lets time pass. Input:
// records of kind (1), node (1), length (1), body.
//
//   0 hello of the node, its fields from the body   1 a frame of any type around the body
//   2 bytes as they are                             3 time passes, in units of 10 ms
//   4 an answer to one of the orders last given     5 the same, from another node or with a fault
//
// What must hold: every frame that the coordinator sends is one that a node can read, it takes no
// more members than it may, and a pipeline has a way only through members that were there.
#include <cstdlib>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "serve/space/coordinator.hpp"
#include "serve/space/layer_table.hpp"
#include "serve/space/switch_core.hpp"

namespace {

using namespace covey;
using namespace covey::serve;
using wire::node::FrameType;

constexpr size_t kMostMembers = 5, kNodes = 7;
constexpr wire::node::Mac kCoordinator = {2, 0, 0, 0, 0, 0xC0};

wire::node::Mac MacOf(uint8_t node) { return {2, 0, 0, 0, 0, static_cast<uint8_t>(node % kNodes)}; }

// What was asked of whom, the last of it.
struct Port final : micro::FramePort {
  struct Asked {
    wire::node::Mac of;
    uint32_t seq;
  };
  std::vector<Asked> asked;
  bool Send(std::span<const std::byte> bytes) override {
    const auto frame = wire::node::ReadFrame(bytes);
    if (!frame.ok()) std::abort();
    if (frame->head.type == FrameType::kHello) {
      if (!wire::node::DecodeHello(frame->body).ok()) std::abort();
      return true;
    }
    const auto order = wire::node::DecodeOrder(frame->body);
    if (frame->head.type != FrameType::kOrder || !order.ok()) std::abort();
    if (asked.size() >= 64) asked.erase(asked.begin(), asked.begin() + 32);
    asked.push_back({frame->head.to, order->seq});
    return true;
  }
};

// One chunk a device, in their order.
SpacePlan EvenPlan(const plan::Space& space, const std::vector<plan::TenantPlan>&) {
  SpacePlan plan;
  for (int t = 0; t < static_cast<int>(space.tenants.size()); ++t) {
    const plan::Tenant& tenant = space.tenants[static_cast<size_t>(t)];
    plan::TenantPlan way{.tenant = t, .source = 0, .target = 0, .chunks = {}};
    if (!tenant.sources.empty()) way.source = tenant.sources[0];
    if (!tenant.targets.empty()) way.target = tenant.targets[0];
    const int layers = tenant.model.size(), pieces = std::min(layers, space.size());
    for (int i = 0; i < pieces; ++i)
      way.chunks.push_back(
          {(i + t) % space.size(), layers * i / pieces, layers * (i + 1) / pieces});
    plan.tenants.push_back(std::move(way));
    plan.rate_hz.push_back(10);
  }
  plan.refused.resize(space.tenants.size());
  plan.objective_s = 0.1 / space.size();
  return plan;
}

const SpacePipeline& Pipeline() {
  static const SpacePipeline pipeline = [] {
    compiler::SmallNetwork net(1);
    int x = net.Input({1, 1, 1, 1});
    x = net.Conv(x, {.outputs = 1});
    x = net.Conv(x, {.outputs = 1});
    net.graph().outputs = {x};
    net.graph().name = "net";
    DiagText diag;
    SpacePipeline made;
    made.graph = *compiler::Prepare(net.graph(), diag);
    made.tenant.name = "net";
    made.tenant.model = *LayerTableOf(made.graph);
    made.sources = {"n1"};
    made.targets = {"m4"};
    return made;
  }();
  return pipeline;
}

struct World {
  Port port;
  Coordinator coordinator{
      {.mac = kCoordinator, .boot = 1, .planner = EvenPlan, .most_members = kMostMembers}, port};
  SwitchCore net{1, {.kbit_s = 1000, .loss = 0.01}};
  uint64_t now_ns = 1'000'000'000;
  size_t deliveries = 0;

  void Take(std::span<const std::byte> bytes) {
    net.Take(now_ns, bytes);
    coordinator.Take(now_ns, bytes);
    if (coordinator.members().size() > kMostMembers) std::abort();
  }
  void Pass(uint64_t ns) {
    const uint64_t until_ns = now_ns + ns;
    for (int turn = 0; turn < 50 && now_ns < until_ns; ++turn) {
      now_ns = std::clamp(coordinator.next_ns(), now_ns, until_ns);
      coordinator.Turn(now_ns);
      while (net.Due(now_ns)) ++deliveries;
    }
    now_ns = until_ns;
    for (const std::string& name : {coordinator.way(0).source.member})
      if (coordinator.way(0).placed() && name.empty()) std::abort();
  }
};

void TakeFrame(World& world, FrameType type, uint8_t node, uint32_t boot,
               std::span<const std::byte> body) {
  std::byte buffer[wire::node::kMaxFrameBytes];
  wire::node::FrameWriter frame(
      buffer,
      {.to = kCoordinator, .from = MacOf(node), .type = type, .boot = boot, .epoch = boot / 2});
  frame.body().Bytes(body);
  world.Take(frame.Finish());
}

void SayHello(World& world, uint8_t node, std::span<const std::byte> body) {
  const auto at = [&](size_t i) {
    return i < body.size() ? static_cast<uint32_t>(body[i]) : uint32_t{0};
  };
  char name[] = "n0";
  name[1] = static_cast<char>('0' + node % kNodes + at(0) / 128);  // now and then of a neighbour
  constexpr const char* kKinds[] = {"m4", "m33", "m55", "rv32", "max78000", "odd"};
  std::byte buffer[256];
  wire::node::Put out(buffer);
  Encode(wire::node::Hello{.name = wire::node::NameOf(name),
                           .kind = wire::node::NameOf(kKinds[at(1) % 6]),
                           .interval_ms = static_cast<uint16_t>(1 + at(3) * 4),
                           .flash_bytes = at(4) << 16,
                           .flash_free = at(5) << 12,
                           .ram_bytes = at(6) << 16,
                           .ram_free = at(7) << 12},
         out);
  TakeFrame(world, FrameType::kHello, node, at(2) % 4, std::span(buffer).first(out.size()));
}

void Answer(World& world, uint8_t node, std::span<const std::byte> body, bool fault) {
  if (world.port.asked.empty() || body.empty()) return;
  const auto which = static_cast<size_t>(body[0]) % world.port.asked.size();
  const Port::Asked asked = world.port.asked[world.port.asked.size() - 1 - which];
  std::byte buffer[256];
  wire::node::Put out(buffer);
  wire::node::Answer answer{.seq = asked.seq};
  if (body.size() > 1) answer.code = static_cast<Code>(static_cast<uint32_t>(body[1]) % 17);
  if (!fault) answer.code = Code::kOk;
  for (size_t i = 0; i < answer.values.size() && i + 2 < body.size(); ++i)
    answer.values[i] = static_cast<uint32_t>(body[i + 2]) << (fault ? 24 : 6);
  Encode(answer, out);
  const uint8_t from = fault ? node : asked.of[5];
  TakeFrame(world, FrameType::kAnswer, from, 0, std::span(buffer).first(out.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  world.coordinator.Add(Pipeline());
  const auto bytes = std::as_bytes(std::span(data, size));
  for (size_t at = 0; at + 3 <= size;) {
    const int kind = data[at] % 6;
    const uint8_t node = data[at + 1];
    const size_t length = std::min<size_t>(data[at + 2], size - at - 3);
    const auto body = bytes.subspan(at + 3, length);
    at += 3;
    if (kind == 3) {
      world.Pass(uint64_t{data[at - 1]} * 10'000'000);
      continue;
    }
    at += length;
    if (kind == 0) SayHello(world, node, body);
    if (kind == 1) TakeFrame(world, static_cast<FrameType>(node % 8), node / 8, node, body);
    if (kind == 2) world.Take(body);
    if (kind >= 4) Answer(world, node, body, kind == 5);
    world.coordinator.Turn(world.now_ns);
  }
  return 0;
}
