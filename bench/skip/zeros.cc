#include "bench/skip/zeros.hpp"

#include "bench/skip/watch.hpp"

namespace covey::bench {
namespace {

class Counter final : public micro::Trace {
 public:
  Counter(const wire::ImageView& image, std::byte* arena, std::vector<Zeros>& zeros)
      : image_(image), arena_(arena), zeros_(zeros) {}

  void Begin(uint32_t op) override {
    const OpView view = image_.ViewOp(op, arena_);
    if (view.op != Op::kConv2D || view.input[0].dtype != DType::kInt8) return;
    const auto in = view.input[0].dims;
    const auto& attr = view.attr_as<ConvAttr>();
    for (int32_t y = 0; y < in[1]; ++y)
      for (int32_t x = 0; x + 3 * attr.stride_w < in[2]; x += 4 * attr.stride_w)
        Quad(view, (y * in[2] + x) * in[3], attr.stride_w * in[3], zeros_[op]);
  }
  void End(uint32_t) override {}

 private:
  // Four windows' pixels, `step` apart.
  static void Quad(const OpView& view, int32_t first, int32_t step, Zeros& zeros) {
    const int8_t zero = static_cast<int8_t>(-view.attr_as<ConvAttr>().input_offset);
    const int8_t* const at = view.input[0].as<int8_t>() + first;
    const int32_t channels = view.input[0].dims[3];
    for (int32_t c = 0; c < channels; ++c) {
      if (c % 4 > 1) continue;
      bool all = true;
      for (int32_t pixel = 0; pixel < 4; ++pixel)
        for (int32_t k = c; k < channels && k <= c + 2; k += 2) {
          const bool is = at[pixel * step + k] == zero;
          zeros.values += 1, zeros.zero_values += is ? 1 : 0;
          all = all && is;
        }
      zeros.units += 1, zeros.zero_units += all ? 1 : 0;
    }
  }

  const wire::ImageView& image_;
  std::byte* arena_;
  std::vector<Zeros>& zeros_;
};

}  // namespace

Result<std::vector<Zeros>> ZerosOf(std::span<const std::byte> image,
                                   std::span<const std::byte> samples, Diag& diag) {
  return Watched<Counter, Zeros>(image, samples, diag);
}

}  // namespace covey::bench
