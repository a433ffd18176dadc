// Test support: a .tflite file of a few operators, made here.
//
//   FewOps file;
//   const int x = file.Floats({1, 8}), y = file.Floats({1, 8});
//   file.Do(Builtin::kAdd, {x, file.Real({1}, {1})}, y);
//   EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2, 3}), ElementsAre(...));
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "compiler/import/tflite/options.hpp"
#include "compiler/passes/compare.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {

class FewOps {
 public:
  using Dims = std::vector<int32_t>;

  FewOps() { buffers_.push_back(CreateBuffer(fbb_)); }

  // A tensor to be computed; `open`: the file leaves its first dimension open.
  int Activation(TensorType type, const Dims& dims, bool open = false) {
    return Add(type, dims, 0, open);
  }
  int Floats(const Dims& dims, bool open = false) {
    return Activation(TensorType::FLOAT32, dims, open);
  }
  // Constants.
  int Whole(const Dims& dims, const std::vector<int32_t>& values) {
    return Add(TensorType::INT32, dims, Stored(values), false);
  }
  int Real(const Dims& dims, const std::vector<float>& values) {
    return Add(TensorType::FLOAT32, dims, Stored(values), false);
  }
  // Bytes of one scale around 0, constant unless there are none.
  int Scaled(TensorType type, const Dims& dims, const std::vector<int8_t>& values, float scale) {
    const uint32_t buffer = values.empty() ? 0 : Stored(values);
    const auto scales = fbb_.CreateVector(std::vector<float>{scale});
    const auto zeros = fbb_.CreateVector(std::vector<int64_t>{0});
    QuantizationBuilder made(fbb_);
    made.add_scale(scales);
    made.add_zero_point(zeros);
    return Add(type, dims, buffer, false, made.Finish());
  }
  void Do(Builtin code, const std::vector<int>& inputs, int output) {
    Do(code, inputs, {output}, Options::NONE, 0);
  }
  template <typename T>
  void Do(Builtin code, const std::vector<int>& inputs, int output, Options type,
          flatbuffers::Offset<T> options) {
    Do(code, inputs, std::vector<int>{output}, type, options.Union());
  }
  flatbuffers::FlatBufferBuilder& builder() { return fbb_; }

  std::vector<std::byte> Build(const std::vector<int>& inputs, const std::vector<int>& outputs) {
    const auto graph =
        CreateSubGraph(fbb_, fbb_.CreateVector(tensors_), fbb_.CreateVector(inputs),
                       fbb_.CreateVector(outputs), fbb_.CreateVector(ops_), fbb_.CreateString("f"));
    const auto graphs = fbb_.CreateVector(std::vector<flatbuffers::Offset<SubGraph>>{graph});
    const auto codes = fbb_.CreateVector(codes_);
    const auto buffers = fbb_.CreateVector(buffers_);
    FinishModelBuffer(fbb_, CreateModel(fbb_, 3, codes, graphs, 0, buffers));
    const auto* start = reinterpret_cast<const std::byte*>(fbb_.GetBufferPointer());
    return {start, start + fbb_.GetSize()};
  }

  // The floats that come of these numbers, of one type.
  template <typename T>
  std::vector<float> Run(const std::vector<int>& inputs, const std::vector<int>& outputs,
                         const std::vector<T>& numbers) {
    DiagText diag;
    const auto graph = ImportTflite(Build(inputs, outputs), diag);
    EXPECT_TRUE(graph.ok()) << diag.Text();
    if (!graph.ok()) return {};
    Compiled compiled(Passed(*graph));
    EXPECT_TRUE(compiled.ok());
    if (!compiled.ok()) return {};
    const auto* at = reinterpret_cast<const unsigned char*>(numbers.data());
    const std::vector<std::byte> out = compiled.Run([&at] { return *at++; });
    std::vector<float> floats(out.size() / sizeof(float));
    if (!out.empty()) std::memcpy(floats.data(), out.data(), out.size());
    return floats;
  }

 private:
  template <typename T>
  uint32_t Stored(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    buffers_.push_back(CreateBuffer(fbb_, fbb_.CreateVector(bytes)));
    return static_cast<uint32_t>(buffers_.size() - 1);
  }
  int Add(TensorType type, const Dims& dims, uint32_t buffer, bool open,
          flatbuffers::Offset<Quantization> quant = 0) {
    Dims signature = dims;
    if (open && !signature.empty()) signature[0] = -1;
    const auto shape = fbb_.CreateVector(dims);
    const auto name =
        fbb_.CreateString(std::string(1, static_cast<char>('a' + tensors_.size() % 26)));
    const auto written = fbb_.CreateVector(signature);
    tensors_.push_back(CreateTensor(fbb_, shape, type, buffer, name, quant, false, 0, written));
    return static_cast<int>(tensors_.size()) - 1;
  }
  void Do(Builtin code, const std::vector<int>& inputs, const std::vector<int>& outputs,
          Options type, flatbuffers::Offset<void> options) {
    const auto number = static_cast<int32_t>(code);
    codes_.push_back(
        CreateOperatorCode(fbb_, static_cast<int8_t>(std::min(number, 127)), 0, 1, number));
    const auto ins = fbb_.CreateVector(inputs), outs = fbb_.CreateVector(outputs);
    ops_.push_back(
        CreateOperator(fbb_, static_cast<uint32_t>(codes_.size() - 1), ins, outs, type, options));
  }

  flatbuffers::FlatBufferBuilder fbb_;
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<Operator>> ops_;
};

}  // namespace covey::compiler::tflite
