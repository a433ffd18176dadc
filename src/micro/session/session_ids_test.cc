// An agent that mixes up its answers: none that was meant for another request is taken.
#include <deque>

#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

struct Asked {
  uint32_t stream;
  uint64_t id;
  uint32_t value;  // what its answer must say: the picture's first byte
};

std::string AnswerTo(uint32_t stream, uint64_t id, uint32_t value) {
  v1::ClassifyResponse classify;
  classify.set_request_id(id);
  v1::Class& scored = *classify.add_classes();
  scored.set_index(value);
  scored.set_confidence(0.5F);
  v1::Response response;
  response.set_payload(classify.SerializeAsString());
  const std::string body = response.SerializeAsString();
  const auto head = wire::WriteFrameHeader({.length = static_cast<uint32_t>(body.size()),
                                            .stream = stream,
                                            .type = wire::FrameType::kResponse});
  return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + body;
}
std::string Right(const Asked& one) { return AnswerTo(one.stream, one.id, one.value); }

struct Confused {
  const char* what;
  std::string (*says)(const std::deque<Asked>& before, const Asked& now);
  const char* told;  // null: the right answer is among what it says, and taken
};
std::ostream& operator<<(std::ostream& out, const Confused& one) { return out << one.what; }

class DeviceBelievesNo : public SessionTest, public testing::WithParamInterface<Confused> {
 protected:
  DeviceBelievesNo() {
    UseAgent();
    link.peer = [this](std::string_view frame) {
      std::byte header[wire::kFrameHeaderBytes];
      std::memcpy(header, frame.data(), sizeof header);
      v1::Request request;
      v1::ClassifyRequest classify;
      EXPECT_TRUE(request.ParseFromString(std::string(frame.substr(wire::kFrameHeaderBytes))));
      EXPECT_TRUE(classify.ParseFromString(request.payload()));
      const Asked now{wire::ReadFrameHeader(header, UINT32_MAX)->stream, classify.request_id(),
                      static_cast<uint8_t>(classify.image()[0])};
      std::string text = GetParam().says(before, now);
      before.push_back(now);
      return text;
    };
  }
  std::deque<Asked> before;
};

TEST_P(DeviceBelievesNo, AnswerToAnotherRequest) {
  int answered = 0;
  for (uint8_t i = 10; i < 40; ++i) {
    pixels[0] = i;
    clock.now_ns += 5'000 * kMs;  // an agent that is left alone is asked again
    if (Classify(COVEY_FAIL) == COVEY_OK) {
      ++answered;
      EXPECT_EQ(result.classes[0].index, i) << "another request's answer";
      continue;
    }
    ASSERT_NE(GetParam().told, nullptr) << result.error;
    EXPECT_EQ(result.code, COVEY_DATA_LOSS);
    EXPECT_STREQ(result.error, GetParam().told);
    EXPECT_EQ(result.class_count, 0U);
  }
  EXPECT_EQ(answered, GetParam().told == nullptr ? 30 : 0);
}

TEST_P(DeviceBelievesNo, AnswerToAnotherRequestButItsOwnModels) {
  for (uint8_t i = 10; i < 40; ++i) {
    pixels[0] = i;
    ASSERT_EQ(Classify(), COVEY_OK) << result.error;
    if (!result.fell_back) {
      EXPECT_EQ(result.classes[0].index, i);
    } else {
      ExpectLocal();
      EXPECT_STREQ(result.form, "");
    }
  }
}

constexpr char kAnotherId[] = "agent: its reply has another request id";
constexpr char kOthers[] = "agent: answers other calls than ours";
const Confused kConfused[] = {
    {"Twice", [](const std::deque<Asked>&, const Asked& now) { return Right(now) + Right(now); },
     nullptr},
    {"TheLastOneFirst",
     [](const std::deque<Asked>& before, const Asked& now) {
       return (before.empty() ? "" : Right(before.back())) + Right(now);
     },
     nullptr},
    {"OldOnesBehind",
     [](const std::deque<Asked>& before, const Asked& now) {
       std::string text = Right(now);
       for (size_t i = 0; i < 3 && i < before.size(); ++i) text += Right(before[i]);
       return text;
     },
     nullptr},
    {"AnotherId",
     [](const std::deque<Asked>&, const Asked& now) {
       return AnswerTo(now.stream, now.id ^ 1U << 20, now.value);
     },
     kAnotherId},
    {"NoId",
     [](const std::deque<Asked>&, const Asked& now) { return AnswerTo(now.stream, 0, now.value); },
     kAnotherId},
    {"AnEarlierAnswerOnThisStream",
     [](const std::deque<Asked>& before, const Asked& now) {
       return before.empty() ? AnswerTo(now.stream, now.id - 1, 7)
                             : AnswerTo(now.stream, before.front().id, before.front().value);
     },
     kAnotherId},
    {"TheNextIdOnThisStream",
     [](const std::deque<Asked>&, const Asked& now) {
       return AnswerTo(now.stream, now.id + 1, now.value);
     },
     kAnotherId},
    {"OtherStreamsOnly",
     [](const std::deque<Asked>&, const Asked& now) {
       std::string text;
       for (int i = 0; i < 17; ++i) text += AnswerTo(now.stream + 2, now.id, now.value);
       return text;
     },
     kOthers},
};
INSTANTIATE_TEST_SUITE_P(When, DeviceBelievesNo, testing::ValuesIn(kConfused),
                         [](const testing::TestParamInfo<Confused>& one) {
                           return one.param.what;
                         });

// The bytes of an answer to another request may have reached the room: they are no output.
TEST_F(SessionTest, AnAnswerToAnotherRequestIsNoOutput) {
  UseAgent();
  link.peer = [](std::string_view frame) {
    v1::Request request;
    v1::InferRequest infer;
    EXPECT_TRUE(request.ParseFromString(std::string(frame.substr(wire::kFrameHeaderBytes))));
    EXPECT_TRUE(infer.ParseFromString(request.payload()));
    v1::InferResponse response;
    response.set_request_id(infer.request_id() - 1);
    response.add_outputs()->set_data("another's");
    return Reply(frame, response);
  };
  char output[16];
  size_t size = sizeof output;
  const covey_input input = Image(COVEY_TENSOR);
  const covey_options fail{.deadline_ns = 0, .top_k = 0, .fallback = COVEY_FAIL, .sla = {}};
  EXPECT_EQ(covey_infer(&session, &input, output, &size, &fail, &result), COVEY_DATA_LOSS);
  EXPECT_EQ(size, 0U);
  size = sizeof output;
  EXPECT_EQ(covey_infer(&session, &input, output, &size, nullptr, &result), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
  EXPECT_EQ(size, 12U);
  EXPECT_EQ(output[0], static_cast<char>(pixels[0]));
}

}  // namespace
}  // namespace covey::micro
