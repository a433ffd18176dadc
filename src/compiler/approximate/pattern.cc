#include "compiler/approximate/pattern.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

namespace covey::compiler {
namespace {

using Vector = std::vector<int32_t>;  // over the operands of one component

int32_t Dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), int32_t{0});
}
void Subtract(Vector& from, int32_t times, const Vector& what) {
  for (size_t i = 0; i < from.size(); ++i) from[i] -= times * what[i];
}
int32_t Rounded(int32_t a, int32_t b) {
  return static_cast<int32_t>(std::lround(static_cast<double>(a) / b));
}

// Those combinations of the basis whose product with the rule is 0: Euclid's algorithm on the
// products leaves one vector that is not.
void Restrict(std::vector<Vector>& basis, const Vector& rule) {
  for (;;) {
    size_t least = basis.size(), others = 0;
    for (size_t k = 0; k < basis.size(); ++k) {
      const int32_t value = std::abs(Dot(basis[k], rule));
      if (value == 0) continue;
      ++others;
      if (least == basis.size() || value < std::abs(Dot(basis[least], rule))) least = k;
    }
    if (others == 0) return;
    if (others == 1) {
      basis.erase(basis.begin() + static_cast<std::ptrdiff_t>(least));
      return;
    }
    const int32_t value = Dot(basis[least], rule);
    for (size_t k = 0; k < basis.size(); ++k)
      if (k != least) Subtract(basis[k], Rounded(Dot(basis[k], rule), value), basis[least]);
  }
}

// Short vectors round better.
void Shorten(std::vector<Vector>& basis) {
  constexpr int kMostSweeps = 32;
  bool changed = true;
  for (int sweep = 0; changed && sweep < kMostSweeps; ++sweep) {
    changed = false;
    for (size_t a = 0; a < basis.size(); ++a)
      for (size_t b = 0; b < basis.size(); ++b) {
        if (a == b) continue;
        const int32_t times = Rounded(Dot(basis[a], basis[b]), Dot(basis[b], basis[b]));
        Vector shorter = basis[a];
        Subtract(shorter, times, basis[b]);
        if (Dot(shorter, shorter) >= Dot(basis[a], basis[a])) continue;
        basis[a] = std::move(shorter);
        changed = true;
      }
  }
}

std::vector<Vector> BasisOf(size_t size, const std::vector<Vector>& rules) {
  std::vector<Vector> basis(size, Vector(size, 0));
  for (size_t i = 0; i < size; ++i) basis[i][i] = 1;
  for (const Vector& rule : rules) Restrict(basis, rule);
  Shorten(basis);
  return basis;
}

}  // namespace

std::vector<Column> LatticeOf(int32_t operands, const std::vector<SkipRule>& zero) {
  const auto n = static_cast<size_t>(operands);
  std::vector<size_t> parent(n);  // operands that rules tie together
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto root = [&](size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const SkipRule& rule : zero)
    for (const SkipTerm& term : rule)
      parent[root(static_cast<size_t>(term.index))] = root(static_cast<size_t>(rule[0].index));
  std::map<size_t, std::pair<std::vector<int32_t>, std::vector<const SkipRule*>>> components;
  for (const SkipRule& rule : zero)
    components[root(static_cast<size_t>(rule[0].index))].second.push_back(&rule);
  std::vector<Column> columns;
  for (size_t i = 0; i < n; ++i) {
    const auto at = components.find(root(i));
    if (at == components.end()) {
      columns.push_back({{static_cast<int32_t>(i), 1}});
    } else {
      at->second.first.push_back(static_cast<int32_t>(i));
    }
  }
  std::map<std::vector<Vector>, std::vector<Vector>> known;
  for (const auto& [number, component] : components) {
    const auto& [members, rules] = component;
    std::vector<Vector> local;
    for (const SkipRule* rule : rules) {
      Vector row(members.size(), 0);
      for (const SkipTerm& term : *rule)
        row[static_cast<size_t>(std::lower_bound(members.begin(), members.end(), term.index) -
                                members.begin())] += term.coefficient;
      local.push_back(std::move(row));
    }
    std::sort(local.begin(), local.end());
    const auto [place, fresh] = known.try_emplace(local);
    if (fresh) place->second = BasisOf(members.size(), local);
    for (const Vector& vector : place->second) {
      Column& column = columns.emplace_back();
      for (size_t i = 0; i < members.size(); ++i)
        if (vector[i] != 0) column.push_back({members[i], vector[i]});
    }
  }
  std::sort(columns.begin(), columns.end(),
            [](const Column& a, const Column& b) { return a[0].index < b[0].index; });
  return columns;
}

bool Keeps(const std::vector<SkipRule>& zero, const int8_t* weights) {
  return std::all_of(zero.begin(), zero.end(), [&](const SkipRule& rule) {
    int32_t sum = 0;
    for (const SkipTerm& term : rule) sum += term.coefficient * weights[term.index];
    return sum == 0;
  });
}

}  // namespace covey::compiler
