// A board that chooses how its pictures are sent, and among variants by their profiles: the console
// of the classify firmware under QEMU, a link that is shaped, an agent that tells colours.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/agent/agent.hpp"
#include "serve/board/board.hpp"
#include "serve/board/console.hpp"
#include "serve/link/link_proxy.hpp"
#include "serve/test_parts.hpp"
#include "serve/transport/frame_reader.hpp"
#include "wire/image/host/join.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::serve {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr seconds kPatience{60};
constexpr uint32_t kSide = 64;

// Tells which of red, green and blue a picture has most of; counts what it was asked.
class ColourModel final : public Model {
 public:
  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  ClassifierHints hints() const override {
    return {.output = wire::OutputKind::kProbabilities,
            .labels = {"red", "green", "blue"},
            .pixel_table = {}};
  }
  Status RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override {
    InputSet set;
    COVEY_TRY(MatchInputs(inputs, inputs_, set, diag));
    uint64_t sums[3] = {};
    const auto pixels = set.tensor[0]->data;
    for (size_t i = 0; i < pixels.size(); ++i) sums[i % 3] += static_cast<uint8_t>(pixels[i]);
    outputs = {{"out", ElementType::kUint8, {1, 3}, {}}};
    const uint64_t all = std::max<uint64_t>(1, sums[0] + sums[1] + sums[2]);
    for (const uint64_t sum : sums)
      outputs[0].data.push_back(static_cast<std::byte>(sum * 255 / all));
    return OkStatus();
  }

 private:
  std::vector<TensorInfo> inputs_{{"in",
                                   ElementType::kUint8,
                                   {1, static_cast<int32_t>(kSide), static_cast<int32_t>(kSide), 3},
                                   0,
                                   0}};
  std::vector<TensorInfo> outputs_{{"out", ElementType::kUint8, {1, 3}, 1.0F / 255, 0}};
};

class ColourBackend final : public Backend {
 public:
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<Model>> Load(const std::filesystem::path&, Diag&) override {
    return std::unique_ptr<Model>(std::make_unique<ColourModel>());
  }
};

// Answers class 1 to pixels and refuses everything else.
class PixelsOnly {
 public:
  PixelsOnly() : listener_(*Listener::Open("127.0.0.1", 0)) {
    thread_ = std::thread([this] { Serve(); });
  }
  ~PixelsOnly() {
    stop_.Set();
    listener_.Wake();
    thread_.join();
  }
  uint16_t port() const { return listener_.port(); }
  int refused() const { return refused_; }

 private:
  void Serve() {
    while (!stop_.IsSet()) {
      auto socket = listener_.Accept(Never());
      if (!socket.ok()) continue;
      FrameReader reader(1U << 20);
      for (;;) {
        const auto frame =
            reader.Next(*socket, DeadlineIn(std::chrono::milliseconds(200)), seconds(20));
        if (!frame.ok() && (stop_.IsSet() || frame.status().code() != Code::kDeadlineExceeded))
          break;
        if (frame.ok()) Answer(*socket, *frame);
      }
    }
  }
  void Answer(Socket& socket, const Frame& frame) {
    v1::Request request;
    v1::ClassifyRequest classify;
    if (!request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())) ||
        !classify.ParseFromString(request.payload()))
      return socket.Close();
    wire::Encoder encoder(1U << 20);
    std::span<const std::byte> bytes;
    if (classify.format() == v1::IMAGE_FORMAT_RAW_RGB8) {
      v1::ClassifyResponse response;
      response.set_request_id(classify.request_id());
      response.add_classes()->set_index(1);
      bytes = *encoder.Response(frame.header.stream, response);
    } else {
      ++refused_;
      bytes = *encoder.ErrorResponse(frame.header.stream, Code::kUnimplemented, "pixels only");
    }
    (void)socket.Send(bytes, DeadlineIn(seconds(5)));
  }

  Listener listener_;
  test::Signal stop_;
  std::atomic<int> refused_{0};
  std::thread thread_;
};

class ConsoleFormsTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const Result<std::filesystem::path> firmware = FindFirmware(GetParam(), "classify", diag_);
    if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag_.Text();
    if (!QemuCommand(GetParam(), *firmware, {}, true, true, diag_).ok())
      GTEST_SKIP() << "QEMU: " << diag_.Text();
  }
  // Pictures that are mostly red, green, blue, with some of everything.
  void Start(uint32_t width, uint32_t height, const std::vector<std::string>& more = {}) {
    std::string pixels;
    for (size_t picture = 0; picture < 3; ++picture)
      for (size_t i = 0; i < size_t{width} * height * 3; ++i)
        pixels += static_cast<char>(i % 3 == picture ? 150 + i / 7 % 60 : i / 11 % 50);
    ASSERT_TRUE(folder_.Write("pictures.rgb", pixels));
    std::vector<std::string> arguments = {"images=pictures.rgb", "width=" + std::to_string(width),
                                          "height=" + std::to_string(height)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Result<std::unique_ptr<BoardConsole>> console = BoardConsole::Start(
        {.board = GetParam(), .arguments = arguments, .directory = folder_.path()}, diag_);
    ASSERT_TRUE(console.ok()) << console.status().message() << ": " << diag_.Text();
    console_ = std::move(*console);
  }
  void StartAgent() {
    ASSERT_TRUE(folder_.Write("models/colour.covey", "any"));
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<ColourBackend>());
    agent_ = std::make_unique<Agent>(AgentConfig{.models = folder_.path() / "models", .port = 0},
                                     std::move(backends));
    const Status status = agent_->Start(diag_);
    ASSERT_TRUE(status.ok()) << status.message() << ": " << diag_.Text();
  }
  std::string Type(const std::string& line) {
    const Result<std::string> text = console_->Command(line, kPatience);
    EXPECT_TRUE(text.ok()) << line << ": " << text.status().message() << ": " << diag_.Text();
    return text.ok() ? *text : "";
  }
  void UsePort(uint16_t port) {
    Type("config place agent 10.0.2.2:" + std::to_string(port) + " colour");
  }
  // Each picture's form after `warm` others; every one must be answered, and rightly.
  std::map<std::string, int> Forms(int warm, int count) {
    std::map<std::string, int> used;
    for (int i = 0; i < warm + count; ++i) {
      const std::string text = Type("infer");
      EXPECT_THAT(text, HasSubstr("class " + std::to_string(i % 3) + " "));
      const size_t at = text.find(" form ");
      EXPECT_NE(at, std::string::npos) << text;
      if (i >= warm && at != std::string::npos)
        ++used[text.substr(at + 6, text.find(' ', at + 6) - at - 6)];
    }
    return used;
  }

  test::NoLog no_log_;
  DiagText diag_;
  TempDir folder_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<BoardConsole> console_;
};

TEST_P(ConsoleFormsTest, ASlowLinkGetsJpegAndAFastOnePixels) {
  Start(kSide, kSide);
  StartAgent();
  Type("config fallback fail");
  EXPECT_THAT(Type("config form jpeg:80:420 1500 99.2"),
              HasSubstr("form jpeg:80:420 bytes 1500 kept 99.20"));
  // 12,288 bytes take 0.5 s, 1,500 0.06 s; writing them some 80 ms of the board's time.
  LinkProxy slow({.to_host = "127.0.0.1",
                  .to_port = agent_->port(),
                  .shape = {.name = "slow", .up_bit_s = 2e5, .down_bit_s = 2e5}});
  ASSERT_TRUE(slow.Start(diag_).ok()) << diag_.Text();
  UsePort(slow.port());
  const auto over_slow = Forms(3, 6);
  EXPECT_GE(over_slow.count("jpeg:80:420") > 0 ? over_slow.at("jpeg:80:420") : 0, 5);
  UsePort(agent_->port());
  const auto over_fast = Forms(3, 6);
  EXPECT_GE(over_fast.count("raw") > 0 ? over_fast.at("raw") : 0, 5);
  // Answers that must stay more often than the form's do.
  UsePort(slow.port());
  EXPECT_THAT(Type("config keep 99.5"), HasSubstr("keep 99.50"));
  EXPECT_EQ(Forms(0, 3).at("raw"), 3);
}

TEST_P(ConsoleFormsTest, AnAgentThatTakesPixelsOnlyIsAskedOnceForJpeg) {
  Start(kSide, kSide);
  const PixelsOnly agent;
  Type("config fallback fail");
  Type("config form jpeg:80:420 1500 99.2");
  UsePort(agent.port());
  for (int i = 0; i < 6; ++i)
    EXPECT_THAT(Type("infer"), AllOf(HasSubstr("class 1 "), HasSubstr(" form raw ")));
  EXPECT_EQ(agent.refused(), 1);
}

TEST_P(ConsoleFormsTest, PicturesOfOddSizesArriveWhole) {
  StartAgent();
  LinkProxy slow({.to_host = "127.0.0.1",
                  .to_port = agent_->port(),
                  .shape = {.name = "slow", .up_bit_s = 4e5, .down_bit_s = 4e5}});
  ASSERT_TRUE(slow.Start(diag_).ok()) << diag_.Text();
  const std::pair<uint32_t, uint32_t> sizes[] = {{1, 1}, {17, 31}, {131, 19}};
  for (const auto& [width, height] : sizes) {
    Start(width, height);
    Type("config fallback fail");
    Type("config keep 1");
    Type("config form jpeg:50:420 700 99");
    Type("config form bare:50:420 250 99");
    UsePort(slow.port());
    const auto used = Forms(3, 3);
    if (width == 1) {
      EXPECT_EQ(used.size(), used.count("raw")) << "no JPEG is so small";
    }
    if (width == 131) {
      EXPECT_EQ(used.count("bare:50:420"), 1U);
    }
  }
}

TEST_P(ConsoleFormsTest, ChoosesAmongVariantsByTheirProfiles) {
  std::vector<std::vector<std::byte>> images;
  for (const int8_t add : {int8_t{1}, int8_t{7}}) {
    wire::ImageContents contents = wire::SampleContents();
    for (wire::ImageTensor& tensor : contents.tensors)
      if (!tensor.data.empty()) tensor.data[0] = static_cast<std::byte>(add);
    images.push_back(wire::WriteImage(contents));
  }
  const auto file = wire::JoinVariants(images, diag_);
  ASSERT_TRUE(file.ok()) << diag_.Text();
  ASSERT_TRUE(folder_.Write(
      "net.covey", std::string_view(reinterpret_cast<const char*>(file->data()), file->size())));
  Start(2, 2, {"model=net.covey"});
  Type("config place auto local");
  Type("config prefer accuracy");
  EXPECT_THAT(Type("infer 3"), Not(HasSubstr("variant"))) << "a variant is taken to be worse";
  EXPECT_THAT(Type("config profile variant1 accuracy 91.5 91 92"),
              HasSubstr("profile variant1 accuracy 91.50 91.00 92.00"));
  EXPECT_THAT(Type("config"), HasSubstr("place auto local")) << "the place stays";
  Type("config profile local accuracy 85 84 86");
  Type("infer 3");
  EXPECT_THAT(Type("infer 1"), HasSubstr("variant 1")) << "measured to be better";
  Type("config profile local accuracy 96 95 97");
  EXPECT_THAT(Type("infer 1"), Not(HasSubstr("variant")));
  // Time: the model itself would be too late.
  Type("config profile local compute 400000 400000 400000");
  Type("config profile variant1 compute 100 100 100");
  Type("config prefer latency");
  Type("config latency 50");
  EXPECT_THAT(Type("infer 1"), HasSubstr("variant 1"));
  EXPECT_THAT(Type("config profile none"), Not(HasSubstr("profile")));
}

TEST_P(ConsoleFormsTest, SaysWhatItExpectedOfProfilesAndForms) {
  Start(2, 2);
  for (const char* line : {"config profile",
                           "config profile moon accuracy 1",
                           "config profile local",
                           "config profile local accuracy",
                           "config profile local accuracy 101",
                           "config profile local accuracy 50 60 70",
                           "config profile local accuracy 9.",
                           "config profile local compute 3 2 1",
                           "config profile local compute 1 2 3 4 5",
                           "config profile local sent 4294967296 1",
                           "config form",
                           "config form jpeg:0 10 99",
                           "config form jpeg:101 10 99",
                           "config form jpeg:80:422 10 99",
                           "config form png 10 99",
                           "config form jpeg:80 0 99",
                           "config form jpeg:80 10 100.01",
                           "config form jpeg:80 10",
                           "config keep",
                           "config keep 0",
                           "config keep x",
                           "config keep 1.234"}) {
    EXPECT_THAT(Type(line), HasSubstr("error: found '")) << line;
  }
  EXPECT_THAT(Type("config"), AllOf(Not(HasSubstr("profile")), Not(HasSubstr("form"))));
  for (int i = 1; i <= 8; ++i) Type("config form jpeg:" + std::to_string(i) + " 10 99");
  EXPECT_THAT(Type("config form jpeg:9 10 99"), HasSubstr("at most 8 forms"));
  EXPECT_THAT(Type("config form jpeg:8 11 98"), HasSubstr("form jpeg:8 bytes 11 kept 98.00"));
  Type("config form none");
  EXPECT_THAT(Type("config form bare:97 1079 97.2"),
              HasSubstr("form bare:97 bytes 1079 kept 97.20"));
  EXPECT_THAT(Type("config form none"), Not(HasSubstr("form")));
}

INSTANTIATE_TEST_SUITE_P(Each, ConsoleFormsTest, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace covey::serve
