// ScriptedAgent: an agent that does what a test says with each request, for the tests of serve/ and
// api/.
//
//   ScriptedAgent agent([](Socket& socket, const Frame& frame) {
//     const Asked asked = AskedIn(frame);
//     Send(socket, AnswerTo(asked, asked.first));
//   });
//   Client client(agent.target());
#pragma once

#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"
#include "serve/client/client.hpp"
#include "serve/test_parts.hpp"
#include "serve/transport/frame_reader.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::serve::test {

// A request to infer, as far as an answer must know it.
struct Asked {
  uint32_t stream = 0;
  uint64_t id = 0;
  std::byte first{};  // of its tensor
};

inline Asked AskedIn(const Frame& frame) {
  DiagText diag;
  wire::Decoder decoder;
  wire::RequestView view;
  wire::InferView infer;
  EXPECT_TRUE(decoder.Request(frame.body, view, diag).ok()) << diag.Text();
  EXPECT_TRUE(decoder.InferRequest(view.payload, infer, diag).ok()) << diag.Text();
  if (infer.tensors.empty()) return {frame.header.stream, infer.request_id};
  return {frame.header.stream, infer.request_id, infer.tensors[0].data[0]};
}

// The frame that says that the answer to `asked` is four times `value`.
inline std::string AnswerTo(const Asked& asked, std::byte value) {
  v1::InferResponse response;
  response.set_request_id(asked.id);
  v1::Tensor& tensor = *response.add_outputs();
  tensor.set_name("out");
  tensor.set_dtype(v1::DTYPE_UINT8);
  tensor.add_dims(1);
  tensor.add_dims(4);
  tensor.set_data(std::string(4, static_cast<char>(value)));
  wire::Encoder encoder(1U << 20);
  const auto frame = *encoder.Response(asked.stream, response);
  return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

// Whoever has gone takes nothing; the test sees that at its own end.
inline void Send(Socket& socket, std::span<const std::byte> bytes) {
  (void)socket.Send(bytes, DeadlineIn(std::chrono::seconds(20)));
}
inline void Send(Socket& socket, std::string_view bytes) {
  Send(socket, std::as_bytes(std::span(bytes)));
}

// One connection after the other; it keeps each until the other end or the script closes it.
class ScriptedAgent {
 public:
  using Script = std::function<void(Socket&, const Frame&)>;
  explicit ScriptedAgent(Script script)
      : listener_(*Listener::Open("127.0.0.1", 0)), script_(std::move(script)) {
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedAgent() {
    stop_.Set();
    listener_.Wake();
    thread_.join();
  }
  Target target() const { return {.host = "127.0.0.1", .port = listener_.port()}; }
  std::string place() const { return "agent tcp://127.0.0.1:" + std::to_string(listener_.port()); }
  // For a script that answers no more: set when the agent goes.
  const Signal& stop() const { return stop_; }

 private:
  void Serve() {
    while (!stop_.IsSet()) {
      auto socket = listener_.Accept(Never());
      if (!socket.ok()) continue;
      FrameReader reader(1U << 20);
      while (socket->IsOpen() && !stop_.IsSet()) {
        const auto frame =
            reader.Next(*socket, DeadlineIn(std::chrono::milliseconds(50)), kFrameTime);
        const bool idle = frame.status().code() == Code::kDeadlineExceeded && reader.Empty();
        if (!frame.ok() && !idle) break;
        if (frame.ok()) script_(*socket, *frame);
      }
    }
  }

  static constexpr std::chrono::seconds kFrameTime{5};
  Listener listener_;
  Script script_;
  Signal stop_;
  std::thread thread_;
};

}  // namespace covey::serve::test
