#include "compiler/lower/view.hpp"
#include "kernels/ref/jpeg_state.hpp"

namespace covey::compiler {

Status LowerJpeg(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1, 3));
  const auto* pixels = std::get_if<JpegPixels>(&view.node().attributes);
  if (pixels == nullptr) return view.Bad("has no pixels");
  COVEY_TRY(view.Type(view.in(0), DType::kUint8));
  COVEY_TRY(view.Int8(view.out()));
  COVEY_TRY(view.Rank(view.out(), 4));
  COVEY_TRY(view.Type(view.out(1), DType::kInt32));
  COVEY_TRY(view.Type(view.out(2), DType::kInt32));
  const auto channels = static_cast<size_t>(view.out().dims[3]);
  const std::vector<int8_t>& table = pixels->table;
  if (!table.empty() && table.size() != 256 * channels)
    return view.Bad("has a table of " + std::to_string(table.size()) + " bytes, expected " +
                    std::to_string(256 * channels));
  for (size_t i = 0; i < table.size(); i += 4) {
    uint32_t word = 0;
    for (size_t j = 4; j-- > 0;) word = word << 8 | static_cast<uint8_t>(table[i + j]);
    op.params.push_back(static_cast<int32_t>(word));
  }
  return OkStatus();
}

}  // namespace covey::compiler
