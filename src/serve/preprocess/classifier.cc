#include "serve/preprocess/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "serve/backends/match.hpp"

namespace covey::serve {
namespace {

Status NotClassifier(Diag& diag, const std::string& problem) {
  diag.Report({.subject = "classifier", .problem = problem.c_str()});
  return Status(Code::kFailedPrecondition, "the model is no classifier");
}

bool IsNumber(ElementType type) {
  return type == ElementType::kInt8 || type == ElementType::kUint8 || type == ElementType::kFloat32;
}

// The value that a pixel byte has for the network, before quantisation.
float Normalise(int pixel, size_t channel, const compiler::ModelToml* toml) {
  if (toml == nullptr || toml->mean.empty()) return static_cast<float>(pixel);
  const float mean = toml->mean[std::min(channel, toml->mean.size() - 1)];
  const float std = toml->std[std::min(channel, toml->std.size() - 1)];
  return (static_cast<float>(pixel) / 255.0F - mean) / std;
}

float Value(const HostTensor& tensor, const TensorInfo& info, size_t i) {
  float value = 0;
  switch (tensor.type) {
    case ElementType::kFloat32:
      std::memcpy(&value, tensor.data.data() + 4 * i, 4);
      return value;
    case ElementType::kInt8:
      value = static_cast<float>(static_cast<int8_t>(tensor.data[i]) - info.zero_point);
      break;
    default:
      value = static_cast<float>(static_cast<uint8_t>(tensor.data[i]) - info.zero_point);
      break;
  }
  return info.scale > 0 ? value * info.scale : value;
}

}  // namespace

Result<Classifier> Classifier::Make(const Model& model, const compiler::ModelToml* toml,
                                    Diag& diag) {
  Classifier classifier;
  if (model.inputs().size() != 1 || model.outputs().empty())
    return NotClassifier(diag, "expected one input and an output");
  COVEY_TRY(classifier.ReadOutput(model, toml, diag));
  COVEY_TRY(classifier.ReadInput(model, toml, diag));
  return classifier;
}

Status Classifier::ReadOutput(const Model& model, const compiler::ModelToml* toml, Diag& diag) {
  output_ = model.outputs()[0];
  const ClassifierHints hints = model.hints();
  kind_ = hints.output;
  labels_ = hints.labels;
  if (toml != nullptr && toml->has_output) {
    kind_ = static_cast<wire::OutputKind>(toml->kind);
    if (!toml->labels.empty()) labels_ = toml->labels;
  }
  if (kind_ == wire::OutputKind::kTensor)
    return NotClassifier(
        diag, "nothing says that output 0 holds classes; expected [output] kind in model.toml");
  if (!IsNumber(output_.type))
    return NotClassifier(diag, "output 0 is " + Describe(output_.type, output_.dims) +
                                   ", expected int8, uint8 or float32");
  const int32_t classes = output_.dims.empty() ? 1 : output_.dims.back();
  if (!labels_.empty() && classes > 0 && labels_.size() != static_cast<size_t>(classes))
    return NotClassifier(diag, std::to_string(labels_.size()) + " labels, but output 0 has " +
                                   std::to_string(classes) + " classes");
  return OkStatus();
}

Status Classifier::ReadInput(const Model& model, const compiler::ModelToml* toml, Diag& diag) {
  input_ = model.inputs()[0];
  const std::vector<int32_t>& dims = input_.dims;
  const std::string found = Describe(input_.type, dims);
  auto is_channels = [](int32_t dim) { return dim == 1 || dim == 3; };
  if (!IsNumber(input_.type) || dims.size() != 4 || dims[0] > 1 ||
      (!is_channels(dims[3]) && !is_channels(dims[1]))) {
    if (toml == nullptr || !toml->has_input) return OkStatus();  // classifies tensors, no pictures
    return NotClassifier(
        diag, "input 0 is " + found + ", expected a picture: (1,H,W,C) or (1,C,H,W), C 1 or 3");
  }
  channels_first_ = !is_channels(dims[3]);
  if (toml != nullptr && toml->layout != compiler::Layout::kByShape) {
    channels_first_ = toml->layout == compiler::Layout::kNchw;
    if (!is_channels(channels_first_ ? dims[1] : dims[3]))
      return NotClassifier(diag,
                           "input 0 is " + found + ", which model.toml's layout does not fit");
  }
  channels_ = static_cast<uint32_t>(channels_first_ ? dims[1] : dims[3]);
  const int32_t height = channels_first_ ? dims[2] : dims[1];
  const int32_t width = channels_first_ ? dims[3] : dims[2];
  const bool sized = toml != nullptr && toml->has_input && toml->width > 0;
  const int32_t want_width = sized ? toml->width : width;
  const int32_t want_height = sized ? toml->height : height;
  if (want_width < 1 || want_height < 1 || want_width > static_cast<int32_t>(kMaxSide) ||
      want_height > static_cast<int32_t>(kMaxSide) || (width > 0 && width != want_width) ||
      (height > 0 && height != want_height))
    return NotClassifier(diag, "input 0 is " + found + ", model.toml says " +
                                   std::to_string(want_width) + "x" + std::to_string(want_height) +
                                   " pixels");
  width_ = static_cast<uint32_t>(want_width);
  height_ = static_cast<uint32_t>(want_height);
  if (toml != nullptr && toml->has_input) {
    if (static_cast<uint32_t>(toml->channels()) != channels_)
      return NotClassifier(diag, "input 0 is " + found + ", model.toml's color has " +
                                     std::to_string(toml->channels()) + " channels");
    swap_red_blue_ = toml->color == compiler::Color::kBgr;
    short_side_ = static_cast<uint32_t>(std::max(toml->resize, 0));
    crop_ = toml->crop == compiler::Crop::kCenter;
    if (short_side_ > kMaxSide || (short_side_ > 0 && short_side_ < std::max(width_, height_)))
      return NotClassifier(diag,
                           "model.toml's resize is " + std::to_string(short_side_) +
                               ", expected at least the crop's larger side and at most 16384");
  }
  has_picture_ = true;
  MakeTables(toml, model.hints().pixel_table);
  return OkStatus();
}

void Classifier::MakeTables(const compiler::ModelToml* toml,
                            const std::vector<int8_t>& pixel_table) {
  const bool normalised = toml != nullptr && !toml->mean.empty();
  for (size_t c = 0; c < 3; ++c) {
    for (int p = 0; p < 256; ++p) {
      const auto at = static_cast<size_t>(p);
      const float x = Normalise(p, c, toml);
      float_table_[c][at] = x;
      int quantised = input_.type == ElementType::kInt8 ? p - 128 : p;
      if (normalised && input_.scale > 0)
        quantised = static_cast<int>(std::lround(x / input_.scale)) + input_.zero_point;
      const int low = input_.type == ElementType::kInt8 ? -128 : 0;
      quantised = std::clamp(quantised, low, low + 255);
      // The image's own table is what a board uses; it wins, so that both give the same bytes.
      if (input_.type == ElementType::kInt8 && pixel_table.size() >= 256) {
        const size_t channel = std::min(c, pixel_table.size() / 256 - 1);
        quantised = pixel_table[256 * channel + at];
      }
      byte_table_[c][at] = static_cast<uint8_t>(quantised);
    }
  }
}

// Resizes and crops to width_ x height_.
Picture Classifier::Fit(const Picture& picture) const {
  if (short_side_ == 0) return Resize(picture, width_, height_);
  const uint64_t shorter = std::min(picture.width, picture.height);
  auto scaled = [&](uint64_t side) {
    return static_cast<uint32_t>((side * short_side_ + shorter / 2) / shorter);
  };
  // A very long picture would grow without bound; what the crop drops is cut off before.
  const Picture* from = &picture;
  Picture cut;
  if (crop_ && std::max(picture.width, picture.height) > 4 * shorter) {
    const auto most = static_cast<uint32_t>(4 * shorter);
    cut = CropCenter(picture, std::min(picture.width, most), std::min(picture.height, most));
    from = &cut;
  }
  if (!crop_) return Resize(picture, width_, height_);
  const Picture resized = Resize(*from, scaled(from->width), scaled(from->height));
  return CropCenter(resized, width_, height_);
}

template <typename T>
void Classifier::FillAs(const Picture& picture, const std::array<std::array<T, 256>, 3>& table,
                        std::byte* to) const {
  const size_t count = size_t{width_} * height_;
  T* out = reinterpret_cast<T*>(to);
  for (uint32_t c = 0; c < channels_; ++c) {
    const uint32_t source = swap_red_blue_ && channels_ == 3 ? 2 - c : c;
    const uint8_t* from = picture.pixels.data() + source;
    T* plane = channels_first_ ? out + c * count : out + c;
    const size_t step = channels_first_ ? 1 : channels_;
    for (size_t i = 0; i < count; ++i) plane[i * step] = table[c][from[i * channels_]];
  }
}

void Classifier::Fill(const Picture& picture, HostTensor& input) const {
  const size_t elements = size_t{width_} * height_ * channels_;
  input.data.resize(elements * DTypeBytes(static_cast<DType>(input_.type)));
  if (input_.type == ElementType::kFloat32) {
    FillAs(picture, float_table_, input.data.data());
  } else {
    FillAs(picture, byte_table_, input.data.data());
  }
}

Status Classifier::Prepare(const EncodedPicture& encoded, HostTensor& input, Diag& diag) const {
  input.name = input_.name;
  const bool as_it_is = input_.stream && encoded.format == ImageFormat::kJpeg;
  if (encoded.format == ImageFormat::kTensor || as_it_is) {
    input.type = ElementType::kNone;  // the model's own type and shape; Run checks the size
    input.dims.clear();
    input.data.assign(encoded.bytes.begin(), encoded.bytes.end());
    return OkStatus();
  }
  if (!has_picture_) {
    diag.Report({.subject = "image", .problem = "the model takes a tensor, no picture"});
    return Status(Code::kInvalidArgument, "the model takes no picture");
  }
  COVEY_TRY_ASSIGN(Picture picture, DecodePicture(encoded, diag));
  picture = ToChannels(picture, channels_);
  picture = Fit(picture);
  input.type = input_.type;
  const auto h = static_cast<int32_t>(height_);
  const auto w = static_cast<int32_t>(width_);
  const auto c = static_cast<int32_t>(channels_);
  if (channels_first_) {
    input.dims.assign({1, c, h, w});
  } else {
    input.dims.assign({1, h, w, c});
  }
  Fill(picture, input);
  return OkStatus();
}

Status Classifier::Classes(std::span<const HostTensor> outputs, uint32_t top_k,
                           std::vector<ClassScore>& classes, Diag& diag) const {
  if (outputs.empty() || outputs[0].data.empty())
    return Status(Code::kInternal, "the model gave no output");
  const HostTensor& output = outputs[0];
  const size_t count = output.data.size() / DTypeBytes(static_cast<DType>(output_.type));
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = Value(output, output_, i);
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
    diag.Report({.subject = "output 0", .problem = "holds a value that is not finite"});
    return Status(Code::kInternal, "the model's output is not finite");
  }
  if (kind_ == wire::OutputKind::kLogits) Softmax(values);
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  const size_t k = std::min<size_t>(std::max(top_k, 1U), count);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                    [&](uint32_t a, uint32_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  classes.resize(k);
  for (size_t i = 0; i < k; ++i) {
    const uint32_t index = order[i];
    classes[i] = {index, std::clamp(values[index], 0.0F, 1.0F),
                  index < labels_.size() ? labels_[index] : std::string()};
  }
  return OkStatus();
}

void Softmax(std::span<float> values) {
  const float largest = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - largest);
  for (float& value : values) value /= sum;
}

}  // namespace covey::serve
