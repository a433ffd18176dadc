#include "bench/skip/bounds.hpp"

#include <algorithm>
#include <array>

#include "bench/skip/watch.hpp"

namespace covey::bench {
namespace {

constexpr int kQuarters = 4, kTurn = 8;  // sums of a turn: two outputs, four windows

struct Term {
  int32_t ky, kx, c;
  int64_t weight;
};

// The products of one output channel, and what those from each on can add at most.
struct Filter {
  std::vector<Term> terms;
  std::vector<int64_t> rest;
  int64_t bias = 0;
};

Filter FilterOf(const OpView& view, int32_t channel, bool ordered) {
  const auto dims = view.input[1].dims;
  const int8_t* weights = view.input[1].as<int8_t>() + channel * dims[1] * dims[2] * dims[3];
  Filter filter;
  for (int32_t ky = 0; ky < dims[1]; ++ky)
    for (int32_t kx = 0; kx < dims[2]; ++kx)
      for (int32_t c = 0; c < dims[3]; ++c) filter.terms.push_back({ky, kx, c, *weights++});
  if (ordered) {
    const auto negative = std::stable_partition(filter.terms.begin(), filter.terms.end(),
                                                [](const Term& term) { return term.weight > 0; });
    std::stable_sort(negative, filter.terms.end(),
                     [](const Term& a, const Term& b) { return a.weight < b.weight; });
  }
  const int64_t most = 127 + view.attr_as<ConvAttr>().input_offset;
  filter.rest.assign(filter.terms.size() + 1, 0);
  for (size_t i = filter.terms.size(); i-- > 0;)
    filter.rest[i] = filter.rest[i + 1] + std::max<int64_t>(0, filter.terms[i].weight * most);
  if (view.input[2].data != nullptr) filter.bias = view.input[2].as<int32_t>()[channel];
  return filter;
}

// After how many quarters the sum is proved to be cut; kQuarters: never before its end.
int QuartersOf(const OpView& view, const Filter& filter, int32_t y, int32_t x) {
  const auto& attr = view.attr_as<ConvAttr>();
  const auto in = view.input[0].dims;
  const int8_t* picture = view.input[0].as<int8_t>();
  int64_t sum = filter.bias;
  size_t at = 0;
  for (int quarter = 1; quarter < kQuarters; ++quarter) {
    for (const size_t end = filter.terms.size() * static_cast<size_t>(quarter) / kQuarters;
         at < end; ++at) {
      const Term& term = filter.terms[at];
      const int32_t row = y * attr.stride_h - attr.pad_top + term.ky;
      const int32_t column = x * attr.stride_w - attr.pad_left + term.kx;
      if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
      sum += term.weight * (picture[(row * in[2] + column) * in[3] + term.c] + attr.input_offset);
    }
    if (sum + filter.rest[at] <= 0) return quarter;
  }
  return kQuarters;
}

// Relu behind, no input below zero: what a bound can be about.
bool Bounds(const OpView& view) {
  if (view.op != Op::kConv2D || view.input[0].dtype != DType::kInt8) return false;
  const auto& attr = view.attr_as<ConvAttr>();
  return attr.groups == 1 && attr.dilation_h == 1 && attr.dilation_w == 1 &&
         attr.activation_min == attr.output_offset && attr.input_offset == 128;
}

class Counter final : public micro::Trace {
 public:
  Counter(const wire::ImageView& image, std::byte* arena, std::vector<Bounded>& bounded)
      : image_(image), arena_(arena), bounded_(bounded) {}

  void Begin(uint32_t op) override {
    const OpView view = image_.ViewOp(op, arena_);
    if (!Bounds(view)) return;
    Count(view, false, bounded_[op].sums, bounded_[op].turns);
    Count(view, true, bounded_[op].ordered_sums, bounded_[op].ordered_turns);
  }
  void End(uint32_t) override {}

 private:
  static void Count(const OpView& view, bool ordered, Bounded::Quarters& sums,
                    Bounded::Quarters& turns) {
    const auto out = view.output[0].dims;
    for (int32_t channel = 0; channel + 1 < out[3]; channel += 2) {
      const std::array<Filter, 2> pair = {FilterOf(view, channel, ordered),
                                          FilterOf(view, channel + 1, ordered)};
      for (int32_t y = 0; y < out[1]; ++y)
        for (int32_t x = 0; x + 3 < out[2]; x += 4) {
          int latest = 0;
          for (int k = 0; k < kTurn; ++k) {
            const int quarters = QuartersOf(view, pair[static_cast<size_t>(k % 2)], y, x + k / 2);
            latest = std::max(latest, quarters);
            sums.all += kQuarters, sums.saved += static_cast<uint64_t>(kQuarters - quarters);
          }
          turns.all += kQuarters, turns.saved += static_cast<uint64_t>(kQuarters - latest);
        }
    }
  }

  const wire::ImageView& image_;
  std::byte* arena_;
  std::vector<Bounded>& bounded_;
};

}  // namespace

Result<std::vector<Bounded>> BoundsOf(std::span<const std::byte> image,
                                      std::span<const std::byte> samples, Diag& diag) {
  return Watched<Counter, Bounded>(image, samples, diag);
}

}  // namespace covey::bench
