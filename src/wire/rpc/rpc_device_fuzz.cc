// Feeds the device's client whatever an agent could send. Byte 0: the call (bits 0-1), how the peer
// ends (bits 2-3) and the piece size (bits 4-7); the rest are the agent's bytes.
#include <cstdlib>
#include <string>

#include "wire/rpc/client.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace {

using covey::wire::Bulk;
using covey::wire::Client;

constexpr uint64_t kWindowNs = 1'000'000'000;

void Check(bool holds) {
  if (!holds) std::abort();
}

bool ReadZeros(void*, size_t, void* buffer, size_t size) {
  __builtin_memset(buffer, 0, size);
  return true;
}

covey::Status Call(Client& client, int which, uint64_t deadline_ns) {
  const Bulk bulk{.size = 12, .read = ReadZeros};
  if (which == 0) {
    covey::wire::ScoredClass classes[5];
    covey::wire::ClassifyReply reply{.classes = classes};
    const covey::Status status =
        client.Classify({.model = "m", .request_id = 1, .top_k = 5, .format = 5, .image = bulk},
                        deadline_ns, reply);
    Check(reply.count <= 5);
    if (status.ok()) Check(reply.count > 0 && classes[0].confidence >= 0);
    for (const auto& scored : classes) Check(scored.label[sizeof scored.label - 1] == '\0');
    return status;
  }
  if (which == 1) {
    std::byte output[40];
    covey::wire::InferReply reply{.output = output};
    const covey::Status status =
        client.Infer({.model = "m", .request_id = 1, .input = bulk}, deadline_ns, reply);
    Check(reply.bytes <= sizeof output);
    return status;
  }
  return client.ListModels(deadline_ns,
                           {.found = [](void*, const char* name, const char*, const char*) {
                             Check(__builtin_strlen(name) < 48);
                           }});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  covey::wire::FakeClock clock;
  covey::wire::ScriptLink link(clock);
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  link.peer = [&](std::string_view) { return bytes; };
  link.closes = (data[0] >> 2 & 1) != 0;
  link.endless = (data[0] >> 3 & 1) != 0;
  link.chunk = data[0] >> 4 != 0 ? data[0] >> 4 : SIZE_MAX;
  clock.step_ns = kWindowNs / 100;  // an endless peer ends at the deadline
  std::byte buffer[Client::kBufferBytes];
  Client client(link, clock, buffer);
  const uint64_t deadline_ns = clock.now_ns + kWindowNs;
  Check(client.Connect({"10.0.2.2", 7700}, deadline_ns).ok());
  const covey::Status status = Call(client, data[0] & 3, deadline_ns);
  Check(clock.now_ns <= deadline_ns + 10 * clock.step_ns);
  // A connection that cannot be trusted any more is closed; an agent's own DATA_LOSS leaves it.
  if (status.code() == covey::Code::kDataLoss &&
      std::string(status.message()) != "agent: answered with an error")
    Check(!client.connected());
  return 0;
}
