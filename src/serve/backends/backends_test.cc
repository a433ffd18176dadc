// The conformance suite: what every backend does the same, over a small model each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx.pb.h>

#include <thread>

#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/test_parts.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::serve {
namespace {

using testing::HasSubstr;

std::string SampleImage() {
  const auto image = wire::WriteImage(wire::SampleContents());
  return {reinterpret_cast<const char*>(image.data()), image.size()};
}

void AddFloatTensor(onnx::ValueInfoProto& value, const std::string& name) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("batch");
  for (int64_t dim : {2, 2, 3}) type.mutable_shape()->add_dim()->set_dim_value(dim);
}

// out = relu(in), of any batch.
std::string ReluOnnx() {
  onnx::ModelProto model;
  model.set_ir_version(7);
  model.add_opset_import()->set_version(13);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("relu");
  AddFloatTensor(*graph.add_input(), "in");
  AddFloatTensor(*graph.add_output(), "out");
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type("Relu");
  node.add_input("in");
  node.add_output("out");
  return model.SerializeAsString();
}

struct Kind {
  const char* name;
  Result<std::unique_ptr<Backend>> (*make)(Diag& diag);
  const char* file;
  std::string (*bytes)();
};

Result<std::unique_ptr<Backend>> Int8(Diag&) { return MakeInt8Backend(); }
Result<std::unique_ptr<Backend>> Onnx(Diag& diag) { return MakeOnnxBackend({.threads = 1}, diag); }

class Conformance : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    auto backend = GetParam().make(diag_);
    if (!backend.ok()) GTEST_SKIP() << diag_.Text();
    backend_ = *std::move(backend);
    dir_.Write(GetParam().file, GetParam().bytes());
    auto model = backend_->Load(Path(), diag_);
    ASSERT_TRUE(model.ok()) << diag_.Text();
    model_ = *std::move(model);
  }
  std::filesystem::path Path() const { return dir_.path() / GetParam().file; }
  HostTensor Input() const {
    const TensorInfo& info = model_->inputs()[0];
    HostTensor tensor{info.name, info.type, info.dims, {}};
    size_t bytes = DTypeBytes(static_cast<DType>(info.type));
    for (int32_t& dim : tensor.dims) {
      dim = std::max(dim, 1);
      bytes *= static_cast<size_t>(dim);
    }
    // Bytes that are small positive floats as well.
    tensor.data.resize(bytes);
    for (size_t i = 0; i < bytes; ++i)
      tensor.data[i] = static_cast<std::byte>(i % 4 == 3 ? 0x3F : i * 3);
    return tensor;
  }
  Status Run(const HostTensor& input) { return model_->Run(std::span(&input, 1), outputs_, diag_); }

  DiagText diag_;
  TempDir dir_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Model> model_;
  std::vector<HostTensor> outputs_;
};

TEST_P(Conformance, DescribesItsTensors) {
  ASSERT_EQ(model_->inputs().size(), 1U);
  EXPECT_EQ(model_->inputs()[0].name, "in");
  EXPECT_EQ(model_->inputs()[0].dims.size(), 4U);
  ASSERT_EQ(model_->outputs().size(), 1U);
  EXPECT_EQ(model_->outputs()[0].name, "out");
}

TEST_P(Conformance, GivesTheSameOutputForTheSameInput) {
  ASSERT_TRUE(Run(Input()).ok()) << diag_.Text();
  ASSERT_EQ(outputs_.size(), 1U);
  EXPECT_EQ(outputs_[0].name, "out");
  EXPECT_EQ(outputs_[0].type, model_->outputs()[0].type);
  const auto first = outputs_[0].data;
  EXPECT_FALSE(first.empty());
  ASSERT_TRUE(Run(Input()).ok());
  EXPECT_EQ(outputs_[0].data, first);
}

TEST_P(Conformance, TakesAnInputByItsPlace) {
  ASSERT_TRUE(Run(Input()).ok());
  const auto named = outputs_[0].data;
  HostTensor input = Input();
  input.name.clear();
  ASSERT_TRUE(Run(input).ok()) << diag_.Text();
  EXPECT_EQ(outputs_[0].data, named);
}

TEST_P(Conformance, TakesBytesOfTheModelsOwnTypeAndShape) {
  HostTensor input = Input();
  input.type = ElementType::kNone;
  input.dims.clear();
  EXPECT_TRUE(Run(input).ok()) << diag_.Text();
  input.data.pop_back();
  EXPECT_EQ(Run(input).code(), Code::kInvalidArgument);
}

TEST_P(Conformance, TakesBytesThatLieAtAnyAddress) {
  ASSERT_TRUE(Run(Input()).ok());
  const auto expected = outputs_[0].data;
  const HostTensor input = Input();
  std::vector<std::byte> shifted(input.data.size() + 1);
  std::copy(input.data.begin(), input.data.end(), shifted.begin() + 1);
  const InputView view{input.name, input.type, input.dims, std::span(shifted).subspan(1)};
  ASSERT_TRUE(model_->RunViews(std::span(&view, 1), outputs_, diag_).ok());
  EXPECT_EQ(outputs_[0].data, expected);
}

TEST_P(Conformance, RefusesAWrongName) {
  HostTensor input = Input();
  input.name = "nobody";
  EXPECT_EQ(Run(input).code(), Code::kInvalidArgument);
  EXPECT_THAT(diag_.Text(), testing::AllOf(HasSubstr("nobody"), HasSubstr("expected 'in'")));
}

TEST_P(Conformance, RefusesAWrongType) {
  HostTensor input = Input();
  input.type = ElementType::kInt64;
  EXPECT_EQ(Run(input).code(), Code::kInvalidArgument);
  EXPECT_THAT(diag_.Text(), HasSubstr("found int64[1,2,2,3]"));
}

TEST_P(Conformance, RefusesAWrongShape) {
  HostTensor input = Input();
  input.dims = {1, 3, 2, 2};
  EXPECT_EQ(Run(input).code(), Code::kInvalidArgument);
}

TEST_P(Conformance, RefusesAWrongSize) {
  HostTensor input = Input();
  input.data.push_back(std::byte{0});
  EXPECT_EQ(Run(input).code(), Code::kInvalidArgument);
}

TEST_P(Conformance, RefusesAWrongNumberOfInputs) {
  EXPECT_EQ(model_->Run({}, outputs_, diag_).code(), Code::kInvalidArgument);
  const std::vector<HostTensor> two{Input(), Input()};
  EXPECT_EQ(model_->Run(two, outputs_, diag_).code(), Code::kInvalidArgument);
}

TEST_P(Conformance, RunsInSeveralThreadsAtOnce) {
  ASSERT_TRUE(Run(Input()).ok());
  const auto expected = outputs_[0].data;
  const HostTensor input = Input();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      NoDiag diag;
      std::vector<HostTensor> outputs;
      for (int i = 0; i < 50; ++i) {
        const bool ok = model_->Run(std::span(&input, 1), outputs, diag).ok();
        if (ok && outputs[0].data == expected) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

TEST_P(Conformance, NamesAFileThatIsNotThere) {
  const auto missing = dir_.path() / "missing.onnx";
  EXPECT_EQ(backend_->Load(missing, diag_).status().code(), Code::kNotFound);
  EXPECT_THAT(diag_.Text(), HasSubstr("missing.onnx"));
}

TEST_P(Conformance, RefusesADamagedFile) {
  const std::string whole = GetParam().bytes();
  dir_.Write(GetParam().file, whole.substr(0, whole.size() / 2));
  EXPECT_FALSE(backend_->Load(Path(), diag_).ok());
  EXPECT_FALSE(diag_.Text().empty());
}

INSTANTIATE_TEST_SUITE_P(Of, Conformance,
                         testing::Values(Kind{"Int8", Int8, "sample.covey", SampleImage},
                                         Kind{"Onnx", Onnx, "relu.onnx", ReluOnnx}),
                         [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

TEST(OnnxBackend, SaysWhichLibraryItCouldNotOpen) {
  DiagText diag;
  const auto backend = MakeOnnxBackend({.library = "/nowhere/libonnxruntime.so"}, diag);
  EXPECT_FALSE(backend.ok());
  EXPECT_THAT(diag.Text(), testing::AnyOf(HasSubstr("/nowhere/"), HasSubstr("tools/setup")));
}

}  // namespace
}  // namespace covey::serve
