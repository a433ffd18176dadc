// Classifier stands around a model: pictures in, classes out. It knows from model.toml or from the
// model image what the network's numbers mean.
//
//   picture -> decode -> resize, crop -> colour order -> x = (p / 255 - mean) / std -> input 0
//   output 0 -> dequantise -> softmax (logits) -> the top k with their labels
//
//   COVEY_TRY_ASSIGN(Classifier classifier, Classifier::Make(model, toml, diag));
//   COVEY_TRY(classifier.Prepare({.format = ImageFormat::kPng, .bytes = file}, input, diag));
//   COVEY_TRY(model.Run(std::span(&input, 1), outputs, diag));
//   COVEY_TRY(classifier.Classes(outputs, 5, classes, diag));
//
// Shapes: input 0 is (1,H,W,C) or (1,C,H,W) of int8, uint8 or float32; output 0 is (1,N) or (N) of
// int8, uint8 or float32.
// Threads: const calls from several threads at once.
// Errors: Make refuses a model that is no classifier with kFailedPrecondition and says why; Prepare
// refuses pictures with kInvalidArgument.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "compiler/model_toml.hpp"
#include "serve/backends/backend.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::serve {

class Classifier {
 public:
  static Result<Classifier> Make(const Model& model, const compiler::ModelToml* toml, Diag& diag);

  Status Prepare(const EncodedPicture& picture, HostTensor& input, Diag& diag) const;
  Status Classes(std::span<const HostTensor> outputs, uint32_t top_k,
                 std::vector<ClassScore>& classes, Diag& diag) const;
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  Status ReadInput(const Model& model, const compiler::ModelToml* toml, Diag& diag);
  Status ReadOutput(const Model& model, const compiler::ModelToml* toml, Diag& diag);
  void MakeTables(const compiler::ModelToml* toml, const std::vector<int8_t>& pixel_table);
  Picture Fit(const Picture& picture) const;
  void Fill(const Picture& picture, HostTensor& input) const;
  template <typename T>
  void FillAs(const Picture& picture, const std::array<std::array<T, 256>, 3>& table,
              std::byte* to) const;

  TensorInfo input_;
  bool has_picture_ = false;  // else it takes tensors only
  uint32_t width_ = 0, height_ = 0, channels_ = 0;
  bool channels_first_ = false, swap_red_blue_ = false;
  uint32_t short_side_ = 0;  // 0: stretch
  bool crop_ = false;
  // What each pixel byte becomes, for each channel of the network.
  std::array<std::array<float, 256>, 3> float_table_{};
  std::array<std::array<uint8_t, 256>, 3> byte_table_{};

  TensorInfo output_;
  wire::OutputKind kind_ = wire::OutputKind::kTensor;
  std::vector<std::string> labels_;
};

// Probabilities of logits, in place. Memory: none. Exact: sums to 1 within rounding.
void Softmax(std::span<float> values);

}  // namespace covey::serve
