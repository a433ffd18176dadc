#include "bench/dynamic/rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "bench/skip/watch.hpp"
#include "kernels/ref/channel.hpp"

namespace covey::bench {
namespace {

constexpr int kEighths = 8;

void Add(Share& share, bool part) { share.part += part ? 1 : 0, ++share.all; }

// The largest sum of a row that still gives its lowest byte.
int64_t LimitOf(const kernels::ref::ChannelOutput& output, int32_t row) {
  int64_t low = -(1 << 29), high = 1 << 29;
  const int8_t least = output(static_cast<int32_t>(low), row);
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    (output(static_cast<int32_t>(middle), row) == least ? low : high) =
        output(static_cast<int32_t>(middle), row) == least ? middle : middle - 1;
  }
  return low;
}

// One input vector, in the order its products are taken.
struct Vector {
  std::vector<int32_t> order;
  std::vector<int32_t> x;     // by place in the order
  std::vector<int64_t> rest;  // sizes from each place on
  Vector(std::span<const int32_t> values, bool front) : order(values.size()) {
    std::iota(order.begin(), order.end(), 0);
    if (front)
      std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
        return std::abs(values[static_cast<size_t>(a)]) > std::abs(values[static_cast<size_t>(b)]);
      });
    for (const int32_t i : order) x.push_back(values[static_cast<size_t>(i)]);
    rest.assign(values.size() + 1, 0);
    for (size_t i = values.size(); i-- > 0;) rest[i] = rest[i + 1] + std::abs(x[i]);
  }
};

// After how many eighths the row's sum is proved to be the lowest; kEighths: not before its end.
int EighthsOf(const Vector& vector, const int8_t* weights, int64_t limit) {
  const size_t n = vector.x.size();
  std::vector<int32_t> most(n + 1);  // what a step of x can add, from each place on
  for (size_t i = n; i-- > 0;) {
    const int32_t weight = weights[vector.order[i]];
    most[i] = std::max(most[i + 1], vector.x[i] >= 0 ? weight : -weight);
  }
  int64_t sum = 0;
  size_t at = 0;
  for (int eighth = 1; eighth < kEighths; ++eighth) {
    for (const size_t end = n * static_cast<size_t>(eighth) / kEighths; at < end; ++at)
      sum += int64_t{vector.x[at]} * weights[vector.order[at]];
    if (sum + vector.rest[at] * most[at] <= limit) return eighth;
  }
  return kEighths;
}

class RowCounter final : public micro::Trace {
 public:
  RowCounter(const wire::ImageView& image, std::byte* arena, std::vector<Rows>& rows)
      : image_(image), arena_(arena), rows_(rows) {}

  void Begin(uint32_t op) override {
    const OpView view = image_.ViewOp(op, arena_);
    if (view.op != Op::kFullyConnected || view.input[0].dtype != DType::kInt8 ||
        view.input[1].dtype != DType::kInt8 || view.attr_as<ConvAttr>().weights_offset != 0)
      return;
    const int32_t inputs = view.input[1].dims[1];
    const int8_t* in = view.input[0].as<int8_t>();
    for (auto n = view.input[0].elements() / inputs; n > 0; --n, in += inputs) {
      std::vector<int32_t> x;
      for (int32_t i = 0; i < inputs; ++i)
        x.push_back(in[i] + view.attr_as<ConvAttr>().input_offset);
      CountInputs(x, rows_[op]);
      CountRows(view, x, rows_[op]);
    }
  }
  void End(uint32_t) override {}

 private:
  static void CountInputs(std::span<const int32_t> x, Rows& rows) {
    for (size_t i = 0; i < x.size(); ++i) {
      Add(rows.zeros, x[i] == 0);
      if (i % 4 < 2 && i + 2 < x.size()) Add(rows.twos, x[i] == 0 && x[i + 2] == 0);
    }
  }

  static void CountRows(const OpView& view, std::span<const int32_t> x, Rows& rows) {
    const int32_t outputs = view.input[1].dims[0];
    const auto inputs = static_cast<int32_t>(x.size());
    const kernels::ref::ChannelOutput output(view, outputs);
    const Vector plain(x, false), front(x, true);
    const auto zeros = static_cast<size_t>(std::count(x.begin(), x.end(), 0));
    for (int32_t first = 0; first + 4 <= outputs; first += 4) {
      int latest = 0, latest_front = 0;
      bool all = true;
      for (int32_t row = first; row < first + 4; ++row) {
        const int8_t* const weights = view.input[1].as<int8_t>() + int64_t{row} * inputs;
        const int64_t limit = LimitOf(output, row);
        const bool lowest =
            EighthsOf(plain, weights, limit) < kEighths || SumOf(x, weights) <= limit;
        const int one = EighthsOf(plain, weights, limit);
        const int of_front = EighthsOf(front, weights, limit);
        latest = std::max(latest, one), latest_front = std::max(latest_front, of_front);
        all = all && lowest;
        Add(rows.lowest, lowest);
        Behind(rows.one, one), Behind(rows.front_one, of_front);
      }
      Add(rows.four_lowest, all);
      Behind(rows.four, latest), Behind(rows.front_four, latest_front);
      rows.zeros_four.part += all ? zeros * kEighths : 0;
      rows.zeros_four.all += x.size() * kEighths;
    }
  }

  static int64_t SumOf(std::span<const int32_t> x, const int8_t* weights) {
    int64_t sum = 0;
    for (size_t i = 0; i < x.size(); ++i) sum += int64_t{x[i]} * weights[i];
    return sum;
  }
  static void Behind(Share& share, int eighths) {
    share.part += static_cast<uint64_t>(kEighths - eighths), share.all += kEighths;
  }

  const wire::ImageView& image_;
  std::byte* arena_;
  std::vector<Rows>& rows_;
};

class WindowCounter final : public micro::Trace {
 public:
  WindowCounter(const wire::ImageView& image, std::byte* arena, std::vector<Windows>& windows)
      : image_(image), arena_(arena), windows_(windows) {}

  void Begin(uint32_t op) override {
    const OpView view = image_.ViewOp(op, arena_);
    if (view.op != Op::kConv2D || view.input[0].dtype != DType::kInt8) return;
    const auto out = view.output[0].dims;
    for (int32_t y = 0; y < out[1]; ++y) {
      int run = 0;
      for (int32_t x = 0; x < out[2]; ++x) {
        const bool zero = IsZero(view, y, x);
        run = x % 4 == 0 ? 0 : run;
        run += zero ? 1 : 0;
        Add(windows_[op].one, zero);
        if (x % 4 == 3) Add(windows_[op].four, run == 4);
      }
    }
  }
  void End(uint32_t) override {}

 private:
  static bool IsZero(const OpView& view, int32_t y, int32_t x) {
    const auto& attr = view.attr_as<ConvAttr>();
    const auto in = view.input[0].dims, filter = view.input[1].dims;
    const auto zero = static_cast<int8_t>(-attr.input_offset);
    for (int32_t ky = 0; ky < filter[1]; ++ky)
      for (int32_t kx = 0; kx < filter[2]; ++kx) {
        const int32_t row = y * attr.stride_h - attr.pad_top + ky * attr.dilation_h;
        const int32_t column = x * attr.stride_w - attr.pad_left + kx * attr.dilation_w;
        if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
        const int8_t* const pixel =
            view.input[0].as<int8_t>() + (int64_t{row} * in[2] + column) * in[3];
        if (std::any_of(pixel, pixel + in[3], [&](int8_t byte) { return byte != zero; }))
          return false;
      }
    return true;
  }

  const wire::ImageView& image_;
  std::byte* arena_;
  std::vector<Windows>& windows_;
};

}  // namespace

Result<std::vector<Rows>> RowsOf(std::span<const std::byte> image,
                                 std::span<const std::byte> samples, Diag& diag) {
  return Watched<RowCounter, Rows>(image, samples, diag);
}
Result<std::vector<Windows>> WindowsOf(std::span<const std::byte> image,
                                       std::span<const std::byte> samples, Diag& diag) {
  return Watched<WindowCounter, Windows>(image, samples, diag);
}

}  // namespace covey::bench
