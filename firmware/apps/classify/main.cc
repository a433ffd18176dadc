// classify: a console that classifies pictures, on this board or on an agent, through the same
// call. Words on the emulator's command line (all optional; without them, what was compiled in):
//
//   classify model=FILE.covey pictures=CIFAR10_RECORDS [width=32 height=32] [echo=1]
//   classify model=FILE.covey images=RGB_PIXELS width=W height=H

#include "app.hpp"
#include "common/board.hpp"
#include "common/print.hpp"
#include "micro/run/variants.hpp"
#include "micro/session/parts.hpp"
#include "target_kernels.hpp"

extern "C" {
extern const std::byte covey_embedded_model[], covey_embedded_model_end[];
extern const std::byte covey_embedded_pictures[], covey_embedded_pictures_end[];
}

namespace covey::classify {
namespace {

using board::Print;
using board::PrintNumber;

constexpr uint32_t kDefaultSide = 32;
constexpr uint64_t kDeadlineNs = 60'000'000'000;

class BoardClock final : public Clock {
 public:
  uint64_t NowNs() override { return board::ClockNs(); }
};

class ConsoleDiag final : public Diag {
 public:
  void Report(const Finding& finding) override {
    Print("error: ");
    Print(finding.subject);
    Print(": ");
    Print(finding.problem);
    if (finding.at >= 0) {
      Print(" at byte ");
      board::PrintSigned(finding.at);
    }
    if (finding.numbers) {
      Print(", found ");
      board::PrintSigned(finding.found);
      Print(", expected ");
      board::PrintSigned(finding.expected);
    }
    Print("\n");
  }
};

// The image that the command line names, copied to the flash behind the program, or the one that
// was compiled in.
Result<std::span<const std::byte>> FindImage(Words words, Diag& diag) {
  const char* const path = board::Argument(words, "model");
  if (path == nullptr) {
    const std::span<const std::byte> image(covey_embedded_model, covey_embedded_model_end);
    if (image.empty()) return Status(Code::kNotFound, "no model: start with model=FILE.covey");
    return image;
  }
  board::HostFile file = board::HostFile::Open(path, board::HostFile::kRead);
  const int64_t size = file.is_open() ? file.Size() : -1;
  const std::span<std::byte> room = board::FreeFlash();
  if (size < 0) {
    diag.Report({.subject = path, .problem = "the model cannot be opened"});
    return Status(Code::kNotFound, "the model cannot be opened");
  }
  if (static_cast<uint64_t>(size) > room.size()) {
    diag.Report({.subject = path,
                 .problem = "the image does not fit into the board's flash",
                 .found = size,
                 .expected = static_cast<int64_t>(room.size()),
                 .numbers = true});
    return Status(Code::kResourceExhausted, "the image does not fit into the board's flash");
  }
  const std::span<std::byte> image = room.first(static_cast<size_t>(size));
  if (!file.Read(image)) return Status(Code::kDataLoss, "the model cannot be read");
  file.Close();
  return std::span<const std::byte>(image);
}

Status LoadModel(Words words, micro::Variants& variants, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::span<const std::byte> bytes, FindImage(words, diag));
  return variants.Open(bytes, board::TargetKernels(), board::FreeRam(), diag);
}

Status OpenPictures(Words words, Pictures& pictures) {
  uint32_t width = kDefaultSide, height = kDefaultSide;
  const char* const wide = board::Argument(words, "width");
  const char* const high = board::Argument(words, "height");
  if ((wide != nullptr && !ParseNumber(wide, 4096, width)) ||
      (high != nullptr && !ParseNumber(high, 4096, height))) {
    return Status(Code::kInvalidArgument, "pictures: width and height must be 1 to 4096");
  }
  if (const char* const path = board::Argument(words, "pictures")) {
    return pictures.OpenFile(path, Pictures::kCifarRecords, width, height);
  }
  if (const char* const path = board::Argument(words, "images")) {
    return pictures.OpenFile(path, Pictures::kPixels, width, height);
  }
  const std::span<const std::byte> memory(covey_embedded_pictures, covey_embedded_pictures_end);
  if (memory.empty()) return Status(Code::kNotFound, "no pictures: start with pictures=FILE");
  return pictures.UseMemory(memory, Pictures::kCifarRecords, width, height);
}

void PrintProblem(const Status& status) {
  if (status.ok()) return;
  Print("error: ");
  Print(CodeName(status.code()));
  Print(" ");
  Print(status.message());
  Print("\n");
}

// What the models leave of the RAM: for a strip of pixels and its JPEG.
std::span<std::byte> FormRoom(const micro::Engine* first,
                              std::span<micro::Engine* const> variants) {
  size_t arena = first != nullptr ? first->image().header().arena_bytes : 0;
  for (const micro::Engine* one : variants)
    if (one->image().header().arena_bytes > arena) arena = one->image().header().arena_bytes;
  const std::span<std::byte> ram = board::FreeRam();
  return arena < ram.size() ? ram.subspan(arena) : std::span<std::byte>{};
}

void PrintBanner(const micro::Engine* engine, const Pictures& pictures) {
  Print("Covey classify on ");
  Print(board::Description());
  Print("\nmodel ");
  Print(engine == nullptr ? "none" : engine->image().name());
  Print(", ");
  PrintNumber(pictures.count());
  Print(" pictures; type help\n");
}

void ServeConsole(App& app, board::IpStack& stack, bool network, bool echo) {
  Line line(echo);
  Print("covey> ");
  while (true) {
    const int c = board::GetChar();
    if (c < 0) {
      // Also answers the network's questions (ARP, ping) while nobody types.
      network ? stack.Turn() : board::Sleep();
      continue;
    }
    if (!line.Take(static_cast<char>(c))) continue;
    if (line.too_long()) {
      Print("error: the line is longer than 127 characters\n");
    } else if (!app.Run(line.words())) {
      return;
    }
    Print("covey> ");
  }
}

}  // namespace
}  // namespace covey::classify

int main() {
  using namespace covey;
  using namespace covey::classify;
  board::Start();
  static char command_line[1024];
  static const char* found[16];
  const Words words = std::span<const char* const>(found).first(
      board::CommandLine(command_line, std::span<const char*>(found)));
  static ConsoleDiag diag;
  static BoardClock clock;
  static Pictures pictures;
  static board::IpStack stack;
  static board::TcpLink link(stack);
  static covey_session session;

  static micro::Variants variants;
  PrintProblem(LoadModel(words, variants, diag));
  PrintProblem(OpenPictures(words, pictures));
  const Status network = stack.Start({});
  PrintProblem(network);
  micro::Engine* const local = variants.first();
  static Known known;
  static micro::JpegForms forms(clock, {}, FormRoom(local, variants.others()));
  covey_parts parts = {.clock = &clock,
                       .engine = local,
                       .variants = variants.others(),
                       .link = network.ok() ? &link : nullptr,
                       .diag = &diag,
                       .default_deadline_ns = kDeadlineNs,
                       .forms = &forms};
  if (covey_session_open(&session, &parts) != COVEY_OK) {
    board::Print("error: the session cannot be opened\n");
    return 1;
  }
  PrintBanner(local, pictures);
  App app({session, pictures, local, stack, link, parts, known, forms});
  ServeConsole(app, stack, network.ok(), board::Argument(words, "echo") != nullptr);
  covey_session_close(&session);
  return 0;
}
