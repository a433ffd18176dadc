#include "wire/image/host/writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <span>
#include <vector>

#include "core/sha256.hpp"

namespace covey::wire {
namespace {

uint32_t Align(size_t offset, size_t alignment) {
  return static_cast<uint32_t>((offset + alignment - 1) / alignment * alignment);
}

// NUL-terminated strings, each once.
class Strings {
 public:
  uint32_t Add(const std::string& text) {
    const auto [place, added] = known_.try_emplace(text, static_cast<uint32_t>(bytes_.size()));
    if (added) bytes_.append(text.c_str(), text.size() + 1);
    return place->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::map<std::string, uint32_t> known_;
  std::string bytes_;
};

// The records and sections under construction.
struct Parts {
  std::vector<TensorRecord> tensors;
  std::vector<OpRecord> ops;
  std::vector<uint16_t> indices;
  std::vector<int32_t> params;
  std::map<std::vector<int32_t>, uint32_t> first_param;  // of params that are there already
  Strings strings;
  std::vector<std::byte> data;

  uint32_t AddData(std::span<const std::byte> bytes) {
    const uint32_t offset = Align(data.size(), kImageAlign);
    data.resize(offset);
    data.insert(data.end(), bytes.begin(), bytes.end());
    return offset;
  }
  template <typename List>
  uint32_t AddIndices(const List& inputs, const List& outputs) {
    const auto first = static_cast<uint32_t>(indices.size());
    indices.insert(indices.end(), inputs.begin(), inputs.end());
    indices.insert(indices.end(), outputs.begin(), outputs.end());
    return first;
  }
};

void AddTensor(const ImageTensor& tensor, Parts& parts) {
  TensorRecord record{};
  record.name = parts.strings.Add(tensor.name);
  record.dtype = static_cast<uint8_t>(tensor.dtype);
  record.rank = static_cast<uint8_t>(tensor.dims.size());
  record.place = static_cast<uint8_t>(tensor.place);
  record.quant_axis = static_cast<int8_t>(tensor.quant_axis);
  for (size_t i = 0; i < kMaxRank; ++i)
    record.dims[i] = i < tensor.dims.size() ? tensor.dims[i] : 1;
  record.bytes = static_cast<uint32_t>(TensorBytes(tensor.dtype, record.dims));
  record.offset = tensor.bare                    ? kNone
                  : tensor.place == Place::kData ? parts.AddData(tensor.data)
                                                 : tensor.arena_offset;
  record.scale = tensor.scale;
  record.zero_point = tensor.zero_point;
  record.scales = kNone;
  if (!tensor.scales.empty()) {
    record.scales = static_cast<uint32_t>(parts.params.size());
    for (float scale : tensor.scales) parts.params.push_back(std::bit_cast<int32_t>(scale));
  }
  parts.tensors.push_back(record);
}

void AddOp(const ImageOp& op, Parts& parts) {
  OpRecord record{};
  record.op = static_cast<uint16_t>(op.op);
  record.version = 1;
  record.input_count = static_cast<uint16_t>(op.inputs.size());
  record.output_count = static_cast<uint16_t>(op.outputs.size());
  record.first_index = parts.AddIndices(op.inputs, op.outputs);
  record.name = parts.strings.Add(op.name);
  record.scratch_offset = op.scratch_offset;
  record.scratch_bytes = op.scratch_bytes;
  std::copy(op.attr.begin(), op.attr.end(), record.attr);
  // Patches of one layer have the same params.
  const auto [place, added] =
      parts.first_param.try_emplace(op.params, static_cast<uint32_t>(parts.params.size()));
  record.first_param = place->second;
  record.param_count = static_cast<uint32_t>(op.params.size());
  if (added) parts.params.insert(parts.params.end(), op.params.begin(), op.params.end());
  parts.ops.push_back(record);
}

// Appends a section at its alignment and returns where it starts.
template <typename T>
uint32_t Append(std::vector<std::byte>& image, std::span<const T> section, size_t alignment) {
  const uint32_t offset = Align(image.size(), alignment);
  image.resize(offset);
  const auto bytes = std::as_bytes(section);
  image.insert(image.end(), bytes.begin(), bytes.end());
  return offset;
}

std::vector<std::byte> Join(const Parts& parts, ImageHeader& header) {
  std::vector<std::byte> image(sizeof(ImageHeader));
  header.tensor_count = static_cast<uint32_t>(parts.tensors.size());
  header.tensors_offset = Append(image, std::span(parts.tensors), 4);
  header.op_count = static_cast<uint32_t>(parts.ops.size());
  header.ops_offset = Append(image, std::span(parts.ops), 4);
  header.index_count = static_cast<uint32_t>(parts.indices.size());
  header.indices_offset = Append(image, std::span(parts.indices), 4);
  header.param_count = static_cast<uint32_t>(parts.params.size());
  header.params_offset = Append(image, std::span(parts.params), 4);
  header.strings_bytes = static_cast<uint32_t>(parts.strings.bytes().size());
  header.strings_offset = Append(image, std::span(parts.strings.bytes()), 4);
  header.data_bytes = static_cast<uint32_t>(parts.data.size());
  header.data_offset = Append(image, std::span(parts.data), kImageAlign);
  image.resize(Align(image.size(), kImageAlign));
  header.total_bytes = static_cast<uint32_t>(image.size());
  return image;
}

std::string JoinLabels(const std::vector<std::string>& labels) {
  std::string text;
  for (size_t i = 0; i < labels.size(); ++i) text += (i == 0 ? "" : "\n") + labels[i];
  return text;
}

// The oldest that has all that the image holds.
uint16_t MinorOf(const ImageContents& contents) {
  uint16_t minor = 0;
  for (const ImageTensor& tensor : contents.tensors) {
    if (tensor.bare || tensor.dtype == DType::kInt4) return 2;
    if (tensor.place == Place::kState) minor = 1;
  }
  return minor;
}

}  // namespace

std::vector<std::byte> WriteImage(const ImageContents& contents) {
  Parts parts;
  ImageHeader header{};
  std::memcpy(header.magic, kImageMagic, sizeof(kImageMagic));
  header.major = kImageMajor;
  header.minor = MinorOf(contents);
  header.header_bytes = sizeof(ImageHeader);
  header.arena_bytes = contents.arena_bytes;
  header.name = parts.strings.Add(contents.name);
  header.labels = contents.labels.empty() ? kNone : parts.strings.Add(JoinLabels(contents.labels));
  for (const ImageTensor& tensor : contents.tensors) AddTensor(tensor, parts);
  for (const ImageOp& op : contents.ops) AddOp(op, parts);
  header.input_count = static_cast<uint16_t>(contents.inputs.size());
  header.output_count = static_cast<uint16_t>(contents.outputs.size());
  header.io_first_index = parts.AddIndices(contents.inputs, contents.outputs);
  header.pixel_table = contents.pixel_table.empty()
                           ? kNone
                           : parts.AddData(std::as_bytes(std::span(contents.pixel_table)));
  header.pixel_channels = contents.pixel_channels;
  header.output_kind = static_cast<uint32_t>(contents.output_kind);

  std::vector<std::byte> image = Join(parts, header);
  std::memcpy(image.data(), &header, sizeof(header));
  const Sha256Digest digest = Sha256Of(image);
  std::memcpy(image.data() + offsetof(ImageHeader, digest), digest.data(), digest.size());
  return image;
}

}  // namespace covey::wire
