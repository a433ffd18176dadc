// Feeds ReadFrame and every body's decoder; byte 0 chooses: 0 a frame as it is, else a body of that
// type. What decodes must encode to the same bytes again.
#include <cstdlib>
#include <vector>

#include "wire/node/frame.hpp"
#include "wire/node/messages.hpp"

namespace {

using namespace covey::wire::node;

template <typename Message>
void Again(const covey::Result<Message>& message, std::span<const std::byte> body) {
  if (!message.ok()) return;
  std::vector<std::byte> buffer(kMaxBodyBytes + kMaxFrameBytes);
  Put out(buffer);
  Encode(*message, out);
  if (!out.ok() || out.size() != body.size()) std::abort();
  for (size_t i = 0; i < body.size(); ++i)
    if (buffer[i] != body[i]) std::abort();
}

void Decode(int type, std::span<const std::byte> body) {
  if (type == 1) Again(DecodeHello(body), body);
  if (type == 3) Again(DecodeOrder(body), body);
  if (type == 4) Again(DecodeAnswer(body), body);
  if (type == 5) Again(DecodePiece(body), body);
  if (type == 6) Again(DecodeAck(body), body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  if (data[0] == 0) {
    const auto frame = ReadFrame(bytes);
    if (frame.ok()) Decode(static_cast<int>(frame->head.type), frame->body);
  } else if (bytes.size() <= kMaxBodyBytes) {
    Decode(data[0], bytes);
  }
  return 0;
}
