#include "compiler/approximate/narrow.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "compiler/approximate/layer_by_layer.hpp"
#include "compiler/approximate/refit.hpp"
#include "compiler/narrow_weights.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kWindows = 8192;

// Large enough, and in rows that kernels unpack four weights at a time: a first layer of three
// channels would save a few hundred bytes and take a tenth of the network's time.
bool Worth(const Layer& layer) {
  return static_cast<int64_t>(layer.weights.size()) >= kLeastNarrow &&
         (!layer.window || layer.window_w * layer.channels % 4 == 0);
}

std::vector<Pattern> AllRows(const Layer& layer) {
  Pattern all;
  all.rows.resize(static_cast<size_t>(layer.rows));
  std::iota(all.rows.begin(), all.rows.end(), 0);
  return {all};
}

// Mean squared steps of the output, summed over rows.
double ErrorOf(const Layer& exact, const Layer& made, const Eigen::MatrixXd& moments) {
  const Eigen::Index operands = exact.operands;
  Eigen::MatrixXd change(operands + 1, exact.rows);
  for (Eigen::Index r = 0; r < exact.rows; ++r) {
    const auto row = static_cast<size_t>(r);
    const double unit = made.unit.empty() ? 1 : made.unit[row];
    for (Eigen::Index i = 0; i < operands; ++i)
      change(i, r) = unit * made.row(static_cast<int32_t>(r))[static_cast<size_t>(i)] -
                     exact.row(static_cast<int32_t>(r))[static_cast<size_t>(i)];
    change(operands, r) = unit * made.bias[row] - exact.bias[row];
  }
  const Eigen::MatrixXd moved = moments * change;
  double sum = 0;
  for (Eigen::Index r = 0; r < exact.rows; ++r) {
    const double step = exact.step[static_cast<size_t>(r)];
    sum += step * step * change.col(r).dot(moved.col(r));
  }
  return sum;
}

}  // namespace

std::vector<double> NarrowErrors(const Study& study) {
  std::vector<double> errors;
  for (size_t l = 0; l < study.layers().size(); ++l) {
    Layer layer = study.layers()[l];
    if (!Worth(layer)) {
      errors.push_back(std::numeric_limits<double>::infinity());
      continue;
    }
    layer.most = kMostNarrow;
    const Layer made = Refit(layer, study.moments()[l], AllRows(layer));
    errors.push_back(study.sensitivity()[l] * ErrorOf(layer, made, study.moments()[l].now));
  }
  return errors;
}

std::vector<bool> NarrowFor(const Study& study, const std::vector<double>& errors, double part) {
  const auto bytes = [&](size_t l) {
    return static_cast<double>(study.layers()[l].weights.size());
  };
  std::vector<size_t> order;
  double all = 0;
  for (size_t l = 0; l < errors.size(); ++l) {
    if (!Worth(study.layers()[l])) continue;
    order.push_back(l), all += bytes(l);
  }
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return errors[a] / bytes(a) < errors[b] / bytes(b); });
  std::vector<bool> which(errors.size(), false);
  double sum = 0;
  for (const size_t l : order) {
    if (part <= 0 || sum >= part * all) break;
    which[l] = true, sum += bytes(l);
  }
  return which;
}

Result<Graph> NarrowLayers(const Graph& graph, const std::vector<bool>& which,
                           const Study::Patterns& patterns, const ByteSamples& samples,
                           Diag& diag) {
  const std::vector<Layer> layers = LayersOf(graph);
  const auto replace = [&](size_t l, const std::vector<std::byte>& before,
                           const std::vector<std::byte>& now) -> std::optional<Layer> {
    const bool narrow = l < which.size() && which[l];
    if (!narrow && before == now) return std::nullopt;
    Layer layer = layers[l];
    if (narrow) layer.most = kMostNarrow;
    const Moments moments = MomentsOf(layer, now, before == now ? nullptr : &before, samples.count,
                                      WindowsFor(layer, kWindows));
    return Refit(layer, moments, patterns[l]);
  };
  return LayerByLayer(graph, layers, samples, replace, diag);
}

}  // namespace covey::compiler
