// SessionTest: a device session over a link in memory and a fake clock, with an agent that answers.
//
//   TEST_F(SessionTest, Answers) { UseAgent(); EXPECT_EQ(Classify(), COVEY_OK); ExpectAgent(); }
//
// Over TCP: tests/scenario/device_client.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/host/diag_text.hpp"
#include "covey/micro.h"
#include "kernels/ref/table.hpp"
#include "micro/session/parts.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"
#include "wire/rpc/covey.pb.h"
#include "wire/rpc/frame.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace covey::micro {

inline constexpr uint64_t kMs = 1'000'000;
inline constexpr uint64_t kLocalNs = 10 * kMs;  // what one run of the fake engine takes

// The fake network copies its 2 x 2 RGB input to 12 scores. A kernel has no context, so the clock
// it moves hangs here.
inline wire::FakeClock* running_clock = nullptr;
inline int runs = 0;

inline Status PrepareCopy(const OpView&, Diag&) { return OkStatus(); }
inline void RunCopy(const OpView& op) {
  std::memcpy(op.output[0].data, op.input[0].data, op.input[0].bytes);
  running_clock->now_ns += kLocalNs;
  ++runs;
}
constexpr Kernel kKernels[] = {{Op::kReshape, PrepareCopy, RunCopy}};

inline wire::ImageContents Network() {
  wire::ImageContents contents;
  contents.name = "copy";
  contents.labels = {"c0", "c1", "c2", "c3", "c4", "a label that is longer than the room for one"};
  for (const char* name : {"in", "out"}) {
    wire::ImageTensor tensor;
    tensor.name = name;
    tensor.dtype = DType::kInt8;
    tensor.dims = {1, 2, 2, 3};
    tensor.scale = 1.0F / 256;
    tensor.zero_point = -128;
    tensor.arena_offset = contents.tensors.empty() ? 0 : 16;
    contents.tensors.push_back(tensor);
  }
  contents.tensors[1].dims = {1, 12};
  wire::ImageOp op{.op = Op::kReshape, .name = "copy", .inputs = {0}, .outputs = {1}};
  contents.ops = {op};
  contents.inputs = {0};
  contents.outputs = {1};
  contents.arena_bytes = 32;
  contents.output_kind = wire::OutputKind::kProbabilities;
  return contents;
}

// An engine and the memory it runs in.
class Local {
 public:
  explicit Local(const wire::ImageContents& contents) {
    const std::vector<std::byte> bytes = wire::WriteImage(contents);
    image_.resize(bytes.size() / sizeof(Chunk) + 1);
    std::memcpy(image_.data(), bytes.data(), bytes.size());
    DiagText diag;
    auto view = wire::ImageView::Read(
        {reinterpret_cast<const std::byte*>(image_.data()), bytes.size()}, diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    auto engine = Engine::Prepare(*view, kKernels, arena_, diag);
    EXPECT_TRUE(engine.ok()) << diag.Text();
    engine_ = *engine;
  }
  Engine& engine() { return *engine_; }

 private:
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::vector<Chunk> image_;
  alignas(16) std::byte arena_[32];
  std::optional<Engine> engine_;
};

inline std::string Reply(std::string_view request, const google::protobuf::MessageLite& payload) {
  v1::Response response;
  response.set_payload(payload.SerializeAsString());
  std::string body = response.SerializeAsString();
  std::byte header[wire::kFrameHeaderBytes];
  std::memcpy(header, request.data(), sizeof header);
  const uint32_t stream = wire::ReadFrameHeader(header, UINT32_MAX)->stream;
  const auto head = wire::WriteFrameHeader({.length = static_cast<uint32_t>(body.size()),
                                            .stream = stream,
                                            .type = wire::FrameType::kResponse});
  return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + body;
}

inline std::string ErrorReply(std::string_view request, int code, const std::string& words) {
  std::string frame = Reply(request, v1::HealthRequest());
  v1::Response response;
  response.mutable_status()->set_code(code);
  response.mutable_status()->set_message(words);
  const std::string body = response.SerializeAsString();
  frame.resize(wire::kFrameHeaderBytes);
  frame[3] = static_cast<char>(body.size());
  frame[2] = static_cast<char>(body.size() >> 8);
  return frame + body;
}

// An agent that answers class 11 to everything, by the rules.
inline std::string GoodAgent(std::string_view frame) {
  v1::Request request;
  EXPECT_TRUE(request.ParseFromString(std::string(frame.substr(wire::kFrameHeaderBytes))));
  if (request.method() == "Classify") {
    v1::ClassifyRequest classify;
    EXPECT_TRUE(classify.ParseFromString(request.payload()));
    v1::ClassifyResponse response;
    response.set_request_id(classify.request_id());
    v1::Class& scored = *response.add_classes();
    scored.set_index(11);
    scored.set_confidence(0.5F);
    scored.set_label("from " + classify.model());
    response.mutable_timing()->set_compute_ns(123);
    return Reply(frame, response);
  }
  if (request.method() == "Infer") {
    v1::InferRequest infer;
    EXPECT_TRUE(infer.ParseFromString(request.payload()));
    v1::InferResponse response;
    response.set_request_id(infer.request_id());
    response.add_outputs()->set_data("four");
    return Reply(frame, response);
  }
  v1::ListModelsResponse response;
  response.add_models()->set_name("far");
  return Reply(frame, response);
}

class SessionTest : public testing::Test {
 protected:
  explicit SessionTest(const wire::ImageContents& contents = Network()) : local(contents) {
    running_clock = &clock;
    runs = 0;
    link.peer = GoodAgent;
    parts.clock = &clock;
    parts.engine = &local.engine();
    parts.link = &link;
    parts.diag = &diag;
    parts.default_deadline_ns = 1000 * kMs;
    EXPECT_EQ(covey_session_open(&session, &parts), COVEY_OK);
  }
  void UseAgent() {
    ASSERT_EQ(covey_set_place(&session, "agent tcp://10.0.2.2:7700", "big"), COVEY_OK);
  }
  static bool Read(void* context, size_t offset, void* buffer, size_t size) {
    const auto& bytes = *static_cast<std::vector<uint8_t>*>(context);
    EXPECT_LE(offset + size, bytes.size());
    std::memcpy(buffer, bytes.data() + offset, size);
    return true;
  }
  covey_input Image(covey_format format = COVEY_RAW_RGB8) {
    return {.format = format,
            .width = 2,
            .height = 2,
            .size = pixels.size(),
            .read = Read,
            .context = &pixels};
  }
  covey_code Classify(covey_fallback fallback = COVEY_FALL_BACK_LOCAL, uint64_t deadline_ns = 0,
                      covey_format format = COVEY_RAW_RGB8) {
    const covey_input image = Image(format);
    const covey_options options{
        .deadline_ns = deadline_ns, .top_k = 3, .fallback = fallback, .sla = {}};
    start_ns = clock.now_ns;
    return covey_classify(&session, &image, &options, &result);
  }
  uint64_t took_ns() const { return clock.now_ns - start_ns; }
  void ExpectLocal() {
    EXPECT_EQ(result.code, COVEY_OK);
    EXPECT_STREQ(result.place, "local");
    EXPECT_EQ(result.classes[0].index, 5U);
  }
  void ExpectAgent() {
    EXPECT_EQ(result.code, COVEY_OK) << result.error;
    EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
    EXPECT_FALSE(result.fell_back);
    EXPECT_EQ(result.classes[0].index, 11U);
  }

  wire::FakeClock clock;
  wire::ScriptLink link{clock};
  DiagText diag;
  Local local;
  covey_parts parts;
  covey_session session;
  covey_result result;
  std::vector<uint8_t> pixels = {10, 0, 20, 30, 40, 255, 60, 128, 80, 90, 100, 200};
  uint64_t start_ns = 0;
};

}  // namespace covey::micro
