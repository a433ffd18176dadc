#include "wire/image/reader.hpp"

#include "wire/image/check.hpp"

namespace covey::wire {

Result<ImageView> ImageView::Read(std::span<const std::byte> bytes, Diag& diag, Digest digest) {
  COVEY_TRY(CheckImage(bytes, diag, digest));
  ImageView view;
  view.bytes_ = bytes;
  view.header_ = reinterpret_cast<const ImageHeader*>(bytes.data());
  const ImageHeader& header = *view.header_;
  view.tensors_ = Section<TensorRecord>(header, header.tensors_offset);
  view.ops_ = Section<OpRecord>(header, header.ops_offset);
  view.indices_ = Section<uint16_t>(header, header.indices_offset);
  view.params_ = Section<int32_t>(header, header.params_offset);
  return view;
}

const int8_t* ImageView::pixel_table() const {
  if (header_->pixel_table == kNone) return nullptr;
  return Section<int8_t>(*header_, header_->data_offset + header_->pixel_table);
}

std::span<const uint16_t> ImageView::op_inputs(uint32_t index) const {
  return {indices_ + ops_[index].first_index, ops_[index].input_count};
}

std::span<const uint16_t> ImageView::op_outputs(uint32_t index) const {
  return {indices_ + ops_[index].first_index + ops_[index].input_count, ops_[index].output_count};
}

void ImageView::Fill(uint32_t tensor, std::byte* arena, TensorView& view) const {
  const TensorRecord& record = tensors_[tensor];
  view.dtype = static_cast<DType>(record.dtype);
  view.dims = {record.dims, record.rank};
  view.bytes = record.bytes;
  view.scale = record.scale;
  view.zero_point = record.zero_point;
  // Constants are read where they lie; TensorView's contract forbids writing them.
  view.state = record.place == static_cast<uint8_t>(Place::kState);
  view.data = IsBare(record) ? nullptr
              : record.place != static_cast<uint8_t>(Place::kData)
                  ? arena + record.offset
                  : const_cast<std::byte*>(bytes_.data()) + header_->data_offset + record.offset;
}

TensorView ImageView::View(uint32_t tensor, std::byte* arena) const {
  TensorView view;
  Fill(tensor, arena, view);
  return view;
}

OpView ImageView::ViewOp(uint32_t op, std::byte* arena) const {
  OpView view;
  ViewOp(op, arena, view);
  return view;
}

void ImageView::ViewOp(uint32_t op, std::byte* arena, OpView& view) const {
  const OpRecord& record = ops_[op];
  const int inputs = record.input_count, outputs = record.output_count;
  for (int i = inputs; i < view.inputs; ++i) view.input[i] = {};
  for (int i = outputs; i < view.outputs; ++i) view.output[i] = {};
  view.op = static_cast<Op>(record.op);
  view.name = op_name(op);
  view.inputs = inputs, view.outputs = outputs;
  const uint16_t* number = indices_ + record.first_index;
  for (int i = 0; i < inputs; ++i, ++number) {
    if (*number == kNoTensor) {
      view.input[i] = {};
    } else {
      Fill(*number, arena, view.input[i]);
    }
  }
  for (int i = 0; i < outputs; ++i, ++number) Fill(*number, arena, view.output[i]);
  view.attr = record.attr;
  view.params = {params_ + record.first_param, record.param_count};
  view.scratch = {arena + record.scratch_offset, record.scratch_bytes};
}

const char* ImageView::string(uint32_t offset) const {
  return Section<char>(*header_, header_->strings_offset + offset);
}

}  // namespace covey::wire
