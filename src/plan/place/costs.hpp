// Costs answers what a chunk of a tenant costs on a device and whether the device could hold it
// alone, from sums made once.
//
//   const Costs costs(space);
//   costs.Seconds(tenant, device, 0, 5);            // kNever: it cannot run one of the layers
//   costs.Reach(tenant, device, 0);                 // layers [0, Reach) fit an empty device
//   std::vector<double> loads = costs.Loads(plan);  // seconds of each unit for one inference
//
// Memory rows are linear limits that every set of chunks on a device must keep; in Memory::kPacked
// place/memory.hpp decides on top of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "plan/place/space.hpp"

namespace covey::plan {

// Sums that may not exceed a device's capacity.
enum class MemoryRow : uint8_t { kWeights, kBias, kLayers, kArea, kWide, kFlash };
inline constexpr int kMemoryRows = 6;
const char* MemoryRowName(MemoryRow row);

class Costs {
 public:
  explicit Costs(const Space& space);

  const Space& space() const { return *space_; }
  double Seconds(int tenant, int device, int first, int end) const;
  double CpuSeconds(int tenant, int device, int first, int end) const;
  // The end of the longest run of layers from `first` that fits the device alone; `first` if none.
  int Reach(int tenant, int device, int first) const;
  // May layers be cut ahead of `at` between these two devices?
  bool CutFits(int tenant, int at, int from, int to) const;
  // The part of it that one of the two decides: does the cut fit its memory?
  bool CutHeld(int tenant, int at, int device) const;
  // What all pairs of devices have, if it is the same; else null.
  const Link* one_link() const { return one_link_ ? &*one_link_ : nullptr; }

  // What the chunk takes of a device's rows, and what the device has.
  std::array<int64_t, kMemoryRows> Takes(int tenant, const Chunk& chunk) const;
  std::array<int64_t, kMemoryRows> Has(int device) const;

  void AddLoads(const TenantPlan& plan, std::vector<double>& loads) const;
  std::vector<double> Loads(const TenantPlan& plan) const;
  void AddHop(int from, int to, int64_t bytes, std::vector<double>& loads) const;
  double Latency(const TenantPlan& plan) const;  // seconds along the path
  double EnergyMj(const TenantPlan& plan) const;
  // kNever if two neighbours have no link or a layer cannot run.
  double HopSeconds(int tenant, int at, int from, int to) const;

 private:
  struct Sums {
    std::vector<double> seconds;  // of layers [0, i)
    std::vector<int> blocked;     // how many of layers [0, i) cannot run
    std::vector<int> reach;
  };
  const Sums& SumsOf(int tenant, int device) const {
    return sums_[static_cast<size_t>(tenant) * kinds_ + kind_of_[device]];
  }
  Sums MakeSums(int tenant, int device) const;
  bool ActivationsFit(int tenant, int device, int layer) const;

  const Space* space_;
  std::vector<size_t> kind_of_;  // devices with the same part share their sums
  size_t kinds_ = 0;
  std::vector<Sums> sums_;
  std::optional<Link> one_link_;
};

}  // namespace covey::plan
