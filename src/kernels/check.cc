#include "kernels/check.hpp"

#include "core/text.hpp"

namespace covey::kernels {
namespace {

constexpr Status Refused() {
  return Status(Code::kInvalidArgument, "model: an op's shapes, types or parameters do not fit");
}

Text<96> Subject(const OpView& op) {
  Text<96> text;
  text.Add(OpName(op.op)).Add(" '").Add(op.name).Add("'");
  return text;
}

}  // namespace

Status Check::Refuse(const char* what, const char* problem, int64_t found, int64_t expected) const {
  Text<96> text;
  text.Add(what).Add(" ").Add(problem);
  diag_.Report({.subject = Subject(op_).c_str(),
                .problem = text.c_str(),
                .found = found,
                .expected = expected,
                .numbers = true});
  return Refused();
}

Status Check::Counts(int least_inputs, int most_inputs, int outputs) const {
  if (op_.inputs < least_inputs || op_.inputs > most_inputs)
    return Refuse("inputs", "are too few or too many", op_.inputs, least_inputs);
  for (int i = 0; i < least_inputs; ++i)
    if (op_.input[i].dtype == DType::kNone) return Refuse("input", "is absent; number", i, i);
  if (op_.outputs != outputs)
    return Refuse("outputs", "are too few or too many", op_.outputs, outputs);
  if (op_.attr == nullptr) return Refuse("attributes", "are absent", 0, kAttrWords);
  return OkStatus();
}

Status Check::Is(const char* what, const TensorView& tensor, DType dtype) const {
  if (tensor.dtype == dtype) return OkStatus();
  Text<96> text;
  text.Add(what).Add(" is ").Add(DTypeName(tensor.dtype)).Add(", expected ").Add(DTypeName(dtype));
  diag_.Report({.subject = Subject(op_).c_str(), .problem = text.c_str()});
  return Refused();
}

Status Check::IsNumbers(const char* what, const TensorView& tensor) const {
  if (tensor.dtype == DType::kFloat32) return OkStatus();
  return IsActivation(what, tensor);
}

Status Check::IsActivation(const char* what, const TensorView& tensor) const {
  if (tensor.dtype == DType::kInt16) return OkStatus();
  return Is(what, tensor, DType::kInt8);
}

Status Check::IsState(const char* what, const TensorView& tensor) const {
  return tensor.state ? OkStatus() : Refuse(what, "is not kept from run to run", 0, 1);
}

Status Check::IsRank(const char* what, const TensorView& tensor, int rank) const {
  if (tensor.rank() == rank) return OkStatus();
  return Refuse(what, "has another number of dimensions", tensor.rank(), rank);
}

Status Check::Equal(const char* what, int64_t found, int64_t expected) const {
  return found == expected ? OkStatus() : Refuse(what, "does not fit", found, expected);
}

Status Check::Between(const char* what, int64_t found, int64_t least, int64_t most) const {
  if (found < least) return Refuse(what, "is too small; at least", found, least);
  if (found > most) return Refuse(what, "is too large; at most", found, most);
  return OkStatus();
}

Status Check::SameDims(const char* what, const TensorView& found,
                       const TensorView& expected) const {
  COVEY_TRY(IsRank(what, found, expected.rank()));
  for (int i = 0; i < found.rank(); ++i)
    if (found.dims[i] != expected.dims[i])
      return Refuse(what, "has another shape; dimension", found.dims[i], expected.dims[i]);
  return OkStatus();
}

Status Check::Scaling(int32_t multiplier, int32_t shift, int32_t most_shift) const {
  if (Floats()) return OkStatus();
  COVEY_TRY(Between("multiplier", multiplier, 0, 0x7FFFFFFF));
  return Between("shift", shift, -31, most_shift);
}

Status Check::ChannelScaling(int64_t channels, int32_t most_shift, bool more) const {
  if (Floats()) return OkStatus();
  const auto found = static_cast<int64_t>(op_.params.size());
  if (!more || found < 2 * channels)
    COVEY_TRY(Equal("number of multipliers and shifts", found, 2 * channels));
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c)
    COVEY_TRY(Scaling(op_.params[c], op_.params[c + static_cast<size_t>(channels)], most_shift));
  return OkStatus();
}

Status Check::InputOffset(const TensorView& input, int32_t offset) const {
  if (Floats()) return OkStatus();
  const bool wide = input.dtype == DType::kInt16;
  return Between("input offset", offset, wide ? 0 : -127, wide ? 0 : 128);
}

Status Check::OutputRange(int32_t output_offset, int32_t least, int32_t most) const {
  if (Floats()) return OkStatus();
  const bool wide = op_.output[0].dtype == DType::kInt16;
  const bool is_unsigned = op_.output[0].dtype == DType::kUint8;
  const int32_t lowest = wide ? -32768 : is_unsigned ? 0 : -128;
  const int32_t highest = wide ? 32767 : lowest + 255;
  COVEY_TRY(Between("output offset", output_offset, wide ? 0 : lowest, wide ? 0 : highest));
  COVEY_TRY(Between("activation minimum", least, lowest, highest));
  return Between("activation maximum", most, least, highest);
}

}  // namespace covey::kernels
