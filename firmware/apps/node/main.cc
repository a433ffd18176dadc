// node: this board as a member of a computing space (docs/spec/node.md). Words on the emulator's
// command line:
//
//   node name=watch [boot=NUMBER] [kind=m4] [flash=BYTES] [ram=BYTES]
//
// It prints "node watch ready" and then what it delivers, answers and fails, one line each, if
// asked by show=1.
#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"
#include "core/sha256.hpp"
#include "micro/node/node.hpp"
#include "micro/node/sample.hpp"
#include "target_kernels.hpp"

namespace covey::node {
namespace {

using board::Print;
using board::PrintNumber;
using Words = std::span<const char* const>;

class BoardClock final : public Clock {
 public:
  uint64_t NowNs() override { return board::ClockNs(); }
};

class CardPort final : public micro::FramePort {
 public:
  bool Send(std::span<const std::byte> frame) override { return board::NicSend(frame); }
};

class SampleSensor final : public micro::Sensor {
 public:
  void Read(uint16_t, uint32_t seed, uint32_t request, std::span<std::byte> to) override {
    micro::SampleInput(seed, request, to);
  }
};

class ConsoleOutlet final : public micro::Outlet {
 public:
  bool shown = false;
  void Delivered(const micro::Request& request, std::span<const std::byte>) override {
    Line("delivered", request);
  }
  void Answered(const micro::Request& request) override { Line("answered", request); }
  void Failed(const micro::Request& request, Status) override { Line("failed", request); }

 private:
  void Line(const char* what, const micro::Request& request) const {
    if (!shown) return;
    Print(what);
    Print(" ");
    PrintNumber(request.pipeline);
    Print(" ");
    PrintNumber(request.source_boot);
    Print(" ");
    PrintNumber(request.number);
    Print("\n");
  }
};

class ConsoleDiag final : public Diag {
 public:
  void Report(const Finding& finding) override {
    Print("error: ");
    Print(finding.subject);
    Print(": ");
    Print(finding.problem);
    Print("\n");
  }
};

uint32_t NumberOf(Words words, const char* name, uint32_t otherwise) {
  const char* text = board::Argument(words, name);
  if (text == nullptr) return otherwise;
  uint32_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    number = number * 10 + static_cast<uint32_t>(*text - '0');
  return number;
}

// The first `most` bytes, if that many are asked for.
std::span<std::byte> First(std::span<std::byte> memory, uint32_t most) {
  return most == 0 || most > memory.size() ? memory : memory.first(most);
}

// As the host makes it (serve/space/sample.hpp): the same name gives the same address.
wire::node::Mac MacOf(const char* name) {
  size_t length = 0;
  while (name[length] != '\0') ++length;
  const Sha256Digest digest = Sha256Of(std::as_bytes(std::span(name, length)));
  wire::node::Mac mac{2};
  for (size_t i = 1; i < mac.size(); ++i) mac[i] = static_cast<uint8_t>(digest[i]);
  return mac;
}

// The timer wakes the core every 10 ms at the latest: closer moments are waited for awake.
constexpr uint64_t kWakeNs = 10'000'000;

void Serve(micro::Node& node) {
  static std::byte frame[wire::node::kMaxFrameBytes];
  while (true) {
    while (const size_t length = board::NicReceive(frame))
      node.Take(std::span<const std::byte>(frame).first(length));
    node.Turn();
    if (node.next_ns() > board::ClockNs() + kWakeNs) board::Sleep();
  }
}

}  // namespace
}  // namespace covey::node

int main() {
  using namespace covey;
  using namespace covey::node;
  board::Start();
  static char command_line[512];
  static const char* found[16];
  const Words words = std::span<const char* const>(found).first(
      board::CommandLine(command_line, std::span<const char*>(found)));
  const char* const name = board::Argument(words, "name");
  if (name == nullptr) {
    Print("error: a node needs name=NAME\n");
    return 2;
  }
  const char* const kind = board::Argument(words, "kind");
  static BoardClock clock;
  static CardPort port;
  static SampleSensor sensor;
  static ConsoleOutlet outlet;
  static ConsoleDiag diag;
  outlet.shown = board::Argument(words, "show") != nullptr;
  const wire::node::Mac mac = MacOf(name);
  if (!board::NicStart(mac)) {
    Print("error: no network card answers\n");
    return 1;
  }
  static micro::Node node({.clock = clock,
                           .port = port,
                           .sensor = sensor,
                           .outlet = outlet,
                           .diag = diag,
                           .kernels = board::TargetKernels(),
                           .flash = First(board::FreeFlash(), NumberOf(words, "flash", 0)),
                           .ram = First(board::FreeRam(), NumberOf(words, "ram", 0))},
                          {.mac = mac,
                           .name = name,
                           .kind = kind == nullptr ? board::Name() : kind,
                           .boot = NumberOf(words, "boot", 1)});
  Print("node ");
  Print(name);
  Print(" ready\n");
  Serve(node);
  return 0;
}
