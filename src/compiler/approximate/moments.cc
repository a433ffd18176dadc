#include "compiler/approximate/moments.hpp"

#include <algorithm>
#include <mutex>
#include <random>

#include "compiler/quantize/batch.hpp"

namespace covey::compiler {
namespace {

// Products of two offset-applied bytes are below 2^16: so many of them sum exactly in a float.
constexpr size_t kChunk = 256;

struct Place {
  size_t sample;
  int64_t position;
};

// All windows, or as many of each sample, at random.
std::vector<Place> PlacesOf(const Layer& layer, size_t samples, size_t most) {
  const auto all = static_cast<size_t>(layer.positions);
  const size_t each = std::clamp<size_t>((most + samples - 1) / samples, 1, all);
  std::minstd_rand random(1);
  std::vector<Place> places;
  std::vector<int64_t> positions(all);
  for (size_t s = 0; s < samples; ++s) {
    for (size_t p = 0; p < all; ++p) positions[p] = static_cast<int64_t>(p);
    for (size_t p = 0; p < each; ++p) {
      std::swap(positions[p], positions[p + random() % (all - p)]);
      places.push_back({s, positions[p]});
    }
  }
  return places;
}

}  // namespace

Moments MomentsOf(const Layer& layer, const std::vector<std::byte>& inputs,
                  const std::vector<std::byte>* exact, size_t samples, size_t most) {
  const std::vector<Place> places = PlacesOf(layer, samples, most);
  const Eigen::Index n = layer.operands + 1;
  const size_t bytes = inputs.size() / samples;
  Moments moments;
  moments.windows = places.size();
  moments.now.setZero(n, n);
  if (exact != nullptr) moments.cross.setZero(n, n);
  std::mutex mutex;
  // Columns are windows, so that a window is written in one go.
  const auto fill = [&](const std::vector<std::byte>& from, size_t first, Eigen::MatrixXf& to) {
    for (Eigen::Index k = 0; k < to.cols(); ++k) {
      const Place& place = places[first + static_cast<size_t>(k)];
      layer.Window(std::span(from).subspan(place.sample * bytes, bytes), place.position,
                   to.col(k).data());
      to(n - 1, k) = 1;
    }
  };
  ParallelFor((places.size() + kChunk - 1) / kChunk, [&](size_t chunk) {
    const size_t first = chunk * kChunk, count = std::min(kChunk, places.size() - first);
    Eigen::MatrixXf x(n, static_cast<Eigen::Index>(count)), e, sum, cross;
    fill(inputs, first, x);
    if (exact != nullptr) {
      e.resize(n, static_cast<Eigen::Index>(count));
      fill(*exact, first, e);
      cross.noalias() = x * e.transpose();
    }
    sum.setZero(n, n);
    sum.selfadjointView<Eigen::Lower>().rankUpdate(x);
    const std::lock_guard<std::mutex> lock(mutex);
    moments.now += sum.cast<double>();
    if (exact != nullptr) moments.cross += cross.cast<double>();
  });
  moments.now.triangularView<Eigen::StrictlyUpper>() = moments.now.transpose();
  moments.now /= static_cast<double>(places.size());
  if (exact != nullptr) moments.cross /= static_cast<double>(places.size());
  return moments;
}

}  // namespace covey::compiler
