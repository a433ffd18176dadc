// The device session over a link in memory and a fake clock; over TCP:
// tests/scenario/device_client.
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
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kLocalNs = 10 * kMs;  // what one run of the fake engine takes

// The fake network copies its 2 x 2 RGB input to 12 scores. A kernel has no context, so the clock
// it moves hangs here.
wire::FakeClock* running_clock = nullptr;
int runs = 0;

Status PrepareCopy(const OpView&, Diag&) { return OkStatus(); }
void RunCopy(const OpView& op) {
  std::memcpy(op.output[0].data, op.input[0].data, op.input[0].bytes);
  running_clock->now_ns += kLocalNs;
  ++runs;
}
constexpr Kernel kKernels[] = {{Op::kReshape, PrepareCopy, RunCopy}};

wire::ImageContents Network() {
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

std::string Reply(std::string_view request, const google::protobuf::MessageLite& payload) {
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

std::string ErrorReply(std::string_view request, int code, const std::string& words) {
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
std::string GoodAgent(std::string_view frame) {
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
    const covey_options options{.deadline_ns = deadline_ns, .top_k = 3, .fallback = fallback};
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

TEST_F(SessionTest, ClassifiesLocallyUntilToldOtherwise) {
  EXPECT_STREQ(covey_place(&session), "local");
  EXPECT_STREQ(covey_model(&session), "copy");
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectLocal();
  ASSERT_EQ(result.class_count, 3U);
  EXPECT_FLOAT_EQ(result.classes[0].confidence, 255.0F / 256);
  EXPECT_STREQ(result.classes[0].label, "a label that is longer ");
  EXPECT_EQ(result.classes[1].index, 11U);
  EXPECT_FLOAT_EQ(result.classes[1].confidence, 200.0F / 256);
  EXPECT_STREQ(result.classes[1].label, "");
  EXPECT_EQ(result.compute_ns, kLocalNs);
  EXPECT_EQ(result.latency_ns, kLocalNs);
  EXPECT_STREQ(result.error, "");
  EXPECT_EQ(link.connects, 0);
}

TEST_F(SessionTest, AsksTheAgentAfterOneConfiguration) {
  UseAgent();
  EXPECT_STREQ(covey_model(&session), "big");
  EXPECT_EQ(link.connects, 0) << "setting the place does not connect";
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectAgent();
  EXPECT_STREQ(result.classes[0].label, "from big");
  EXPECT_EQ(result.compute_ns, 123U);
  EXPECT_EQ(link.last_host, "10.0.2.2");
  EXPECT_EQ(link.last_port, 7700);
  EXPECT_EQ(runs, 0);
  ASSERT_EQ(covey_set_place(&session, "local", nullptr), COVEY_OK);
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectLocal();
}

TEST_F(SessionTest, AsksForTheLocalModelsNameWhenNoneIsGiven) {
  ASSERT_EQ(covey_set_place(&session, "agent tcp://10.0.2.2:7700", nullptr), COVEY_OK);
  EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_STREQ(result.classes[0].label, "from copy");
}

TEST_F(SessionTest, KeepsTheConnectionBetweenCalls) {
  UseAgent();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, BadPlacesLeaveThePlaceAsItWas) {
  UseAgent();
  const std::string long_model(COVEY_MODEL_BYTES, 'm');
  for (const char* place : {"", "agent", "agent tcp://host:1", "agent tcp://10.0.2.2",
                            "agent tcp://10.0.2.2:0", "agent tcp://10.0.2.256:1"})
    EXPECT_EQ(covey_set_place(&session, place, "x"), COVEY_INVALID_ARGUMENT) << place;
  EXPECT_EQ(covey_set_place(&session, nullptr, "x"), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(covey_set_place(&session, "local", long_model.c_str()), COVEY_INVALID_ARGUMENT);
  EXPECT_STREQ(covey_place(&session), "agent tcp://10.0.2.2:7700");
  EXPECT_STREQ(covey_model(&session), "big");
}

TEST(Reset, ForgetsWhatTheEngineRemembers) {
  const std::vector<std::byte> bytes = wire::WriteImage(wire::WideOpsContents());
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::vector<Chunk> copy(bytes.size() / sizeof(Chunk) + 1);
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  DiagText diag;
  const auto view = wire::ImageView::Read({copy[0].bytes, bytes.size()}, diag);
  ASSERT_TRUE(view.ok()) << diag.Text();
  std::vector<Chunk> arena(view->header().arena_bytes / sizeof(Chunk) + 1);
  auto engine = Engine::Prepare(*view, kernels::RefKernels(),
                                {arena[0].bytes, view->header().arena_bytes}, diag);
  ASSERT_TRUE(engine.ok()) << diag.Text();
  const auto infer = [&] {
    std::memset(engine->input(0).data, 9, engine->input(0).bytes);
    engine->Run();
    const TensorView out = engine->output(0);
    return std::vector<std::byte>(out.data, out.data + out.bytes);
  };
  wire::FakeClock clock;
  const covey_parts parts{.clock = &clock, .engine = &*engine};
  covey_session session;
  ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
  const auto first = infer();
  EXPECT_NE(infer(), first);
  EXPECT_EQ(covey_reset(&session), COVEY_OK);
  EXPECT_EQ(infer(), first);
  covey_session_close(&session);
  EXPECT_EQ(covey_reset(&session), COVEY_FAILED_PRECONDITION);
}

TEST_F(SessionTest, NeedsALinkForAgentsAndAnEngineForLocal) {
  covey_parts bare;
  bare.clock = &clock;
  ASSERT_EQ(covey_session_open(&session, &bare), COVEY_OK);
  EXPECT_EQ(covey_set_place(&session, "agent tcp://10.0.2.2:1", "m"), COVEY_FAILED_PRECONDITION);
  EXPECT_EQ(Classify(), COVEY_FAILED_PRECONDITION);
  EXPECT_STRNE(result.error, "");
  EXPECT_EQ(covey_session_open(&session, nullptr), COVEY_INVALID_ARGUMENT);
}

TEST_F(SessionTest, FallsBackWhenTheAgentRefuses) {
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectLocal();
  EXPECT_TRUE(result.fell_back);
  EXPECT_STREQ(result.error, "script: connection refused");
}

TEST_F(SessionTest, ReturnsTheErrorIfTheCallerChoseSo) {
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_STREQ(result.error, "script: connection refused");
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
  EXPECT_FALSE(result.fell_back);
  EXPECT_EQ(runs, 0);
}

TEST_F(SessionTest, AnswersLocallyInTimeWhenTheAgentIsSilent) {
  UseAgent();
  link.peer = nullptr;
  for (bool hang : {false, true}) {
    link.hang = hang;
    clock.now_ns += 10'000 * kMs;  // past any pause
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 100 * kMs), COVEY_OK);
    ExpectLocal();
    EXPECT_TRUE(result.fell_back);
    EXPECT_LE(took_ns(), 100 * kMs);
  }
}

TEST_F(SessionTest, GivesTheAgentAllButTheMeasuredLocalLatency) {
  ASSERT_EQ(Classify(), COVEY_OK);  // measures 10 ms
  UseAgent();
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 100 * kMs), COVEY_OK);
  EXPECT_GT(took_ns(), 95 * kMs);
  EXPECT_LE(took_ns(), 100 * kMs);
}

TEST_F(SessionTest, SilentAgentWithoutFallbackIsLate) {
  UseAgent();
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FAIL, 100 * kMs), COVEY_DEADLINE_EXCEEDED);
  EXPECT_EQ(took_ns(), 100 * kMs);
}

TEST_F(SessionTest, DoesNotFallBackToAnAnswerThatWouldBeLate) {
  ASSERT_EQ(Classify(), COVEY_OK);
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 5 * kMs), COVEY_UNAVAILABLE);
  EXPECT_EQ(took_ns(), 0U);
  EXPECT_STREQ(result.error, "script: connection refused; too late for local");
}

TEST_F(SessionTest, LateLocalAnswersAreMarkedLate) {
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 5 * kMs), COVEY_DEADLINE_EXCEEDED);
  EXPECT_EQ(result.class_count, 3U) << "the answer is there all the same";
}

TEST_F(SessionTest, TriesOnceMoreWhenAKeptConnectionTurnsOutBroken) {
  UseAgent();
  ASSERT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  int requests = 0;
  link.peer = [&](std::string_view frame) {
    link.closes = ++requests == 1;  // the old connection's end shows after the request
    return requests == 1 ? std::string() : GoodAgent(frame);
  };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  ExpectAgent();
  EXPECT_EQ(link.connects, 2);
}

TEST_F(SessionTest, TriesAFreshConnectionOnce) {
  UseAgent();
  link.closes = true;
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, DoesNotRepeatARequestThatWasHalfAnswered) {
  UseAgent();
  ASSERT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  link.closes = true;
  link.peer = [](std::string_view frame) { return GoodAgent(frame).substr(0, 5); };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, LeavesAFailedAgentAloneForAWhileThenRecovers) {
  UseAgent();
  link.refuse = true;
  ASSERT_EQ(Classify(), COVEY_OK);
  ASSERT_EQ(link.connects, 1);
  ASSERT_EQ(Classify(), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
  EXPECT_EQ(link.connects, 1) << "not tried again at once";
  EXPECT_STREQ(result.error, "agent: failed a moment ago, left alone for now");
  link.refuse = false;
  clock.now_ns += 100 * kMs;
  ASSERT_EQ(Classify(), COVEY_OK);
  ExpectAgent();
}

TEST_F(SessionTest, CallersWithoutFallbackAlwaysGetATry) {
  UseAgent();
  link.refuse = true;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
    EXPECT_EQ(link.connects, i);
  }
}

TEST_F(SessionTest, AgentsOwnErrorsKeepTheConnectionAndAreNoReasonToPause) {
  UseAgent();
  link.peer = [](std::string_view frame) { return ErrorReply(frame, 5, "no model 'big'"); };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_NOT_FOUND);
  EXPECT_STREQ(result.error, "agent: no model 'big'");
  EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
  EXPECT_STREQ(result.error, "agent: no model 'big'");
  link.peer = GoodAgent;
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectAgent();
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, FallbackThatIsImpossibleReturnsBothReasons) {
  UseAgent();
  link.refuse = true;
  pixels.resize(27);
  covey_input image = Image();
  image.width = image.height = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_UNAVAILABLE);
  EXPECT_EQ(std::string(result.error).find("script: connection refused; local: the image's height"),
            0U)
      << result.error;
  EXPECT_FALSE(result.fell_back);
}

TEST_F(SessionTest, AsksForWhatOnlyAnAgentCanAnswerEvenAfterFailures) {
  UseAgent();
  for (covey_format format : {COVEY_JPEG, COVEY_PNG}) {
    link.refuse = true;
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, format), COVEY_UNAVAILABLE);
    link.refuse = false;
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, format), COVEY_OK);
    ExpectAgent();
    link.Close();
  }
  EXPECT_EQ(covey_set_place(&session, "local", nullptr), COVEY_OK);
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, COVEY_JPEG), COVEY_UNIMPLEMENTED);
  EXPECT_NE(std::string(result.error).find("raw pixels"), std::string::npos);
}

TEST_F(SessionTest, RefusesInputsThatAreWrongEverywhere) {
  UseAgent();
  covey_input image = Image();
  image.width = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  image.width = 0x80000000;
  image.height = 0x80000000;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  image = Image();
  for (int format : {0, 6}) {
    image.format = static_cast<covey_format>(format);
    EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  }
  image = Image();
  image.read = nullptr;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(covey_classify(&session, nullptr, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(covey_classify(&session, &image, nullptr, nullptr), COVEY_INVALID_ARGUMENT);
  image = Image();
  const covey_options options{.deadline_ns = 0, .top_k = 6, .fallback = COVEY_FAIL};
  EXPECT_EQ(covey_classify(&session, &image, &options, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_STRNE(result.error, "");
  EXPECT_EQ(link.connects, 0);
}

TEST_F(SessionTest, NamesWhatDoesNotFitTheLocalModel) {
  pixels.resize(27);
  covey_input image = Image();
  image.width = image.height = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_NE(diag.Text().find("height"), std::string::npos) << diag.Text();
  EXPECT_NE(diag.Text().find("found 3, expected 2"), std::string::npos) << diag.Text();
  image.format = COVEY_TENSOR;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(runs, 0);
}

TEST_F(SessionTest, InfersAtBothPlaces) {
  covey_input tensor = Image(COVEY_TENSOR);
  char output[12];
  size_t size = sizeof output;
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, nullptr, &result), COVEY_OK);
  EXPECT_EQ(std::vector<uint8_t>(output, output + size), pixels);
  UseAgent();
  size = sizeof output;
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, nullptr, &result), COVEY_OK);
  EXPECT_EQ(std::string(output, size), "four");
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
  size = 3;
  const covey_options fail{.deadline_ns = 0, .top_k = 0, .fallback = COVEY_FAIL};
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, &fail, &result),
            COVEY_RESOURCE_EXHAUSTED);
  EXPECT_EQ(size, 0U);
  tensor.format = COVEY_RAW_RGB8;
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, nullptr, &result),
            COVEY_INVALID_ARGUMENT);
}

TEST_F(SessionTest, ListsModelsAtBothPlaces) {
  std::string names;
  const covey_found found = [](void* context, const char* name, const char*, const char*) {
    *static_cast<std::string*>(context) += name;
  };
  EXPECT_EQ(covey_models(&session, found, &names, nullptr, &result), COVEY_OK);
  UseAgent();
  EXPECT_EQ(covey_models(&session, found, &names, nullptr, &result), COVEY_OK);
  EXPECT_EQ(names, "copyfar");
}

TEST_F(SessionTest, ClosedSessionsRefuseCalls) {
  UseAgent();
  ASSERT_EQ(Classify(), COVEY_OK);
  covey_session_close(&session);
  EXPECT_FALSE(link.IsOpen());
  EXPECT_EQ(Classify(), COVEY_FAILED_PRECONDITION);
}

// Every truncation and every flipped bit of a reply, both ways of ending, both choices.
TEST_F(SessionTest, DamagedRepliesEndInAnAnswerOrAnErrorWithinTheDeadline) {
  std::string good;
  link.peer = [&](std::string_view frame) { return good = GoodAgent(frame); };
  UseAgent();
  ASSERT_EQ(Classify(), COVEY_OK);
  std::string bad;
  int fallbacks = 0, errors = 0;
  for (size_t i = 0; i < good.size() * 9; ++i) {
    for (bool closes : {false, true}) {
      for (covey_fallback fallback : {COVEY_FALL_BACK_LOCAL, COVEY_FAIL}) {
        link.peer = [&](std::string_view frame) {
          bad = GoodAgent(frame);
          if (i < bad.size()) {
            bad.resize(i);
          } else {
            const size_t bit = i - bad.size();
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
          }
          return bad;
        };
        link.closes = closes;
        clock.now_ns += 10'000 * kMs;
        const covey_code code = Classify(fallback, 100 * kMs);
        ASSERT_LE(took_ns(), 100 * kMs);
        if (fallback == COVEY_FALL_BACK_LOCAL) {
          ASSERT_EQ(code, COVEY_OK) << result.error;
        }
        fallbacks += result.fell_back;
        errors += code != COVEY_OK;
      }
    }
  }
  EXPECT_GT(fallbacks, 100);
  EXPECT_GT(errors, 100);
}

// The connection dies after every possible number of bytes sent.
TEST_F(SessionTest, ConnectionsThatBreakWhileSendingEndInTheLocalAnswer) {
  UseAgent();
  ASSERT_EQ(Classify(), COVEY_OK);
  const size_t request = link.sent.size();
  for (size_t bytes = 1; bytes <= request; ++bytes) {
    link.Close();
    clock.now_ns += 10'000 * kMs;
    link.die_after_sent = bytes;
    EXPECT_EQ(Classify(), COVEY_OK);
    EXPECT_TRUE(result.fell_back);
  }
}

class PixelTableTest : public SessionTest {
 protected:
  static wire::ImageContents Tabled() {
    wire::ImageContents contents = Network();
    contents.pixel_channels = 3;
    for (int i = 0; i < 3 * 256; ++i)  // red inverted, green as it is, blue all dark
      contents.pixel_table.push_back(static_cast<int8_t>(i < 256   ? 127 - i
                                                         : i < 512 ? i - 256 - 128
                                                                   : -128));
    return contents;
  }
  PixelTableTest() : SessionTest(Tabled()) {}
};

TEST_F(PixelTableTest, ConvertsPixelsByChannel) {
  EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_EQ(result.classes[0].index, 0U);  // red 10 -> 245
  EXPECT_FLOAT_EQ(result.classes[0].confidence, 245.0F / 256);
  EXPECT_EQ(result.classes[1].index, 3U);  // red 30 -> 225
  EXPECT_EQ(result.classes[2].index, 6U);
}

TEST_F(PixelTableTest, LeavesTensorsAlone) {
  EXPECT_EQ(Classify(COVEY_FAIL, 0, COVEY_TENSOR), COVEY_OK);
  EXPECT_EQ(result.classes[0].index, 10U);  // 100 is the largest int8 here
}

class TensorModelTest : public SessionTest {
 protected:
  static wire::ImageContents NoClasses() {
    wire::ImageContents contents = Network();
    contents.output_kind = wire::OutputKind::kTensor;
    return contents;
  }
  TensorModelTest() : SessionTest(NoClasses()) {}
};

TEST_F(TensorModelTest, DoesNotClassify) {
  EXPECT_EQ(Classify(), COVEY_FAILED_PRECONDITION);
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace covey::micro
