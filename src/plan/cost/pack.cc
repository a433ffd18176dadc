#include "plan/cost/pack.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "plan/cost/bars.hpp"

namespace covey::plan {
namespace {

constexpr int32_t kFour = 4;
constexpr double kRounding = 1e-6;  // of a bound in double precision

// Sizes as parts of the whole, changed so that what fits side by side before does so after (a dual
// feasible function): then changed areas may not exceed the whole either.
// What is larger than all but k counts as all, what is smaller than k as nothing.
std::vector<double> Rounded(std::vector<double> parts, double k) {
  for (double& part : parts) part = part > 1 - k + 1e-9 ? 1 : part >= k - 1e-9 ? part : 0;
  return parts;
}

// Only so many of a size fit, however small the rest is: k of what is larger than 1 / (k + 1).
std::vector<double> Stepped(std::vector<double> parts, int k) {
  for (double& part : parts) {
    const double steps = part * (k + 1);
    const bool whole = std::abs(steps - std::round(steps)) < 1e-9;
    if (!whole) part = std::floor(steps) / k;
  }
  return parts;
}

std::vector<std::vector<double>> Changed(const std::vector<double>& parts) {
  std::vector<std::vector<double>> all = {parts};
  std::vector<double> sizes = parts;
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (double size : sizes) {
    if (size <= 0.5) all.push_back(Rounded(parts, size));
  }
  for (int k = 1; k <= 4; ++k) all.push_back(Stepped(parts, k));
  return all;
}

bool TooMuch(std::span<const Rect> rects, int32_t width, int32_t height) {
  if (rects.empty()) return false;
  std::vector<double> wide, high;
  for (const Rect& rect : rects) {
    if (rect.width > width || rect.height > height) return true;
    wide.push_back(static_cast<double>(rect.width) / width);
    high.push_back(static_cast<double>(rect.height) / height);
  }
  const auto highs = Changed(high);
  for (const std::vector<double>& w : Changed(wide)) {
    for (const std::vector<double>& h : highs) {
      if (std::inner_product(w.begin(), w.end(), h.begin(), 0.0) > 1 + 1e-9) return true;
    }
  }
  return false;
}

// Sawn into bars, lying and standing: what dual feasible functions see of widths that do not go
// together, this sees whole.
bool TooMuchInBars(std::span<const Rect> rects, int32_t width, int32_t height) {
  std::vector<int32_t> widths, heights;
  for (const Rect& rect : rects) {
    widths.push_back(rect.width);
    heights.push_back(rect.height);
  }
  return SlicesNeeded(widths, heights, width) > height + kRounding ||
         SlicesNeeded(heights, widths, height) > width + kRounding;
}

// One flag for each place; small enough to look at by hand.
class Floor {
 public:
  Floor(int32_t width, int32_t height) : width_(width), height_(height), used_(width * height) {}

  // The lowest place for the rect; false: none.
  bool Put(const Rect& rect, Place& place) {
    for (int32_t y = 0; y + rect.height <= height_; ++y) {
      for (int32_t x = 0; x + rect.width <= width_; ++x) {
        if (!Free(rect, x, y)) continue;
        for (int32_t j = y; j < y + rect.height; ++j) {
          std::fill_n(used_.begin() + j * width_ + x, rect.width, char{1});
        }
        place = {x, y};
        return true;
      }
    }
    return false;
  }

 private:
  bool Free(const Rect& rect, int32_t x, int32_t y) const {
    for (int32_t j = y; j < y + rect.height; ++j) {
      for (int32_t i = x; i < x + rect.width; ++i) {
        if (used_[j * width_ + i] != 0) return false;
      }
    }
    return true;
  }

  int32_t width_, height_;
  std::vector<char> used_;
};

bool FirstFit(std::span<const Rect> rects, const std::vector<size_t>& order, int32_t width,
              int32_t height, std::vector<Place>& places) {
  Floor floor(width, height);
  for (size_t i : order) {
    if (!floor.Put(rects[i], places[i])) return false;
  }
  return true;
}

// Fills the lowest gap of the skyline: with each rect that fits there, or with nothing.
class Skyline {
 public:
  Skyline(std::span<const Rect> rects, int32_t width, int32_t height, int64_t steps)
      : rects_(rects),
        height_(height),
        steps_(steps),
        top_(width, 0),
        waste_(width, 0),
        places_(rects.size()) {
    order_.resize(rects.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
      return std::pair(rects[a].area(), rects[a].width) >
             std::pair(rects[b].area(), rects[b].width);
    });
    done_.assign(rects.size(), 0);
    for (const Rect& rect : rects) {
      left_ += rect.area();
      if (2 * rect.width > width) wide_left_ += rect.height;
    }
  }

  PackVerdict Run() {
    if (Search(rects_.size())) return PackVerdict::kFits;
    return steps_ > 0 ? PackVerdict::kDoesNot : PackVerdict::kUnknown;
  }
  const std::vector<Place>& places() const { return places_; }

 private:
  bool Search(size_t remaining) {
    if (remaining == 0) return true;
    if (--steps_ <= 0) return false;
    int64_t room = 0;
    for (int32_t top : top_) room += height_ - top;
    if (room < left_) return false;
    // What is wider than half lies over the middle, one above the other.
    const auto middle = static_cast<int32_t>(top_.size()) / 2;
    if (std::max(top_[middle], top_[middle - 1 + static_cast<int32_t>(top_.size()) % 2]) +
            wide_left_ >
        height_) {
      return false;
    }
    // The lowest gap, leftmost.
    const auto width = static_cast<int32_t>(top_.size());
    int32_t from = 0;
    for (int32_t x = 1; x < width; ++x) {
      if (top_[x] < top_[from]) from = x;
    }
    const int32_t y = top_[from];
    int32_t to = from;
    bool supports = false;
    while (to < width && top_[to] == y) supports = waste_[to++] == 0 || supports;
    if (!supports) return Raise(remaining, from, to);
    return Fill(remaining, from, to, y) || Skip(remaining, from, y);
  }

  // Nothing could rest on the gap: all of it is waste up to the lower neighbour.
  bool Raise(size_t remaining, int32_t from, int32_t to) {
    const auto width = static_cast<int32_t>(top_.size());
    const int32_t y = top_[from];
    int32_t up = height_;
    if (from > 0) up = std::min(up, top_[from - 1]);
    if (to < width) up = std::min(up, top_[to]);
    if (up <= y) return false;
    std::fill(top_.begin() + from, top_.begin() + to, up);
    const bool found = Search(remaining);
    std::fill(top_.begin() + from, top_.begin() + to, y);
    return found;
  }

  bool Fill(size_t remaining, int32_t from, int32_t to, int32_t y) {
    Rect last{};
    for (size_t i : order_) {
      const Rect& rect = rects_[i];
      if (done_[i] != 0 || rect.width > to - from || y + rect.height > height_) continue;
      if (rect.width == last.width && rect.height == last.height) continue;  // Its twin was tried.
      last = rect;
      const auto lanes = waste_.begin() + from;
      if (std::find(lanes, lanes + rect.width, char{0}) == lanes + rect.width) continue;
      const std::vector<char> before(lanes, lanes + rect.width);
      std::fill(lanes, lanes + rect.width, char{0});
      done_[i] = 1;
      left_ -= rect.area();
      const int32_t wide = 2 * rect.width > static_cast<int32_t>(top_.size()) ? rect.height : 0;
      wide_left_ -= wide;
      std::fill(top_.begin() + from, top_.begin() + from + rect.width, y + rect.height);
      places_[i] = {from, y};
      const bool found = Search(remaining - 1);
      std::fill(top_.begin() + from, top_.begin() + from + rect.width, y);
      left_ += rect.area();
      wide_left_ += wide;
      std::copy(before.begin(), before.end(), lanes);
      done_[i] = 0;
      if (found) return true;
      if (steps_ <= 0) return false;
    }
    return false;
  }

  // No rect starts at the gap's lowest, leftmost place, and no other could cover it: it is waste.
  // What comes above it must rest on something beside it.
  bool Skip(size_t remaining, int32_t from, int32_t y) {
    if (y + 1 > height_) return false;
    const char was = waste_[from];
    waste_[from] = 1;
    top_[from] = y + 1;
    const bool found = Search(remaining);
    top_[from] = y;
    waste_[from] = was;
    return found;
  }

  std::span<const Rect> rects_;
  int32_t height_;
  int64_t steps_;
  int64_t left_ = 0;
  int32_t wide_left_ = 0;
  std::vector<int32_t> top_;
  std::vector<char> waste_;  // its top is nobody's
  std::vector<Place> places_;
  std::vector<size_t> order_;
  std::vector<char> done_;
};

bool Heuristics(std::span<const Rect> rects, int32_t width, int32_t height,
                std::vector<Place>& places) {
  std::vector<size_t> order(rects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto by = [&](auto key) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return key(rects[a]) > key(rects[b]); });
    return FirstFit(rects, order, width, height, places);
  };
  return by([](const Rect& r) { return std::pair(r.width, r.height); }) ||
         by([](const Rect& r) { return std::pair(r.height, r.width); }) ||
         by([](const Rect& r) { return std::pair(r.area(), r.width); }) ||
         by([](const Rect& r) { return std::pair(r.width > 8 ? r.width : 0, r.height); });
}

bool PutInBins(std::span<const int64_t> sizes, size_t at, std::vector<int64_t>& bins) {
  if (at == sizes.size()) return true;
  for (size_t b = 0; b < bins.size(); ++b) {
    if (bins[b] < sizes[at]) continue;
    // Bins with equal room are the same bin.
    if (std::find(bins.begin(), bins.begin() + static_cast<ptrdiff_t>(b), bins[b]) !=
        bins.begin() + static_cast<ptrdiff_t>(b)) {
      continue;
    }
    bins[b] -= sizes[at];
    const bool found = PutInBins(sizes, at + 1, bins);
    bins[b] += sizes[at];
    if (found) return true;
  }
  return false;
}

}  // namespace

Rect RectOf(const ArrayFootprint& foot) {
  return {static_cast<int32_t>((foot.processors + kFour - 1) / kFour),
          static_cast<int32_t>((foot.columns + kFour - 1) / kFour)};
}

Packing Pack(std::span<const Rect> rects, int32_t width, int32_t height, int64_t steps) {
  Packing packing;
  packing.places.resize(rects.size());
  // Rects of full width lie at the bottom: no packing loses by that.
  std::vector<Rect> rest;
  std::vector<size_t> which;
  int32_t full = 0;
  for (size_t i = 0; i < rects.size(); ++i) {
    if (rects[i].width > width || rects[i].height > height) {
      packing.verdict = PackVerdict::kDoesNot;
      return packing;
    }
    if (rects[i].height == 0) continue;
    if (rects[i].width == width) {
      packing.places[i] = {0, full};
      full += rects[i].height;
    } else {
      rest.push_back(rects[i]);
      which.push_back(i);
    }
  }
  const int32_t room = height - full;
  if (room < 0 || TooMuch(rest, width, room)) {
    packing.verdict = PackVerdict::kDoesNot;
    return packing;
  }
  std::vector<Place> places(rest.size());
  if (rest.empty() || Heuristics(rest, width, room, places)) {
    packing.verdict = PackVerdict::kFits;
  } else if (TooMuchInBars(rest, width, room)) {
    packing.verdict = PackVerdict::kDoesNot;
  } else {
    Skyline search(rest, width, room, steps);
    packing.verdict = search.Run();
    places = search.places();
  }
  for (size_t i = 0; i < which.size(); ++i) {
    packing.places[which[i]] = {places[i].x, places[i].y + full};
  }
  return packing;
}

bool FitsBins(std::span<const int64_t> sizes, int32_t bins, int64_t bin_bytes) {
  std::vector<int64_t> sorted;
  int64_t total = 0;
  for (int64_t size : sizes) {
    if (size > bin_bytes) return false;
    total += size;
    if (size > 0) sorted.push_back(size);
  }
  if (total > bins * bin_bytes) return false;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  std::vector<int64_t> room(bins, bin_bytes);
  return PutInBins(sorted, 0, room);
}

}  // namespace covey::plan
