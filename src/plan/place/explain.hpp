// Words for people: what limits a plan, why a tenant was refused, and the nearest thing that works.
//
//   for (const std::string& line : Explain(costs, answer)) Print(line);
#pragma once

#include <string>
#include <vector>

#include "plan/place/answer.hpp"
#include "plan/place/memory.hpp"

namespace covey::plan {

std::string Digits(double value);   // "12.5", four digits
std::string SecondsText(double s);  // "12.5 ms"

// Why this tenant has no plan even in an empty space; empty if it has one.
std::string WhyAlone(const Costs& costs, MemoryCheck& memory, int tenant);
// The nearest change that gives it one; empty if none of those tried does.
std::string Nearest(const Space& space, int tenant);

// What the whole space lacks for these tenants together; empty if its sums suffice.
std::string TooMuchTogether(const Costs& costs, const std::vector<int>& tenants);
// Why no plan for them was found all the same.
std::string WhyTogether(bool proved);
// What would let `out` in beside `tenants`.
std::string NearestTogether(const Space& space, const std::vector<int>& tenants, int out);

std::vector<std::string> Explain(const Costs& costs, const Answer& answer);

// The space with one more device like `like`, linked to all others as most pairs are.
Space WithOneMore(const Space& space, int like);

}  // namespace covey::plan
