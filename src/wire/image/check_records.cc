#include <bit>
#include <cstddef>

#include "core/text.hpp"
#include "wire/image/check.hpp"

namespace covey::wire {
namespace {

// Says which record and where a field of it lies.
class Record {
 public:
  Record(Diag& diag, const char* kind, uint32_t index, size_t at) : diag_(diag), at_(at) {
    subject_.Add(kind).AddNumber(index);
  }
  Record(Diag& diag, const char* kind) : diag_(diag), at_(0) { subject_.Add(kind); }
  Status Refuse(const char* problem, size_t field, int64_t found, int64_t expected) {
    diag_.Report({.subject = subject_.c_str(),
                  .problem = problem,
                  .at = static_cast<int64_t>(at_ + field),
                  .found = found,
                  .expected = expected,
                  .numbers = true});
    return Status(Code::kDataLoss, "image: damaged record");
  }

 private:
  Diag& diag_;
  size_t at_;
  Text<40> subject_;
};

// Finite and not negative, by its bits: no float arithmetic on cores without it.
bool IsScale(float scale) { return std::bit_cast<uint32_t>(scale) < 0x7F800000; }

bool ZeroPointFits(DType dtype, int32_t zero_point) {
  if (dtype == DType::kInt8) return zero_point >= -128 && zero_point <= 127;
  if (dtype == DType::kUint8) return zero_point >= 0 && zero_point <= 255;
  return true;
}

Status CheckDims(const TensorRecord& t, Record& record) {
  const bool nibbles = t.dtype == static_cast<uint8_t>(DType::kInt4);
  uint64_t bytes = nibbles ? 1 : DTypeBytes(static_cast<DType>(t.dtype));
  for (int i = 0; i < kMaxRank; ++i) {
    const size_t at = offsetof(TensorRecord, dims) + sizeof(int32_t) * static_cast<size_t>(i);
    if (t.dims[i] < 1) return record.Refuse("dims: below 1", at, t.dims[i], 1);
    if (i >= t.rank && t.dims[i] != 1)
      return record.Refuse("dims: beyond rank, not 1", at, t.dims[i], 1);
    bytes *= static_cast<uint64_t>(t.dims[i]);  // < 2^31 before, so < 2^62 now
    if (bytes > kMaxTensorBytes)
      return record.Refuse("dims: more than 2^31 - 1 bytes", at, static_cast<int64_t>(bytes),
                           t.bytes);
  }
  // As many elements as fit bytes, so that their rows' bytes are no more than 2^33.
  if (nibbles) bytes = TensorBytes(DType::kInt4, t.dims);
  if (bytes != t.bytes)
    return record.Refuse("bytes is not dtype times dims", offsetof(TensorRecord, bytes), t.bytes,
                         static_cast<int64_t>(bytes));
  return OkStatus();
}

Status CheckPlace(const TensorRecord& t, const ImageHeader& header, Record& record) {
  const bool kept = header.minor > 0;  // state came with minor 1
  const auto last = static_cast<uint8_t>(kept ? Place::kState : Place::kArena);
  if (t.place > last)
    return record.Refuse("place is unknown", offsetof(TensorRecord, place), t.place, last);
  const bool data = t.place == static_cast<uint8_t>(Place::kData);
  if (IsBare(t) && header.minor > 1) return OkStatus();
  if (t.offset % kImageAlign != 0)
    return record.Refuse("offset is not a multiple of 16", offsetof(TensorRecord, offset), t.offset,
                         t.offset / kImageAlign * kImageAlign);
  const uint64_t end = uint64_t{t.offset} + t.bytes;
  const uint32_t room = data ? header.data_bytes : header.arena_bytes;
  if (end > room)
    return record.Refuse(data ? "runs past the end of data" : "runs past arena_bytes",
                         offsetof(TensorRecord, offset), static_cast<int64_t>(end), room);
  return OkStatus();
}

Status CheckQuant(const TensorRecord& t, const ImageHeader& header, Record& record) {
  if (!IsScale(t.scale))
    return record.Refuse("scale is negative or not finite (its bits)",
                         offsetof(TensorRecord, scale), std::bit_cast<int32_t>(t.scale), 0);
  if (!ZeroPointFits(static_cast<DType>(t.dtype), t.zero_point))
    return record.Refuse("zero_point does not fit the type", offsetof(TensorRecord, zero_point),
                         t.zero_point, 0);
  if (t.quant_axis < -1 || t.quant_axis >= t.rank)
    return record.Refuse("quant_axis is no dimension", offsetof(TensorRecord, quant_axis),
                         t.quant_axis, t.rank - 1);
  if ((t.quant_axis == -1) != (t.scales == kNone))
    return record.Refuse("scales and quant_axis contradict", offsetof(TensorRecord, scales),
                         t.scales, kNone);
  if (t.quant_axis == -1) return OkStatus();
  const uint64_t end = uint64_t{t.scales} + static_cast<uint64_t>(t.dims[t.quant_axis]);
  if (end > header.param_count)
    return record.Refuse("scales run past the params", offsetof(TensorRecord, scales),
                         static_cast<int64_t>(end), header.param_count);
  return OkStatus();
}

Status CheckTensor(const TensorRecord& t, const ImageHeader& header, Record record) {
  if (t.name >= header.strings_bytes)
    return record.Refuse("name lies outside strings", offsetof(TensorRecord, name), t.name,
                         header.strings_bytes);
  if (t.dtype == 0 || t.dtype >= kDTypeCount)
    return record.Refuse("dtype is unknown", offsetof(TensorRecord, dtype), t.dtype,
                         kDTypeCount - 1);
  const bool nibbles = t.dtype == static_cast<uint8_t>(DType::kInt4);
  if (nibbles && header.minor < 2)
    return record.Refuse("dtype came with minor 2", offsetof(TensorRecord, dtype), t.dtype,
                         kDTypeCount - 2);
  if (nibbles && (t.place != static_cast<uint8_t>(Place::kData) || IsBare(t)))
    return record.Refuse("int4 that is no constant, or has no bytes", offsetof(TensorRecord, place),
                         t.place, static_cast<int64_t>(Place::kData));
  if (t.rank > kMaxRank)
    return record.Refuse("rank is too large", offsetof(TensorRecord, rank), t.rank, kMaxRank);
  COVEY_TRY(CheckDims(t, record));
  COVEY_TRY(CheckPlace(t, header, record));
  return CheckQuant(t, header, record);
}

Status CheckOp(const OpRecord& op, const ImageHeader& header, Record& record) {
  if (!IsOp(op.op)) {
    (void)record.Refuse("op number is not known to this build", offsetof(OpRecord, op), op.op,
                        kOpCount - 1);
    return Status(Code::kUnimplemented, "image: unknown op");
  }
  if (op.version != 1) {
    (void)record.Refuse("op version is not known to this build", offsetof(OpRecord, version),
                        op.version, 1);
    return Status(Code::kUnimplemented, "image: unknown op version");
  }
  if (op.name >= header.strings_bytes)
    return record.Refuse("name lies outside strings", offsetof(OpRecord, name), op.name,
                         header.strings_bytes);
  if (op.input_count > kMaxInputs)
    return record.Refuse("too many inputs", offsetof(OpRecord, input_count), op.input_count,
                         kMaxInputs);
  if (op.output_count < 1 || op.output_count > kMaxOutputs)
    return record.Refuse("no output, or too many", offsetof(OpRecord, output_count),
                         op.output_count, kMaxOutputs);
  const uint64_t last_index = uint64_t{op.first_index} + op.input_count + op.output_count;
  if (last_index > header.index_count)
    return record.Refuse("first_index runs past the indices", offsetof(OpRecord, first_index),
                         static_cast<int64_t>(last_index), header.index_count);
  const uint64_t last_param = uint64_t{op.first_param} + op.param_count;
  if (last_param > header.param_count)
    return record.Refuse("first_param runs past the params", offsetof(OpRecord, first_param),
                         static_cast<int64_t>(last_param), header.param_count);
  const uint64_t scratch_end = uint64_t{op.scratch_offset} + op.scratch_bytes;
  if (op.scratch_offset % kImageAlign != 0 || scratch_end > header.arena_bytes)
    return record.Refuse("scratch is misaligned or runs past arena_bytes",
                         offsetof(OpRecord, scratch_offset), static_cast<int64_t>(scratch_end),
                         header.arena_bytes);
  return OkStatus();
}

// Follows the data through the ops: which tensors hold something by now.
class Flow {
 public:
  explicit Flow(const ImageHeader& header)
      : header_(header),
        tensors_(Section<TensorRecord>(header, header.tensors_offset)),
        indices_(Section<uint16_t>(header, header.indices_offset)) {}

  uint16_t index(uint32_t i) const { return indices_[i]; }
  bool exists(uint16_t tensor) const { return tensor < header_.tensor_count; }
  bool readable(uint16_t tensor) const {
    return tensors_[tensor].place != static_cast<uint8_t>(Place::kArena) || written(tensor);
  }
  // Once only, and never a constant or state.
  bool Write(uint16_t tensor) {
    if (readable(tensor)) return false;
    written_[tensor / 32] |= 1U << (tensor % 32);
    return true;
  }
  bool bare(uint16_t tensor) const { return IsBare(tensors_[tensor]); }
  size_t at(uint32_t i) const { return header_.indices_offset + sizeof(uint16_t) * size_t{i}; }

 private:
  bool written(uint16_t tensor) const { return (written_[tensor / 32] >> (tensor % 32) & 1U) != 0; }

  const ImageHeader& header_;
  const TensorRecord* tensors_;
  const uint16_t* indices_;
  uint32_t written_[kMaxTensors / 32] = {};
};

// `bare`: the index of the one that may be without bytes.
Status CheckReads(Flow& flow, uint32_t first, uint32_t count, bool optional, Record record,
                  uint32_t bare = kNone) {
  for (uint32_t i = first; i < first + count; ++i) {
    const uint16_t tensor = flow.index(i);
    if (optional && tensor == kNoTensor) continue;
    if (!flow.exists(tensor))
      return record.Refuse("reads what is no tensor", flow.at(i), tensor, 0);
    if (!flow.readable(tensor))
      return record.Refuse("reads a tensor that nothing has written yet", flow.at(i), tensor, 0);
    if (flow.bare(tensor) && i != bare)
      return record.Refuse("reads a constant that has no bytes", flow.at(i), tensor, 0);
  }
  return OkStatus();
}

Status CheckWrites(Flow& flow, uint32_t first, uint32_t count, Record record) {
  for (uint32_t i = first; i < first + count; ++i) {
    const uint16_t tensor = flow.index(i);
    if (!flow.exists(tensor))
      return record.Refuse("writes what is no tensor", flow.at(i), tensor, 0);
    if (!flow.Write(tensor))
      return record.Refuse("writes a constant, or a tensor that was written before", flow.at(i),
                           tensor, 0);
  }
  return OkStatus();
}

Status CheckModelIo(const ImageHeader& h, Diag& diag) {
  Record record(diag, "image header");
  const uint64_t end = uint64_t{h.io_first_index} + h.input_count + h.output_count;
  if (end > h.index_count)
    return record.Refuse("io_first_index runs past the indices",
                         offsetof(ImageHeader, io_first_index), static_cast<int64_t>(end),
                         h.index_count);
  if (h.input_count == 0)
    return record.Refuse("model has no input", offsetof(ImageHeader, input_count), 0, 1);
  if (h.output_count == 0)
    return record.Refuse("model has no output", offsetof(ImageHeader, output_count), 0, 1);
  return OkStatus();
}

// The table turns a pixel into input 0's value, channel by channel.
Status CheckPixelChannels(const ImageHeader& h, Diag& diag) {
  if (h.pixel_table == kNone) return OkStatus();
  Record record(diag, "image header");
  const uint16_t input = Section<uint16_t>(h, h.indices_offset)[h.io_first_index];
  const auto& tensor = Section<TensorRecord>(h, h.tensors_offset)[input];
  const int32_t channels = tensor.rank == 0 ? 0 : tensor.dims[tensor.rank - 1];
  if (tensor.dtype != static_cast<uint8_t>(DType::kInt8) || channels != int64_t{h.pixel_channels})
    return record.Refuse("pixel_channels differs from input 0's channels, or that is not int8",
                         offsetof(ImageHeader, pixel_channels), h.pixel_channels, channels);
  return OkStatus();
}

}  // namespace

Status CheckTensors(const ImageHeader& header, Diag& diag) {
  const auto* tensors = Section<TensorRecord>(header, header.tensors_offset);
  for (uint32_t i = 0; i < header.tensor_count; ++i) {
    const size_t at = header.tensors_offset + i * sizeof(TensorRecord);
    COVEY_TRY(CheckTensor(tensors[i], header, Record(diag, "image tensor ", i, at)));
  }
  return OkStatus();
}

Status CheckOps(const ImageHeader& header, Diag& diag) {
  COVEY_TRY(CheckModelIo(header, diag));
  const auto* ops = Section<OpRecord>(header, header.ops_offset);
  const uint32_t io = header.io_first_index;
  Flow flow(header);
  COVEY_TRY(CheckWrites(flow, io, header.input_count, Record(diag, "image model inputs")));
  for (uint32_t i = 0; i < header.op_count; ++i) {
    const OpRecord& op = ops[i];
    Record record(diag, "image op ", i, header.ops_offset + i * sizeof(OpRecord));
    COVEY_TRY(CheckOp(op, header, record));
    Record use(diag, "image op ", i, 0);  // findings give offsets in the index list
    const bool conv = op.op == static_cast<uint16_t>(Op::kConv2D);
    COVEY_TRY(CheckReads(flow, op.first_index, op.input_count, true, use,
                         conv ? op.first_index + 1 : kNone));
    COVEY_TRY(CheckWrites(flow, op.first_index + op.input_count, op.output_count, use));
  }
  COVEY_TRY(CheckReads(flow, io + header.input_count, header.output_count, false,
                       Record(diag, "image model outputs")));
  return CheckPixelChannels(header, diag);
}

Status CheckImage(std::span<const std::byte> bytes, Diag& diag, Digest digest) {
  COVEY_TRY(CheckHeader(bytes, diag));
  if (digest == Digest::kCheck) COVEY_TRY(CheckDigest(bytes, diag));
  const auto& header = *reinterpret_cast<const ImageHeader*>(bytes.data());
  COVEY_TRY(CheckTensors(header, diag));
  return CheckOps(header, diag);
}

}  // namespace covey::wire
