// Generated C++ against the interpreter: the host's own compiler builds it, with all warnings, and
// it gives the same bytes on pseudo-random inputs.
#include "compiler/cpp/emit_cpp.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::compiler {
namespace {

namespace fs = std::filesystem;
constexpr int kSamples = 3;

struct alignas(16) Chunk {
  std::byte bytes[16];
};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A model image in memory, and the interpreter on it.
class Model {
 public:
  explicit Model(const std::vector<std::byte>& image)
      : image_(image.size() / sizeof(Chunk) + 1), size_(image.size()) {
    std::memcpy(image_.data(), image.data(), image.size());
  }
  static Model Of(const fs::path& file, const CompileOptions& how = {}) {
    DiagText diag;
    const auto graph = ImportFile(file, diag);
    EXPECT_TRUE(graph.ok()) << diag.Text();
    const auto image = Compile(*graph, diag, how);
    EXPECT_TRUE(image.ok()) << diag.Text();
    return Model(*image);
  }

  wire::ImageView View() const {
    DiagText diag;
    const auto view = wire::ImageView::Read({image_[0].bytes, size_}, diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    return *view;
  }

  std::string Interpret(const std::string& inputs, bool reset = false) const {
    const wire::ImageView view = View();
    std::vector<Chunk> arena(view.header().arena_bytes / sizeof(Chunk) + 1);
    DiagText diag;
    auto engine = micro::Engine::Prepare(view, kernels::RefKernels(),
                                         {arena[0].bytes, view.header().arena_bytes}, diag);
    EXPECT_TRUE(engine.ok()) << diag.Text();
    std::string outputs;
    for (size_t at = 0; at < inputs.size();) {
      if (reset) engine->Reset();
      for (int i = 0; i < engine->inputs(); ++i) {
        std::memcpy(engine->input(i).data, inputs.data() + at, engine->input(i).bytes);
        at += engine->input(i).bytes;
      }
      engine->Run();
      for (int i = 0; i < engine->outputs(); ++i) {
        outputs.append(reinterpret_cast<const char*>(engine->output(i).data),
                       engine->output(i).bytes);
      }
    }
    return outputs;
  }

 private:
  std::vector<Chunk> image_;
  size_t size_;
};

std::string RandomInputs(const wire::ImageView& view) {
  std::minstd_rand random(17);
  std::string inputs;
  for (int sample = 0; sample < kSamples; ++sample) {
    for (uint16_t i = 0; i < view.input_count(); ++i) {
      const wire::TensorRecord& tensor = view.tensor(view.input_tensor(i));
      const bool floats = tensor.dtype == static_cast<uint8_t>(DType::kFloat32);
      for (uint32_t at = 0; at < tensor.bytes; at += floats ? 4 : 1) {
        if (floats) {
          const float value = static_cast<float>(random() % 2001) / 100.0F - 10.0F;
          inputs.append(reinterpret_cast<const char*>(&value), sizeof(value));
        } else {
          inputs.push_back(static_cast<char>(random() >> 8));
        }
      }
    }
  }
  return inputs;
}

enum class State { kNone, kResetOnce, kResetEachTime };

// Reads samples from stdin, writes outputs to stdout; what a user of the header would write.
std::string Driver(const wire::ImageView& view, const std::string& name, State state) {
  const std::string reset = "  " + name + "::Reset();\n";
  std::string text = "#include \"" + name + ".hpp\"\n#include <cstdio>\nint main() {\n" +
                     (state == State::kResetOnce ? reset : "") + "  for (;;) {\n" +
                     (state == State::kResetEachTime ? reset : "");
  for (uint16_t i = 0; i < view.input_count(); ++i) {
    const std::string number = i == 0 ? "" : std::to_string(i);
    text += "    if (std::fread(" + name + "::Input" + number + "(), 1, " + name + "::kInput" +
            number + "Bytes, stdin) != " + name + "::kInput" + number + "Bytes) return 0;\n";
  }
  text += "    " + name + "::Run();\n";
  for (uint16_t i = 0; i < view.output_count(); ++i) {
    const std::string number = i == 0 ? "" : std::to_string(i);
    text += "    std::fwrite(" + name + "::Output" + number + "(), 1, " + name + "::kOutput" +
            number + "Bytes, stdout);\n";
  }
  return text + "  }\n}\n";
}

class EmitCppTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(dir_.Write(name, text)) << name;
  }

  // What the command says; empty if all is well.
  std::string Run(const std::string& command) const {
    const fs::path said = dir_.path() / "said";
    const int code =
        std::system(("cd " + dir_.path().string() + " && (" + command + ") 2>said").c_str());
    return (code == 0 ? "" : command + " -> " + std::to_string(code) + "\n") + ReadAll(said);
  }

  std::string RunGenerated(const Model& model, const std::string& inputs, State state) const {
    const wire::ImageView view = model.View();
    DiagText diag;
    const auto cpp = EmitCpp(view, "any", {}, diag);
    EXPECT_TRUE(cpp.ok()) << diag.Text();
    Write(cpp->name + ".cc", cpp->source);
    Write(cpp->name + ".hpp", cpp->header);
    Write("driver.cc", Driver(view, cpp->name, state));
    Write("in", inputs);
    EXPECT_EQ(Run(std::string(COVEY_HOST_CXX) +
                  " -std=c++20 -O1 -Wall -Wextra -Werror -Wpedantic -fno-exceptions -fno-rtti "
                  "driver.cc " +
                  cpp->name + ".cc -o generated && ./generated <in >out"),
              "");
    return ReadAll(dir_.path() / "out");
  }

  void ExpectSameBytes(const Model& model, State state = State::kNone) const {
    const std::string inputs = RandomInputs(model.View());
    const std::string expected = model.Interpret(inputs, state == State::kResetEachTime);
    ASSERT_FALSE(expected.empty());
    EXPECT_TRUE(RunGenerated(model, inputs, state) == expected);
  }

  TempDir dir_;
};

TEST_F(EmitCppTest, GivesTheInterpretersBytesOfTheShippedNetwork) {
  ExpectSameBytes(Model::Of("models/shapes/device/model.onnx"));
}

// An image whose weights are to be code on a board is an image like any other on the host.
TEST_F(EmitCppTest, GivesTheInterpretersBytesWhereWeightsAreCodeElsewhere) {
  const Model code = Model::Of("models/shapes/device/model.onnx",
                               {.target = Target::kCortexM, .unpack = Unpack::kWherePossible});
  ExpectSameBytes(code);
  const std::string inputs = RandomInputs(code.View());
  EXPECT_EQ(code.Interpret(inputs), Model::Of("models/shapes/device/model.onnx").Interpret(inputs));
}

TEST_F(EmitCppTest, GivesTheInterpretersBytesOfEveryOp) {
  ExpectSameBytes(Model(wire::WriteImage(wire::EveryOpContents())));
  ExpectSameBytes(Model(wire::WriteImage(wire::SignalOpsContents())));
  ExpectSameBytes(Model(wire::WriteImage(wire::ExitContents())));
}

// lstm and svdf remember; Reset forgets.
TEST_F(EmitCppTest, KeepsStateAsTheInterpreterDoes) {
  const Model model(wire::WriteImage(wire::WideOpsContents()));
  const std::string inputs = RandomInputs(model.View());
  ASSERT_NE(model.Interpret(inputs), model.Interpret(inputs, true));
  ExpectSameBytes(model, State::kResetOnce);
  ExpectSameBytes(model, State::kResetEachTime);
}

TEST_F(EmitCppTest, GivesTheInterpretersBytesOfABroadcastWithAConstant) {
  ExpectSameBytes(Model(wire::WriteImage(wire::SampleContents())));
}

TEST_F(EmitCppTest, GivesTheInterpretersBytesOfTheMlperfTinyNetworks) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  for (const char* file : {"pretrainedResnet_quant", "kws_ref_model", "vww_96_int8", "ad01_int8"}) {
    SCOPED_TRACE(file);
    ExpectSameBytes(Model::Of(*data / "mlperf_tiny/models" / (std::string(file) + ".tflite")));
  }
}

// Two networks in one program: each file keeps its kernels to itself.
TEST_F(EmitCppTest, FilesOfTwoNetworksLinkTogether) {
  DiagText diag;
  const Model every(wire::WriteImage(wire::EveryOpContents()));
  std::string driver, files;
  for (const char* name : {"one", "two"}) {
    const auto cpp = EmitCpp(every.View(), "any", {name, "", ""}, diag);
    ASSERT_TRUE(cpp.ok()) << diag.Text();
    Write(std::string(name) + ".cc", cpp->source);
    Write(std::string(name) + ".hpp", cpp->header);
    driver += "#include \"" + std::string(name) + ".hpp\"\n";
    files += std::string(" ") + name + ".cc";
  }
  Write("driver.cc", driver + "int main() { one::Run(); two::Run(); }\n");
  EXPECT_EQ(Run(std::string(COVEY_HOST_CXX) + " -std=c++20 driver.cc" + files + " -o two && ./two"),
            "");
}

// No code runs before main, nothing is writable but the arena, no allocator, no double.
TEST_F(EmitCppTest, HasConstantTablesAndFewSymbols) {
  DiagText diag;
  const auto cpp = EmitCpp(Model(wire::WriteImage(wire::EveryOpContents())).View(), "any",
                           {"net", "", ""}, diag);
  ASSERT_TRUE(cpp.ok()) << diag.Text();
  Write("net.cc", cpp->source);
  for (const char* level : {"-O0", "-O2", "-Os"}) {
    ASSERT_EQ(Run(std::string(COVEY_HOST_CXX) + " -std=c++20 -fno-pic -fno-exceptions -fno-rtti " +
                  level + " -c net.cc && nm -C net.o >symbols"),
              "");
    std::istringstream symbols(ReadAll(dir_.path() / "symbols"));
    for (std::string line; std::getline(symbols, line);) {
      if (line.size() < 19) continue;
      const char kind = line[17];
      const std::string name = line.substr(19);
      EXPECT_EQ(name.find("_GLOBAL__sub_I"), std::string::npos) << level << " " << line;
      std::string begins;
      if (kind == 'T') begins = "net::";
      if (kind == 'U') begins = "mem";
      EXPECT_EQ(name.rfind(begins, 0), 0U) << level << " " << line;
      EXPECT_TRUE(kind != 'd' && kind != 'D') << level << " writable: " << line;
      EXPECT_TRUE(kind != 'b' || name.find("g_arena") != std::string::npos) << level << " " << line;
    }
  }
}

// A model's name is a stranger's: it must not end a string or begin a line.
TEST_F(EmitCppTest, TakesAnyNameForAModel) {
  DiagText diag;
  wire::ImageContents contents = wire::SampleContents();
  contents.name = "1 net\"; }\n#error \\";
  const auto cpp = EmitCpp(Model(wire::WriteImage(contents)).View(), "any", {}, diag);
  ASSERT_TRUE(cpp.ok()) << diag.Text();
  EXPECT_EQ(cpp->name.rfind("model_1_net", 0), 0U) << cpp->name;
  Write("net.cc", cpp->source);
  EXPECT_EQ(Run(std::string(COVEY_HOST_CXX) + " -std=c++20 -Wall -Werror -c net.cc"), "");
}

TEST_F(EmitCppTest, RefusesATargetWithoutKernels) {
  DiagText diag;
  const auto cpp = EmitCpp(Model(wire::WriteImage(wire::SampleContents())).View(), "z80", {}, diag);
  EXPECT_EQ(cpp.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("any, m4, m33, m55, rv32"), std::string::npos) << diag.Text();
}

// Every kernel of every target, in one file: whatever names the kernels' files have in common.
struct Cross {
  const char *target, *compiler;
};
class EmitCppForTarget : public EmitCppTest, public testing::WithParamInterface<Cross> {};

TEST_P(EmitCppForTarget, EveryOpCompilesWithoutWarnings) {
  const std::string compiler = GetParam().compiler;
  const std::string program = compiler.substr(0, compiler.find(' '));
  if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "firmware: no " << program;
  }
  DiagText diag;
  const auto cpp = EmitCpp(Model(wire::WriteImage(wire::EveryOpContents())).View(),
                           GetParam().target, {"net", "", ""}, diag);
  ASSERT_TRUE(cpp.ok()) << diag.Text();
  Write("net.cc", cpp->source);
  for (const char* level : {"-O2", "-Os"}) {
    EXPECT_EQ(Run(compiler + " " + level +
                  " -std=c++20 -Wall -Wextra -Werror -fno-exceptions -fno-rtti -c net.cc"),
              "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, EmitCppForTarget,
    testing::Values(Cross{"m4", "arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb"},
                    Cross{"m33", "arm-none-eabi-g++ -mcpu=cortex-m33 -mthumb"},
                    Cross{"m55", "arm-none-eabi-g++ -mcpu=cortex-m55 -mthumb -mfloat-abi=hard"},
                    Cross{"rv32",
                          "riscv64-unknown-elf-g++ -march=rv32imc -mabi=ilp32 -misa-spec=2.2 "
                          "--specs=picolibc.specs -isystem /usr/include/newlib/c++/12.2.1 -isystem "
                          "/usr/include/newlib/c++/12.2.1/arm-none-eabi/thumb/v7-m/nofp"}),
    [](const auto& each) { return std::string(each.param.target); });

}  // namespace
}  // namespace covey::compiler
