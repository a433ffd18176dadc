#include "plan/place/brute_force.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "plan/cost/pack.hpp"
#include "plan/cost/resident_array.hpp"

namespace covey::plan {
namespace {

struct Way {
  std::vector<double> acc, cpu, radio;
  std::vector<std::vector<int>> layers;  // of each device
};

class Brute {
 public:
  explicit Brute(const Space& space) : space_(space), n_(space.size()) {}

  double Best() {
    for (size_t t = 0; t < space_.tenants.size(); ++t) ways_.push_back(Ways(t));
    Way sum = Empty();
    held_.assign(n_, {});
    Combine(0, sum);
    return best_;
  }

 private:
  Way Empty() const {
    Way way;
    way.acc = way.cpu = way.radio = std::vector<double>(n_, 0);
    way.layers.resize(n_);
    return way;
  }

  // Every source, order of devices, set of cuts, target.
  std::vector<Way> Ways(size_t t) const {
    const Tenant& tenant = space_.tenants[t];
    std::vector<Way> ways;
    std::vector<int> sources = tenant.sources, targets = tenant.targets;
    for (int d = 0; d < n_; ++d) {
      if (tenant.sources.empty()) sources.push_back(d);
      if (tenant.targets.empty()) targets.push_back(d);
    }
    const int layers = tenant.model.size();
    const int most = space_.max_segments == 0 ? n_ : std::min(space_.max_segments, n_);
    for (int mask = 0; mask < 1 << (layers - 1); ++mask) {
      std::vector<int> ends;
      for (int i = 1; i < layers; ++i) {
        if (mask >> (i - 1) & 1) ends.push_back(i);
      }
      ends.push_back(layers);
      if (static_cast<int>(ends.size()) > most) continue;
      std::vector<int> order(n_);
      for (int d = 0; d < n_; ++d) order[d] = d;
      std::vector<std::vector<int>> seen;
      do {
        std::vector<int> used(order.begin(), order.begin() + static_cast<ptrdiff_t>(ends.size()));
        if (std::find(seen.begin(), seen.end(), used) != seen.end()) continue;
        seen.push_back(used);
        for (int source : sources) {
          for (int target : targets) AddWay(tenant, ends, used, source, target, ways);
        }
      } while (std::next_permutation(order.begin(), order.end()));
    }
    return ways;
  }

  void AddWay(const Tenant& tenant, const std::vector<int>& ends, const std::vector<int>& used,
              int source, int target, std::vector<Way>& ways) const {
    Way way = Empty();
    const LayerTable& model = tenant.model;
    const auto send = [&](int from, int to, int cut) {
      if (from == to) return true;
      const Link& link = space_.LinkOf(from, to);
      if (link.bit_s <= 0) return false;
      const double s =
          8.0 * static_cast<double>(model.cuts[cut].bytes) / link.bit_s + link.overhead_s;
      way.radio[from] += tenant.weight * s;
      way.radio[to] += tenant.weight * s;
      return true;
    };
    const auto words = [&](int cut) {
      int64_t sum = 0;
      for (int i : model.cuts[cut].tensors) {
        sum += ((i < 0 ? model.input_bytes : model.layers[i].out_bytes) + 3) / 4;
      }
      return static_cast<double>(sum);
    };
    int first = 0, from = source;
    for (size_t k = 0; k < used.size(); ++k) {
      const int d = used[k];
      const Part& part = space_.devices[d].part;
      if (!send(from, d, first)) return;
      if (space_.memory == Memory::kPacked && k > 0 &&
          (model.cuts[first].bytes > part.capacity.host_sram ||
           model.cuts[first].bytes > space_.devices[from].part.capacity.host_sram)) {
        return;
      }
      for (int i = first; i < ends[k]; ++i) {
        way.acc[d] += tenant.weight * model.layers[i].counted[0].cycles / part.clock_hz;
        way.layers[d].push_back(i);
      }
      way.cpu[d] += tenant.weight * part.load_s_per_word * (words(first) + words(ends[k]));
      from = d;
      first = ends[k];
    }
    if (send(from, target, model.size())) ways.push_back(std::move(way));
  }

  bool Fits(int d) {
    const auto [at, is_new] = known_.try_emplace({d, held_[d]}, false);
    if (is_new) at->second = FitsNow(d);
    return at->second;
  }

  bool FitsNow(int d) const {
    const Capacity& has = space_.devices[d].part.capacity;
    int64_t weights = 0, bias = 0, layers = 0;
    std::vector<Rect> rects;
    std::vector<int64_t> biases;
    for (const Layer* layer : held_[d]) {
      weights += layer->weight_bytes;
      bias += layer->bias_bytes;
      ++layers;
      rects.push_back(RectOf(FootprintOf(layer->shape, layer->op)));
      biases.push_back(layer->bias_bytes);
    }
    if (weights > has.weight_bytes || bias > has.bias_bytes || layers > has.layers) return false;
    if (space_.memory == Memory::kBytes) return true;
    if (weights + bias > has.flash) return false;
    return FitsBins(biases, has.bias_bins, has.bias_bytes / has.bias_bins) &&
           Pack(rects, has.processors / 4, has.columns / 4).verdict == PackVerdict::kFits;
  }

  void Combine(size_t t, const Way& sum) {
    if (t == ways_.size()) {
      double most = 0;
      for (int d = 0; d < n_; ++d) most = std::max({most, sum.acc[d], sum.cpu[d], sum.radio[d]});
      if (most >= best_) return;
      for (int d = 0; d < n_; ++d) {
        if (!Fits(d)) return;
      }
      best_ = most;
      return;
    }
    for (const Way& way : ways_[t]) {
      Way next = sum;
      double most = 0;
      for (int d = 0; d < n_; ++d) {
        next.acc[d] += way.acc[d];
        next.cpu[d] += way.cpu[d];
        next.radio[d] += way.radio[d];
        most = std::max({most, next.acc[d], next.cpu[d], next.radio[d]});
      }
      if (most >= best_) continue;  // Loads only grow.
      for (int d = 0; d < n_; ++d) {
        for (int i : way.layers[d]) held_[d].push_back(&space_.tenants[t].model.layers[i]);
      }
      Combine(t + 1, next);
      for (int d = 0; d < n_; ++d) held_[d].resize(held_[d].size() - way.layers[d].size());
    }
  }

  const Space& space_;
  int n_;
  std::vector<std::vector<Way>> ways_;
  std::vector<std::vector<const Layer*>> held_;
  std::map<std::pair<int, std::vector<const Layer*>>, bool> known_;
  double best_ = kNever;
};

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int From(int least, int most) {
    return least + static_cast<int>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool Chance(int percent) { return From(1, 100) <= percent; }

 private:
  std::mt19937_64 random_;
};

LayerTable RandomModel(Dice& dice, int layers) {
  LayerTable model{.name = "random", .input_bytes = dice.From(1, 4000)};
  for (int i = 0; i < layers; ++i) {
    Layer layer;
    layer.op = LayerOp::kConv2d;
    layer.inputs = {i - 1};
    if (i > 1 && dice.Chance(30)) layer.inputs.push_back(dice.From(-1, i - 2));
    layer.shape.cin = dice.From(1, 128);
    layer.shape.cout = dice.From(1, 128);
    layer.shape.kernel_h = layer.shape.kernel_w = dice.Chance(50) ? 3 : 1;
    layer.shape.in_h = layer.shape.in_w = layer.shape.out_h = layer.shape.out_w = 8;
    layer.shape.weight_bits = 8;
    layer.weight_bytes =
        int64_t{layer.shape.cin} * layer.shape.cout * layer.shape.kernel_h * layer.shape.kernel_w;
    layer.bias_bytes = dice.Chance(70) ? layer.shape.cout : 0;
    layer.out_bytes = dice.From(1, 4000);
    layer.counted = {{"max78000", static_cast<double>(dice.From(1000, 200000))}};
    model.layers.push_back(std::move(layer));
  }
  (void)FillCuts(model);  // Its inputs are ahead of it.
  return model;
}

}  // namespace

double BruteForceBest(const Space& space) { return Brute(space).Best(); }

Space RandomSpace(uint64_t seed) {
  Dice dice(seed);
  Space space;
  const int devices = dice.From(1, 3), tenants = dice.From(1, 3);
  space.memory = dice.Chance(50) ? Memory::kBytes : Memory::kPacked;
  space.max_segments = dice.From(0, 3);
  for (int d = 0; d < devices; ++d) {
    Part part = *BuiltInPart("max78000");
    // Small enough that memory matters.
    part.capacity.weight_bytes = dice.From(60'000, 442'368);
    part.capacity.columns = 4 * dice.From(30, 192);
    part.capacity.bias_bytes = 4 * dice.From(128, 512);
    part.capacity.layers = dice.From(3, 20);
    part.capacity.host_sram = dice.From(2'000, 12'000);
    part.clock_hz = dice.Chance(50) ? 50e6 : 20e6;
    space.devices.push_back({"d" + std::to_string(d), part});
  }
  space.links.assign(static_cast<size_t>(devices) * devices, {});
  for (int a = 0; a < devices; ++a) {
    for (int b = 0; b < a; ++b) {
      Link link{dice.From(1, 20) * 1e5 * dice.From(1, 30), dice.From(0, 2000) * 1e-6};
      if (dice.Chance(10)) link = {};
      space.links[a * devices + b] = space.links[b * devices + a] = link;
    }
  }
  for (int t = 0; t < tenants; ++t) {
    Tenant tenant{.name = "t" + std::to_string(t)};
    tenant.model = RandomModel(dice, dice.From(1, tenants == 3 ? 5 : 8));
    tenant.weight = dice.Chance(50) ? 1 : dice.From(1, 40) / 10.0;
    if (dice.Chance(70)) tenant.sources = {dice.From(0, devices - 1)};
    if (dice.Chance(70)) tenant.targets = {dice.From(0, devices - 1)};
    space.tenants.push_back(std::move(tenant));
  }
  return space;
}

}  // namespace covey::plan
