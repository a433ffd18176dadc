#include <algorithm>
#include <cmath>
#include <limits>

#include "serve/profiles/profiles.hpp"

namespace covey::serve {
namespace {

// To the nearest whole number that the field holds.
uint32_t Whole(double value) {
  constexpr double kMost = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::llround(std::clamp(value, 0.0, kMost)));
}
uint16_t Parts(double share) {
  return static_cast<uint16_t>(std::lround(std::clamp(share, 0.0, 1.0) * kOne));
}

}  // namespace

Profile ToProfile(const PlaceProfile& place) {
  Profile profile;
  profile.place = place.local ? PlaceKind::kLocal : PlaceKind::kAgent;
  const std::optional<Estimate>& share = place.accuracy ? place.accuracy : place.agreement;
  if (share) profile.accuracy = {Parts(share->low), Parts(share->value), Parts(share->high)};
  profile.samples = Whole(static_cast<double>(place.samples));
  profile.up_bytes = Whole(place.sent_bytes);
  profile.down_bytes = Whole(place.received_bytes);
  profile.compute = {Whole(place.compute_ms.median * 1000), Whole(place.compute_ms.p90 * 1000),
                     Whole(place.compute_ms.p99 * 1000)};
  if (place.energy) {
    profile.energy_uj = Whole(place.energy->compute_uj);
    profile.wait_uw = Whole(place.energy->waiting_mw * 1000);
    profile.energy_nj_per_byte = Whole(place.energy->radio_nj_per_byte);
  }
  profile.memory_bytes = Whole(static_cast<double>(place.memory_bytes));
  profile.flash_bytes = Whole(static_cast<double>(place.flash_bytes));
  profile.approximate = place.approximate;
  profile.modelled = place.modelled;
  return profile;
}

}  // namespace covey::serve
