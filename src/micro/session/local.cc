#include "micro/session/local.hpp"

#include "micro/session/scores.hpp"

namespace covey::micro {
namespace {

Status Refuse(Diag& diag, const char* problem, size_t found, size_t expected) {
  diag.Report({.subject = "local input",
               .problem = problem,
               .found = static_cast<int64_t>(found),
               .expected = static_cast<int64_t>(expected),
               .numbers = true});
  return Status(Code::kInvalidArgument, problem);
}

Status ReadInput(const covey_input& input, const TensorView& tensor, Diag& diag,
                 bool stream = false) {
  if (stream && input.size > 0 && input.size < tensor.bytes) {
    __builtin_memset(tensor.data + input.size, 0, tensor.bytes - input.size);
  } else if (input.size != tensor.bytes) {
    return Refuse(diag, "local: the input's size differs from the model's", input.size,
                  tensor.bytes);
  }
  if (!input.read(input.context, 0, tensor.data, input.size))
    return Status(Code::kInvalidArgument, "input: its read callback broke off");
  return OkStatus();
}

Status CheckPixels(const covey_input& image, const TensorView& tensor, Diag& diag) {
  if (tensor.dtype != DType::kInt8 && tensor.dtype != DType::kUint8)
    return Status(Code::kUnimplemented, "local: the model takes no raw pixels; send a tensor");
  const auto dim = [&](int i) { return static_cast<size_t>(tensor.dims[i]); };
  const size_t channels = image.format == COVEY_RAW_RGB8 ? 3 : 1;
  if (tensor.rank() != 4)
    return Refuse(diag, "local: the model's input is no picture (rank)",
                  static_cast<size_t>(tensor.rank()), 4);
  if (dim(1) != image.height)
    return Refuse(diag, "local: the image's height differs from the model's", image.height, dim(1));
  if (dim(2) != image.width)
    return Refuse(diag, "local: the image's width differs from the model's", image.width, dim(2));
  if (dim(3) != channels)
    return Refuse(diag, "local: the image's channels differ from the model's", channels, dim(3));
  return OkStatus();
}

// In place: pixels come in as uint8 and leave as the model's int8.
void ConvertPixels(const wire::ImageView& image, const TensorView& tensor) {
  auto* bytes = tensor.as_mutable<uint8_t>();
  const int8_t* table = image.pixel_table();
  const uint32_t channels = table == nullptr ? 1 : image.header().pixel_channels;
  uint32_t channel = 0;
  for (size_t i = 0; i < tensor.bytes; ++i) {
    bytes[i] = table == nullptr ? static_cast<uint8_t>(bytes[i] ^ 0x80)  // byte - 128
                                : static_cast<uint8_t>(table[channel * 256 + bytes[i]]);
    if (++channel == channels) channel = 0;
  }
}

Status ReadImage(Engine& engine, const covey_input& image, Diag& diag) {
  const TensorView tensor = engine.input(0);
  switch (image.format) {
    case COVEY_TENSOR:
      return ReadInput(image, tensor, diag, engine.takes_stream());
    case COVEY_RAW_RGB8:
    case COVEY_RAW_GRAY8:
      COVEY_TRY(CheckPixels(image, tensor, diag));
      COVEY_TRY(ReadInput(image, tensor, diag));
      if (tensor.dtype == DType::kInt8) ConvertPixels(engine.image(), tensor);
      return OkStatus();
    case COVEY_JPEG:
      if (engine.takes_stream()) return ReadInput(image, tensor, diag, true);
      break;
    case COVEY_PNG:
      break;
  }
  return Status(Code::kUnimplemented, "local: this model decodes no JPEG or PNG; send raw pixels");
}

Status Run(Engine& engine, Clock& clock, covey_result& result, Watch* watch) {
  const uint64_t start_ns = clock.NowNs();
  if (!engine.Run(nullptr, watch)) return Status(Code::kCancelled, "local: broken off");
  result.compute_ns = clock.NowNs() - start_ns;
  return engine.verdict();
}

// Line `index` of `labels`, cut off if longer than the room; empty if there is none.
void CopyLabel(const char* labels, uint32_t index, char (&to)[COVEY_LABEL_BYTES]) {
  size_t size = 0;
  if (labels != nullptr) {
    for (; index > 0 && *labels != '\0'; ++labels) {
      if (*labels == '\n') --index;
    }
    while (size + 1 < sizeof to && labels[size] != '\0' && labels[size] != '\n') {
      to[size] = labels[size];
      ++size;
    }
  }
  to[size] = '\0';
}

}  // namespace

Status ClassifyLocally(Engine& engine, Clock& clock, Diag& diag, const covey_input& image,
                       uint32_t top_k, covey_result& result, Watch* watch) {
  const auto kind = static_cast<wire::OutputKind>(engine.image().header().output_kind);
  if (kind != wire::OutputKind::kProbabilities && kind != wire::OutputKind::kLogits)
    return Status(Code::kFailedPrecondition, "local: the model does not classify; use infer");
  COVEY_TRY(ReadImage(engine, image, diag));
  COVEY_TRY(Run(engine, clock, result, watch));
  COVEY_TRY_ASSIGN(const Scores scores,
                   Scores::Of(engine.output(0), kind == wire::OutputKind::kLogits));
  uint32_t top[COVEY_TOP_K_MAX];
  result.class_count = static_cast<uint32_t>(TopK(scores, std::span(top).first(top_k)));
  for (uint32_t i = 0; i < result.class_count; ++i) {
    covey_class& to = result.classes[i];
    to.index = top[i];
    to.confidence = scores.Probability(top[i]);
    CopyLabel(engine.image().labels(), top[i], to.label);
  }
  return OkStatus();
}

Status InferLocally(Engine& engine, Clock& clock, Diag& diag, const covey_input& input,
                    std::span<std::byte> output, size_t& output_bytes, covey_result& result,
                    Watch* watch) {
  const TensorView tensor = engine.output(0);
  if (tensor.bytes > output.size())
    return Status(Code::kResourceExhausted, "output: larger than the room given for it");
  COVEY_TRY(ReadInput(input, engine.input(0), diag, engine.takes_stream()));
  COVEY_TRY(Run(engine, clock, result, watch));
  __builtin_memcpy(output.data(), tensor.data, tensor.bytes);
  output_bytes = tensor.bytes;
  return OkStatus();
}

}  // namespace covey::micro
