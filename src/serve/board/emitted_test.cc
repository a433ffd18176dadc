// Generated code on each board: built by the board's compiler, run under QEMU, against the bytes of
// the interpreter on the host.
#include "serve/board/emitted.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/test_board.hpp"
#include "serve/board/test_interpret.hpp"

namespace covey::serve {
namespace {

using Bytes = std::vector<std::byte>;
constexpr int kSamples = 2;

using test::Chunk;

struct Case {
  const char *board, *model;  // a path below the data folder, or a network of the project's own
  compiler::Unpack unpack = compiler::Unpack::kNever;
};
// The row `BOARD,emitted.MODEL` of tests/budgets.csv: bytes of code, tables and library functions.
uint64_t BudgetOf(const std::string& board, const std::string& model) {
  const std::string row = board + ",emitted." + std::filesystem::path(model).stem().string() + ",";
  std::ifstream file("tests/budgets.csv");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(row)) return std::stoull(line.substr(row.size()));
  ADD_FAILURE() << "tests/budgets.csv: no row " << row;
  return 0;
}

constexpr char kOwn[] = "models/shapes/device/model.onnx";
constexpr char kFloat[] = "models/cifar10/lenet/float.onnx";

class EmittedOnBoard : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::filesystem::path file = GetParam().model;
    if (!std::string(GetParam().model).starts_with("models/")) {
      const auto data = DataDir();
      if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
      file = *data / "mlperf_tiny" / "models" / GetParam().model;
    }
    if (const auto missing = test::MissingFor(GetParam().board)) GTEST_SKIP() << *missing;
    const auto target = compiler::TargetOf(GetParam().board, diag_);
    const auto graph = compiler::ImportFile(file, diag_);
    ASSERT_TRUE(target.ok() && graph.ok()) << diag_.Text();
    const auto image =
        compiler::Compile(*graph, diag_, {.target = *target, .unpack = GetParam().unpack});
    ASSERT_TRUE(image.ok()) << diag_.Text();
    image_.resize(image->size() / sizeof(Chunk) + 1);
    size_ = image->size();
    std::memcpy(image_.data(), image->data(), size_);
  }

  wire::ImageView View() {
    const auto view = wire::ImageView::Read({image_[0].bytes, size_}, diag_);
    EXPECT_TRUE(view.ok()) << diag_.Text();
    return *view;
  }

  Bytes RandomInputs() {
    std::minstd_rand random(23);
    const wire::ImageView view = View();
    const auto& input = view.tensor(view.input_tensor(0));
    Bytes inputs(kSamples * input.bytes);
    for (std::byte& byte : inputs) byte = static_cast<std::byte>(random() >> 8 & 0xFF);
    if (input.dtype != static_cast<uint8_t>(DType::kFloat32)) return inputs;
    for (size_t at = 0; at < inputs.size(); at += sizeof(float)) {
      const float value = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
      std::memcpy(&inputs[at], &value, sizeof value);
    }
    return inputs;
  }

  DiagText diag_;
  std::vector<Chunk> image_;
  size_t size_ = 0;
};

TEST_P(EmittedOnBoard, GivesTheInterpretersBytesAndIsSmall) {
  const Bytes inputs = RandomInputs();
  const wire::ImageView view = View();
  const EmittedJob job{.board = GetParam().board, .image = view, .inputs = inputs};
  const auto ran = RunEmitted(job, diag_);
  ASSERT_TRUE(ran.ok()) << ran.status().message() << ": " << diag_.Text();
  EXPECT_TRUE(ran->run.outputs == test::Interpret({image_[0].bytes, size_}, inputs));
  EXPECT_EQ(ran->run.arena_bytes, view.header().arena_bytes);
  EXPECT_GT(ran->size.weights, 0U);
  EXPECT_EQ(ran->size.warnings, "");
  if (GetParam().unpack == compiler::Unpack::kNever)
    EXPECT_LE(ran->size.engine(), BudgetOf(GetParam().board, GetParam().model));
  else
    EXPECT_GT(ran->size.code, 4 * ran->size.weights) << "weights are no code";

  // The layers add up to the whole, but for the hook's own few instructions.
  ASSERT_EQ(ran->run.layer_instructions.size(), view.op_count());
  uint64_t sum = 0;
  for (const uint64_t count : ran->run.layer_instructions) sum += count;
  const auto whole = static_cast<double>(ran->run.instructions.back());
  EXPECT_NEAR(static_cast<double>(sum), whole, 100.0 * view.op_count());
}

INSTANTIATE_TEST_SUITE_P(
    Each, EmittedOnBoard,
    testing::Values(Case{"m4", kOwn}, Case{"m4", kFloat}, Case{"m33", kOwn}, Case{"m55", kOwn},
                    Case{"rv32", kOwn}, Case{"m4", "pretrainedResnet_quant.tflite"},
                    Case{"m4", "kws_ref_model.tflite"}, Case{"m4", "vww_96_int8.tflite"},
                    Case{"m4", "ad01_int8.tflite"},
                    Case{"m4", kOwn, compiler::Unpack::kWherePossible},
                    Case{"m33", kOwn, compiler::Unpack::kWherePossible}),
    [](const auto& each) {
      std::string name = std::string(each.param.board) + "_" + each.param.model;
      for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      if (each.param.unpack != compiler::Unpack::kNever) name += "_weights_as_code";
      return name;
    });

}  // namespace
}  // namespace covey::serve
