// FactsOf says what a network never does on a target, so that its generated code can leave it out.
//
//   const Facts facts = FactsOf(image, "m4");
//   facts.Apply(kernels.text);              // kernels/facts.hpp: "kSomeRing = false"
//   if (facts.unread.contains(tensor)) ...  // a constant that no loop reads
//
// Exact: from the same functions by which the kernels choose their loops (kernels/dsp/choice.hpp).
#pragma once

#include <set>
#include <string>

#include "wire/image/reader.hpp"

namespace covey::compiler {

struct Facts {
  std::set<std::string> never;  // names of kernels/facts.hpp that are false
  bool unpacked = false;        // some weights become code
  std::set<uint16_t> unread;    // weights that stand in the image in another form, too

  void Apply(std::string& kernels) const;
};

Facts FactsOf(const wire::ImageView& image, const std::string& target);

}  // namespace covey::compiler
