// Looks at what the camera sees until it is sure. The board brings a clock, a camera and, for
// agents, a TCP stream (a covey::Link; over lwIP: firmware/boards/common/ip/tcp_link.cc).
#include "core/clock.hpp"
#include "covey/micro.h"
#include "kernels/dsp/table.hpp"
#include "micro/run/engine.hpp"
#include "micro/session/parts.hpp"
#include "wire/image/reader.hpp"

namespace {

volatile uint64_t ticks_ns;               // a timer's interrupt counts here
std::byte frame[32 * 32 * 3];             // the camera writes here
constexpr size_t kArenaBytes = 40 << 10;  // `covey compile` prints what the network needs
alignas(16) std::byte arena[kArenaBytes];
// `covey compile NET --target m33 -o net.covey`, put into flash by the linker or `xxd -i`. All zero
// here, and so refused.
alignas(16) const std::byte model[64] = {};

class BoardClock final : public covey::Clock {
 public:
  uint64_t NowNs() override { return ticks_ns; }
};

bool ReadFrame(void*, size_t offset, void* out, size_t size) {
  __builtin_memcpy(out, frame + offset, size);
  return true;
}

}  // namespace

int main() {
  static BoardClock clock;
  static covey_session session;
  covey::NoDiag diag;
  auto image = covey::wire::ImageView::Read(model, diag);
  if (!image.ok()) return 1;
  auto engine = covey::micro::Engine::Prepare(*image, covey::kernels::DspKernels(), arena, diag);
  if (!engine.ok()) return 2;
  const covey_parts parts{.clock = &clock, .engine = &*engine};
  if (covey_session_open(&session, &parts) != COVEY_OK) return 3;

  const covey_input picture{COVEY_RAW_RGB8, 32, 32, sizeof frame, ReadFrame, nullptr};
  covey_result result;
  while (covey_classify(&session, &picture, nullptr, &result) == COVEY_OK) {
    if (result.classes[0].confidence > 0.8F) return static_cast<int>(result.classes[0].index);
  }
  return 4;
}
