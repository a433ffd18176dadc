// What one tensor does to the scores if it alone is rounded to int8, everything else float: how
// sensitive the tensor is.
//
//   const Alone alone(network, samples);
//   std::vector<Sensitivity> found = SensitivitiesOf(alone, plan, tick);
//
// Tensors that must be quantised alike (GroupsOf) are rounded together.
// Memory: the float network's live tensors, times the samples.
#pragma once

#include <vector>

#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/groups.hpp"

namespace covey::compiler {

class Alone {
 public:
  Alone(const FloatNetwork& network, const Samples& samples);

  const Graph& graph() const { return network_.graph(); }
  const QuantGroups& groups() const { return groups_; }
  // Representatives of the groups that have a range of their own, in the tensors' order.
  const std::vector<int>& roots() const { return roots_; }
  // The sum of squares by which the scores are off if the group's tensors are rounded so.
  double NoiseOf(int group, ScaleZero q) const;
  // The sum of the scores' squares.
  double signal() const;
  // The smallest interval that holds those of all of the group's tensors.
  Interval RangeOf(int group, const std::vector<Interval>& ranges) const;

 private:
  const FloatNetwork& network_;
  const Samples& samples_;
  QuantGroups groups_;
  std::vector<int> roots_;
  Reference reference_;
};

struct Sensitivity {
  int group = 0;  // representative tensor (GroupsOf)
  double noise = 0;
};

// Most sensitive first.
std::vector<Sensitivity> SensitivitiesOf(const Alone& alone, const QuantPlan& plan,
                                         const Tick& tick);

}  // namespace covey::compiler
