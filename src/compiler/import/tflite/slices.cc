// Slices, by every name they have.
#include <algorithm>
#include <numeric>

#include "compiler/import/tflite/moves.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;

std::optional<size_t> ConstantAxis(const covey::compiler::Tensor* tensor, size_t rank) {
  const auto numbers = Numbers(tensor);
  if (!numbers || numbers->size() != 1) return std::nullopt;
  return AxisOf((*numbers)[0], rank);
}

// One slice along `axis` for each output, of `sizes` entries.
bool AddSlices(Moves& moves, int input, size_t axis, const Dims& sizes) {
  const Dims whole = moves.dims(input);
  const Dims stride(whole.size(), 1);
  if (sizes.size() != moves.from().outputs.size()) return false;
  if (std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) > whole[axis]) return false;
  if (std::any_of(sizes.begin(), sizes.end(), [](int32_t size) { return size < 1; })) return false;
  Dims begin(whole.size(), 0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    Dims part = whole;
    part[axis] = sizes[i];
    if (moves.from().outputs[i] != kNoTensor) {
      moves.Slice(input, begin, stride, part, moves.from().outputs[i]);
    }
    begin[axis] += sizes[i];
  }
  return true;
}

// numpy's rules, one entry of begin, end and strides at a time.
class StridedSliceReader {
 public:
  StridedSliceReader(const StridedSlice& options, const Dims& in, const Dims& begin,
                     const Dims& end, const Dims& strides)
      : options_(options), in_(in), begin_(begin), end_(end), strides_(strides) {}

  bool Read() {
    const int entries = static_cast<int>(begin_.size());
    for (int i = 0; i < entries; ++i) {
      if (Bit(options_.ellipsis_mask(), i)) {
        if (!Fill(i)) return false;
      } else if (Bit(options_.new_axis_mask(), i)) {  // changes the shape only
        shown.push_back(1);
      } else if (!Entry(i)) {
        return false;
      }
    }
    while (from.size() < in_.size()) Whole();
    return true;
  }

  Dims from, stride, size;
  Dims shown;  // the output's dimensions: those that are one entry are gone, new axes are there

 private:
  static bool Bit(int32_t mask, int i) { return i < 32 && (mask >> i & 1) != 0; }

  void Whole() {
    size.push_back(in_[from.size()]);
    shown.push_back(size.back());
    from.push_back(0);
    stride.push_back(1);
  }

  // The dimensions that no other entry takes.
  bool Fill(int at) {
    size_t later = 0;
    for (int i = at + 1; i < static_cast<int>(begin_.size()); ++i) {
      if (Bit(options_.ellipsis_mask(), i)) return false;
      if (!Bit(options_.new_axis_mask(), i)) ++later;
    }
    while (from.size() + later < in_.size()) Whole();
    return true;
  }

  bool Entry(int i) {
    if (from.size() >= in_.size()) return false;
    const auto entry = static_cast<size_t>(i);
    const int64_t dim = in_[from.size()], step = strides_[entry];
    if (step == 0) return false;
    const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? dim : dim - 1;
    const auto inside = [&](int64_t at) { return std::clamp(at < 0 ? at + dim : at, least, most); };
    const bool open_begin = Bit(options_.begin_mask(), i), open_end = Bit(options_.end_mask(), i);
    const bool one = Bit(options_.shrink_axis_mask(), i);
    int64_t first = begin_[entry];
    if (one && (first < -dim || first >= dim || step < 0)) return false;
    first = open_begin && !one ? (step > 0 ? 0 : dim - 1) : inside(first);
    int64_t last = options_.offset() ? int64_t{begin_[entry]} + end_[entry] : end_[entry];
    last = open_end ? (step > 0 ? dim : -1) : inside(last);
    const int64_t span = step > 0 ? last - first : first - last;
    const int64_t by = step > 0 ? step : -step;
    const int64_t count = one ? 1 : (span + by - 1) / by;
    if (span < 1 && !one) return false;
    from.push_back(static_cast<int32_t>(first));
    stride.push_back(one ? 1 : static_cast<int32_t>(step));
    size.push_back(static_cast<int32_t>(count));
    if (!one) shown.push_back(size.back());
    return true;
  }

  const StridedSlice& options_;
  const Dims &in_, &begin_, &end_, &strides_;
};

}  // namespace

std::optional<StridedPart> ReadStridedSlice(const StridedSlice& options, const Dims& dims,
                                            const Dims& begin, const Dims& end,
                                            const Dims& strides) {
  if (begin.size() != end.size() || begin.size() != strides.size()) return std::nullopt;
  StridedSliceReader reader(options, dims, begin, end, strides);
  if (!reader.Read()) return std::nullopt;
  return StridedPart{reader.from, reader.stride, reader.size, reader.shown};
}

bool AddSplit(Moves& moves) {
  if (moves.from().inputs.size() != 2 || moves.from().inputs[1] == kNoTensor) return false;
  const int input = moves.from().inputs[1];
  const Dims dims = moves.dims(input);
  const auto axis = ConstantAxis(moves.in(0), dims.size());
  const auto count = static_cast<int32_t>(moves.from().outputs.size());
  if (!axis || count == 0 || dims[*axis] % count != 0) return false;
  return AddSlices(moves, input, *axis, Dims(static_cast<size_t>(count), dims[*axis] / count));
}

bool AddSplitV(Moves& moves) {
  if (moves.in(0) == nullptr) return false;
  const Dims dims = moves.in(0)->dims;
  const auto axis = ConstantAxis(moves.in(2), dims.size());
  auto sizes = Numbers(moves.in(1));
  if (!axis || !sizes) return false;
  // One size may be "the rest".
  const auto open = std::find(sizes->begin(), sizes->end(), -1);
  if (open != sizes->end()) {
    const int64_t known = std::accumulate(sizes->begin(), sizes->end(), int64_t{1});
    if (known > dims[*axis]) return false;
    *open = static_cast<int32_t>(dims[*axis] - known);
  }
  return AddSlices(moves, moves.from().inputs[0], *axis, *sizes);
}

bool AddUnpack(const Operator& op, Moves& moves) {
  if (moves.in(0) == nullptr) return false;
  const auto* options = op.options_as_Unpack();
  const auto axis = AxisOf(options != nullptr ? options->axis() : 0, moves.in(0)->dims.size());
  if (!axis) return false;
  return AddSlices(moves, moves.from().inputs[0], *axis, Dims(moves.from().outputs.size(), 1));
}

bool AddSlice(Moves& moves) {
  const auto begin = Numbers(moves.in(1)), size = Numbers(moves.in(2));
  if (moves.in(0) == nullptr || !begin || !size) return false;
  Dims part = *size;
  const Dims dims = moves.in(0)->dims;
  if (begin->size() != dims.size() || part.size() != dims.size()) return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if ((*begin)[i] < 0) return false;
    if (part[i] == -1) part[i] = dims[i] - (*begin)[i];
    if (part[i] < 1 || int64_t{(*begin)[i]} + part[i] > dims[i]) return false;
  }
  moves.Slice(moves.from().inputs[0], *begin, Dims(dims.size(), 1), part, moves.from().outputs[0]);
  return true;
}

bool AddStridedSlice(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_StridedSlice();
  const auto begin = Numbers(moves.in(1)), end = Numbers(moves.in(2)),
             strides = Numbers(moves.in(3));
  if (options == nullptr || moves.in(0) == nullptr || !begin || !end || !strides) return false;
  const Dims dims = moves.in(0)->dims;
  const auto part = ReadStridedSlice(*options, dims, *begin, *end, *strides);
  if (!part || SafeElements(part->size) != SafeElements(moves.out().dims)) return false;
  moves.Slice(moves.from().inputs[0], part->begin, part->stride, part->size,
              moves.from().outputs[0]);
  return true;
}

bool AddReverse(Moves& moves) {
  const auto axes = Numbers(moves.in(1));
  if (moves.in(0) == nullptr || !axes) return false;
  const Dims dims = moves.in(0)->dims;
  Dims begin(dims.size(), 0), stride(dims.size(), 1);
  for (int32_t axis : *axes) {
    const auto known = AxisOf(axis, dims.size());
    if (!known) return false;
    begin[*known] = dims[*known] - 1;
    stride[*known] = -1;
  }
  moves.Slice(moves.from().inputs[0], begin, stride, dims, moves.from().outputs[0]);
  return true;
}

}  // namespace covey::compiler::tflite
