// Feeds a node whatever frames a network could hold, whole headers around the fuzzer's bodies, and
// lets time pass. Input: records of type (1), length (2), body; type 7: milliseconds pass.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/ref/table.hpp"
#include "micro/node/node.hpp"
#include "micro/node/sample.hpp"

namespace {

using namespace covey;

constexpr wire::node::Mac kNode = {2, 0, 0, 0, 0, 1}, kPeer = {2, 0, 0, 0, 0, 2};

struct World final : Clock, micro::FramePort, micro::Sensor, micro::Outlet, Diag {
  uint64_t now_ns = 1'000'000;
  uint64_t accepted = 0, told = 0;
  uint64_t NowNs() override { return now_ns; }
  bool Send(std::span<const std::byte> frame) override {
    if (!wire::node::ReadFrame(frame).ok()) std::abort();
    return true;
  }
  void Read(uint16_t, uint32_t seed, uint32_t request, std::span<std::byte> to) override {
    micro::SampleInput(seed, request, to);
    ++accepted;
  }
  void Delivered(const micro::Request&, std::span<const std::byte>) override {}
  void Answered(const micro::Request&) override { ++told; }
  void Failed(const micro::Request&, Status) override { ++told; }
  void Report(const Finding&) override {}
};

void Pass(micro::Node& node, World& world, uint64_t ms) {
  const uint64_t until_ns = world.now_ns + ms * 1'000'000;
  for (int turn = 0; turn < 50 && world.now_ns < until_ns; ++turn) {
    const uint64_t next_ns = node.next_ns();
    world.now_ns =
        next_ns < until_ns ? (next_ns > world.now_ns ? next_ns : world.now_ns) : until_ns;
    node.Turn();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  alignas(16) static std::byte flash[8192], ram[16384];
  World world;
  static micro::Node* node = nullptr;
  delete node;
  node = new micro::Node({.clock = world,
                          .port = world,
                          .sensor = world,
                          .outlet = world,
                          .diag = world,
                          .kernels = kernels::RefKernels(),
                          .flash = flash,
                          .ram = ram},
                         {.mac = kNode, .name = "n", .kind = "k", .boot = 9});
  const auto bytes = std::as_bytes(std::span(data, size));
  std::byte buffer[wire::node::kMaxFrameBytes];
  for (size_t at = 0; at + 3 <= size;) {
    const int type = data[at] % 8;
    size_t length = data[at + 1] | (data[at + 2] & 7) << 8;
    at += 3;
    if (length > size - at) length = size - at;
    if (length > wire::node::kMaxBodyBytes) length = wire::node::kMaxBodyBytes;
    if (type == 7 || type == 0) {
      Pass(*node, world, length);
      continue;
    }
    wire::node::FrameWriter frame(
        buffer, {.to = kNode, .from = kPeer, .type = static_cast<wire::node::FrameType>(type)});
    frame.body().Bytes(bytes.subspan(at, length));
    node->Take(frame.Finish());
    node->Turn();
    at += length;
  }
  if (world.told > world.accepted) std::abort();
  delete node;
  node = nullptr;
  return 0;
}
