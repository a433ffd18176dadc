#include "plan/place/space.hpp"

#include <algorithm>

namespace covey::plan {

bool Tenant::MayCut(int at) const {
  return free_cuts || std::find(cuts.begin(), cuts.end(), at) != cuts.end();
}

int Space::SegmentsOf(const Tenant& tenant) const {
  const int asked = tenant.max_segments >= 0 ? tenant.max_segments : max_segments;
  const int most = std::min(size(), tenant.model.size());
  return std::max(1, asked == 0 ? most : std::min(asked, most));
}

std::string UnitName(const Space& space, int unit) {
  if (unit == AirUnit(space)) return "air";
  constexpr const char* kNames[] = {".acc", ".cpu", ".radio", ".receiver"};
  return space.devices[unit / kUnitKinds].name + kNames[unit % kUnitKinds];
}

bool UnitExists(const Space& space, int unit) {
  if (unit == AirUnit(space)) return space.shared_channel;
  const bool receiver = unit % kUnitKinds == static_cast<int>(UnitKind::kReceiver);
  return !receiver || space.devices[unit / kUnitKinds].full_duplex;
}

}  // namespace covey::plan
