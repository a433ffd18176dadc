#include "plan/place/memory.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

constexpr int32_t kFour = 4;

std::string Missing(int64_t needs, int64_t has, const char* what) {
  return "needs " + std::to_string(needs) + " " + what + ", has " + std::to_string(has) + " (" +
         std::to_string(needs - has) + " too many)";
}

std::array<int64_t, kMemoryRows> TakenBy(const Costs& costs, int device,
                                         const std::vector<Resident>& residents) {
  std::array<int64_t, kMemoryRows> taken{};
  for (const Resident& resident : residents) {
    const auto takes = costs.Takes(resident.tenant, {device, resident.first, resident.end});
    for (size_t row = 0; row < taken.size(); ++row) taken[row] += takes[row];
  }
  return taken;
}

}  // namespace

bool MemoryCheck::SumsFit(int device, const std::vector<Resident>& residents) const {
  const auto taken = TakenBy(costs_, device, residents);
  const auto has = costs_.Has(device);
  for (size_t row = 0; row < taken.size(); ++row) {
    if (taken[row] > has[row]) return false;
  }
  return true;
}

bool MemoryCheck::BiasesFit(int device, const std::vector<Resident>& residents) const {
  const Capacity& has = costs_.space().devices[device].part.capacity;
  if (has.bias_bins <= 1) return true;
  std::vector<int64_t> sizes;
  for (const Resident& resident : residents) {
    const LayerTable& model = costs_.space().tenants[resident.tenant].model;
    for (int i = resident.first; i < resident.end; ++i) {
      if (model.layers[i].bias_bytes > 0) sizes.push_back(model.layers[i].bias_bytes);
    }
  }
  return FitsBins(sizes, has.bias_bins, has.bias_bytes / has.bias_bins);
}

PackVerdict MemoryCheck::Packs(int device, const std::vector<Resident>& residents) {
  const Capacity& has = costs_.space().devices[device].part.capacity;
  if (has.columns == 0) return PackVerdict::kFits;
  // Two tenants with one model, or layers of one shape: the same question.
  PackKey key{{has.columns / kFour, has.processors / kFour}};
  std::vector<Rect> rects;
  for (const Resident& resident : residents) {
    const LayerTable& model = costs_.space().tenants[resident.tenant].model;
    for (int i = resident.first; i < resident.end; ++i) {
      const Layer& layer = model.layers[i];
      const Rect rect = RectOf(FootprintOf(layer.shape, layer.op));
      if (rect.height > 0) key.emplace_back(rect.width, rect.height);
    }
  }
  std::sort(key.begin() + 1, key.end());
  const auto [found, is_new] = packed_.try_emplace(std::move(key), PackVerdict::kDoesNot);
  if (!is_new) return found->second;
  for (auto at = found->first.begin() + 1; at != found->first.end(); ++at) {
    rects.push_back({at->first, at->second});
  }
  return found->second = Pack(rects, has.processors / kFour, has.columns / kFour).verdict;
}

bool MemoryCheck::PacksFit(int device, const std::vector<Resident>& residents) {
  const Capacity& has = costs_.space().devices[device].part.capacity;
  if (has.columns == 0 && has.bias_bins <= 1) return true;
  const auto key =
      std::pair(std::array<int64_t, 4>{has.columns, has.processors, has.bias_bins, has.bias_bytes},
                residents);
  const auto [found, is_new] = known_.try_emplace(key, PackVerdict::kDoesNot);
  if (is_new && BiasesFit(device, residents)) found->second = Packs(device, residents);
  if (found->second == PackVerdict::kUnknown) {
    ++undecided_;
    return optimistic_;
  }
  return found->second == PackVerdict::kFits;
}

bool MemoryCheck::Fits(int device, std::vector<Resident> residents) {
  if (!SumsFit(device, residents)) return false;
  if (costs_.space().memory == Memory::kBytes) return true;
  std::sort(residents.begin(), residents.end());
  return PacksFit(device, residents);
}

bool MemoryCheck::Fits(std::span<const TenantPlan> plans) {
  std::vector<std::vector<Resident>> residents(costs_.space().devices.size());
  for (const TenantPlan& plan : plans) {
    for (const Chunk& chunk : plan.chunks) {
      residents[chunk.device].push_back({plan.tenant, chunk.first, chunk.end});
    }
  }
  for (int d = 0; d < costs_.space().size(); ++d) {
    if (!residents[d].empty() && !Fits(d, residents[d])) return false;
  }
  return true;
}

std::string MemoryCheck::Shortage(int device, const std::vector<Resident>& residents) {
  const auto taken = TakenBy(costs_, device, residents);
  const auto has = costs_.Has(device);
  for (int row = 0; row < kMemoryRows; ++row) {
    if (taken[row] <= has[row]) continue;
    return Missing(taken[row], has[row], MemoryRowName(static_cast<MemoryRow>(row)));
  }
  if (Fits(device, residents)) return {};
  if (!BiasesFit(device, residents)) {
    const Capacity& most = costs_.space().devices[device].part.capacity;
    return "needs " + std::to_string(taken[static_cast<size_t>(MemoryRow::kBias)]) +
           " B of biases that do not divide into " + std::to_string(most.bias_bins) + " bins of " +
           std::to_string(most.bias_bytes / most.bias_bins) + " B";
  }
  return "has room for its bytes, but no placing of its columns on the processors was found";
}

}  // namespace covey::plan
