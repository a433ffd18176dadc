// Test support: a .tflite file of one operator, made here.
//
//   OneOp file(Builtin::kSlice);
//   file.Input({1, 4}, 0.5F, 3).Constant({2}, {0, 1}).Constant({2}, {1, 2});
//   file.Output({1, 2}, 0.5F, 3).Build();
//
// Inputs come in the operator's order; constants hold int32.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "compiler/import/tflite/options.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {

class OneOp {
 public:
  using Dims = std::vector<int32_t>;

  explicit OneOp(Builtin code) : code_(code) { AddBuffer({}); }

  OneOp& Input(const Dims& dims, float scale, int64_t zero) {
    model_inputs_.push_back(Next());
    inputs_.push_back(Next());
    return Add(dims, TensorType::INT8, 0, scale, zero);
  }
  OneOp& Constant(const Dims& dims, const std::vector<int32_t>& values,
                  TensorType type = TensorType::INT32) {
    std::vector<uint8_t> bytes(values.size() * sizeof(int32_t));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    inputs_.push_back(Next());
    AddBuffer(bytes);
    return Add(dims, type, static_cast<uint32_t>(buffers_.size() - 1), 0, 0);
  }
  OneOp& Slopes(const Dims& dims, const std::vector<int8_t>& values, float scale, int64_t zero) {
    inputs_.push_back(Next());
    AddBuffer({values.begin(), values.end()});
    return Add(dims, TensorType::INT8, static_cast<uint32_t>(buffers_.size() - 1), scale, zero);
  }
  OneOp& Output(const Dims& dims, float scale, int64_t zero) {
    outputs_.push_back(Next());
    return Add(dims, TensorType::INT8, 0, scale, zero);
  }
  OneOp& FloatInput(const Dims& dims) {
    model_inputs_.push_back(Next());
    inputs_.push_back(Next());
    return Add(dims, TensorType::FLOAT32, 0, 0, 0);
  }
  OneOp& FloatOutput(const Dims& dims) {
    outputs_.push_back(Next());
    return Add(dims, TensorType::FLOAT32, 0, 0, 0);
  }
  // Made with builder(), before Build().
  template <typename T>
  OneOp& With(Options type, flatbuffers::Offset<T> options) {
    options_type_ = type;
    options_ = options.Union();
    return *this;
  }
  flatbuffers::FlatBufferBuilder& builder() { return fbb_; }

  std::vector<std::byte> Build() {
    const auto number = static_cast<int32_t>(code_);
    const auto narrow = static_cast<int8_t>(std::min(number, 127));
    const std::vector<flatbuffers::Offset<OperatorCode>> codes{
        CreateOperatorCode(fbb_, narrow, 0, 1, number)};
    const auto ins = fbb_.CreateVector(inputs_), outs = fbb_.CreateVector(outputs_);
    const std::vector<flatbuffers::Offset<Operator>> ops{
        CreateOperator(fbb_, 0, ins, outs, options_type_, options_)};
    const auto graph = CreateSubGraph(fbb_, fbb_.CreateVector(tensors_),
                                      fbb_.CreateVector(model_inputs_), fbb_.CreateVector(outputs_),
                                      fbb_.CreateVector(ops), fbb_.CreateString("one"));
    const std::vector<flatbuffers::Offset<SubGraph>> graphs{graph};
    const auto code_list = fbb_.CreateVector(codes);
    const auto graph_list = fbb_.CreateVector(graphs);
    const auto buffer_list = fbb_.CreateVector(buffers_);
    FinishModelBuffer(fbb_, CreateModel(fbb_, 3, code_list, graph_list, 0, buffer_list));
    const auto* start = reinterpret_cast<const std::byte*>(fbb_.GetBufferPointer());
    return {start, start + fbb_.GetSize()};
  }

 private:
  int32_t Next() const { return static_cast<int32_t>(tensors_.size()); }
  void AddBuffer(const std::vector<uint8_t>& bytes) {
    buffers_.push_back(CreateBuffer(fbb_, fbb_.CreateVector(bytes)));
  }
  OneOp& Add(const Dims& dims, TensorType type, uint32_t buffer, float scale, int64_t zero) {
    flatbuffers::Offset<Quantization> quant = 0;
    if (scale > 0) {
      const auto scales = fbb_.CreateVector(std::vector<float>{scale});
      const auto zeros = fbb_.CreateVector(std::vector<int64_t>{zero});
      QuantizationBuilder made(fbb_);
      made.add_scale(scales);
      made.add_zero_point(zeros);
      quant = made.Finish();
    }
    const std::string name(1, static_cast<char>('a' + Next()));
    tensors_.push_back(
        CreateTensor(fbb_, fbb_.CreateVector(dims), type, buffer, fbb_.CreateString(name), quant));
    return *this;
  }

  Builtin code_;
  flatbuffers::FlatBufferBuilder fbb_;
  std::vector<flatbuffers::Offset<Tensor>> tensors_;
  std::vector<flatbuffers::Offset<Buffer>> buffers_;
  std::vector<int32_t> inputs_, outputs_, model_inputs_;
  Options options_type_ = Options::NONE;
  flatbuffers::Offset<void> options_ = 0;
};

}  // namespace covey::compiler::tflite
