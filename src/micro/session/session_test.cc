// Places, calls and results of the device session.
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

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
  const covey_options fail{.deadline_ns = 0, .top_k = 0, .fallback = COVEY_FAIL, .sla = {}};
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

}  // namespace
}  // namespace covey::micro
