// Test support: a complete .tflite file of about 1.5 kB, made here, so that tests and fuzz seeds
// need no file from elsewhere.
//
//   in int8[1,4,4,2] -> CONV_2D 3x3 SAME relu -> [1,4,4,2] -> RESHAPE [1,32]
//     -> FULLY_CONNECTED [1,3] -> SOFTMAX
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "compiler/import/tflite/options.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {

class TinyFile {
 public:
  // What a test wants to be wrong.
  struct Twist {
    Builtin last = Builtin::kSoftmax;  // code of the last operator
    int conv_opcode = 0;               // index of the first operator's code
    int conv_input = 0;                // its first tensor
    size_t weights_bytes = 36;         // in the convolution's buffer
    size_t weight_scales = 2;
    uint32_t weights_buffer = 1;
  };

  static std::vector<std::byte> Make() { return Make(Twist()); }
  static std::vector<std::byte> Make(const Twist& twist) { return TinyFile(twist).Build(); }

 private:
  explicit TinyFile(const Twist& twist) : twist_(twist) {}

  flatbuffers::Offset<Quantization> Scales(const std::vector<float>& scales, int64_t zero) {
    const std::vector<int64_t> zeros(scales.size(), zero);
    const auto s = fbb_.CreateVector(scales);
    const auto z = fbb_.CreateVector(zeros);
    QuantizationBuilder quant(fbb_);
    quant.add_scale(s);
    quant.add_zero_point(z);
    return quant.Finish();
  }
  void AddTensor(const char* name, TensorType type, const std::vector<int32_t>& dims,
                 uint32_t buffer, const std::vector<float>& scales, int64_t zero) {
    const auto quant = Scales(scales, zero);
    tensors_.push_back(
        CreateTensor(fbb_, fbb_.CreateVector(dims), type, buffer, fbb_.CreateString(name), quant));
  }
  void AddBuffer(size_t bytes) {
    std::vector<uint8_t> data(bytes);
    for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<uint8_t>(i * 37 + 11);
    buffers_.push_back(CreateBuffer(fbb_, fbb_.CreateVector(data)));
  }
  void AddBias(const std::vector<int32_t>& values) {
    std::vector<uint8_t> data(values.size() * sizeof(int32_t));
    std::memcpy(data.data(), values.data(), data.size());
    buffers_.push_back(CreateBuffer(fbb_, fbb_.CreateVector(data)));
  }
  void AddOperator(uint32_t code, const std::vector<int32_t>& in, const std::vector<int32_t>& out,
                   Options type, flatbuffers::Offset<void> options) {
    const auto ins = fbb_.CreateVector(in);
    const auto outs = fbb_.CreateVector(out);
    operators_.push_back(CreateOperator(fbb_, code, ins, outs, type, options));
  }

  void AddTensors() {
    AddTensor("in", TensorType::INT8, {1, 4, 4, 2}, 0, {0.5F}, -3);
    AddTensor("conv/weights", TensorType::INT8, {2, 3, 3, 2}, twist_.weights_buffer,
              std::vector<float>(twist_.weight_scales, 0.02F), 0);
    AddTensor("conv/bias", TensorType::INT32, {2}, 2, {0.01F, 0.01F}, 0);
    AddTensor("conv", TensorType::INT8, {1, 4, 4, 2}, 0, {0.7F}, -128);
    AddTensor("flat", TensorType::INT8, {1, 32}, 0, {0.7F}, -128);
    AddTensor("dense/weights", TensorType::INT8, {3, 32}, 3, {0.03F}, 0);
    AddTensor("dense", TensorType::INT8, {1, 3}, 0, {0.9F}, 5);
    AddTensor("out", TensorType::INT8, {1, 3}, 0, {1.0F / 256}, -128);
    AddBuffer(0);
    AddBuffer(twist_.weights_bytes);
    AddBias({100, -200});
    AddBuffer(96);
  }

  void AddOperators() {
    AddOperator(static_cast<uint32_t>(twist_.conv_opcode), {twist_.conv_input, 1, 2}, {3},
                Options::Conv2D,
                CreateConv2D(fbb_, Padding::SAME, 1, 1, Activation::RELU, 1, 1).Union());
    AddOperator(1, {3}, {4}, Options::Reshape, CreateReshape(fbb_).Union());
    AddOperator(2, {4, 5, -1}, {6}, Options::FullyConnected,
                CreateFullyConnected(fbb_, Activation::NONE).Union());
    AddOperator(3, {6}, {7}, Options::Softmax, CreateSoftmax(fbb_, 1.0F).Union());
  }

  std::vector<std::byte> Build() {
    AddTensors();
    AddOperators();
    std::vector<flatbuffers::Offset<OperatorCode>> codes;
    for (Builtin code :
         {Builtin::kConv2D, Builtin::kReshape, Builtin::kFullyConnected, twist_.last}) {
      const auto number = static_cast<int32_t>(code);
      codes.push_back(CreateOperatorCode(fbb_, static_cast<int8_t>(number), 0, 1, number));
    }
    const std::vector<int32_t> in{0};
    const std::vector<int32_t> out{7};
    const auto graph = CreateSubGraph(fbb_, fbb_.CreateVector(tensors_), fbb_.CreateVector(in),
                                      fbb_.CreateVector(out), fbb_.CreateVector(operators_),
                                      fbb_.CreateString("tiny"));
    const std::vector<flatbuffers::Offset<SubGraph>> graphs{graph};
    const auto code_list = fbb_.CreateVector(codes);
    const auto graph_list = fbb_.CreateVector(graphs);
    const auto buffer_list = fbb_.CreateVector(buffers_);
    FinishModelBuffer(fbb_, CreateModel(fbb_, 3, code_list, graph_list, 0, buffer_list));
    const auto* start = reinterpret_cast<const std::byte*>(fbb_.GetBufferPointer());
    return {start, start + fbb_.GetSize()};
  }

  Twist twist_;
  flatbuffers::FlatBufferBuilder fbb_;
  std::vector<flatbuffers::Offset<Tensor>> tensors_;
  std::vector<flatbuffers::Offset<Operator>> operators_;
  std::vector<flatbuffers::Offset<Buffer>> buffers_;
};

}  // namespace covey::compiler::tflite
