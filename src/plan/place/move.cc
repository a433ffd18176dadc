#include "plan/place/move.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

bool Holds(std::span<const TenantPlan> plans, int tenant, int device, int layer) {
  for (const TenantPlan& plan : plans) {
    if (plan.tenant != tenant) continue;
    for (const Chunk& chunk : plan.chunks) {
      if (chunk.device == device && layer >= chunk.first && layer < chunk.end) return true;
    }
  }
  return false;
}

}  // namespace

double ChunkMoveSeconds(const Space& space, std::span<const TenantPlan> before, int tenant,
                        const Chunk& chunk, bool weights_in_flash) {
  const LayerTable& model = space.tenants[tenant].model;
  int64_t bytes = 0;
  for (int i = chunk.first; i < chunk.end; ++i) {
    if (Holds(before, tenant, chunk.device, i)) continue;
    bytes += model.layers[i].weight_bytes + model.layers[i].bias_bytes;
  }
  if (bytes == 0) return 0;
  double best = kNever;
  for (int other = 0; other < space.size(); ++other) {
    if (other == chunk.device) continue;
    best = std::min(best, space.LinkOf(other, chunk.device).SecondsOf(bytes));
  }
  const Part& part = space.devices[chunk.device].part;
  const double load = part.weight_load_s_per_word * static_cast<double>(bytes) / 4;
  return !weights_in_flash && best < kNever ? load + best : load;
}

double MoveSeconds(const Space& space, std::span<const TenantPlan> before, const TenantPlan& next,
                   bool weights_in_flash) {
  double seconds = 0;
  for (const Chunk& chunk : next.chunks) {
    seconds += ChunkMoveSeconds(space, before, next.tenant, chunk, weights_in_flash);
  }
  return seconds;
}

}  // namespace covey::plan
