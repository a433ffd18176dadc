// ToOneUnit rewrites a .cc file so that many of them may stand in one translation unit.
//
//   namespace covey::kernels::ref {        namespace covey::kernels::ref {
//   namespace {                            namespace in_ref_add {
//   int32_t Scaled(...) {...}              int32_t Scaled(...) {...}
//   }  // namespace                   ->   }  // namespace
//   void RunAdd(const OpView& op) {        void RunAdd(const OpView& op) {
//                                            using namespace in_ref_add;
//
// Unnamed namespaces get a name of the file's own, and every function behind them looks into it, so
// that files may use the same names for different things. Macros that the file defines end with it.
// The text must be C++ with its braces balanced; comments, strings and directives are left alone.
#pragma once

#include <string>
#include <string_view>

namespace covey::compiler {

// `name`: an identifier that no other file has.
std::string ToOneUnit(std::string_view text, const std::string& name);

// The lines that are no #include and no #pragma once; what they include goes to `includes`, as it
// is written: "core/op.hpp" with its quotes, or <span>.
template <typename Take>
std::string WithoutIncludes(std::string_view text, Take&& take) {
  std::string rest;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with("#pragma once")) continue;
    if (line.starts_with("#include ")) {
      const std::string_view name = line.substr(9);
      take(name.substr(0, name.find_first_of(name[0] == '<' ? '>' : '"', 1) + 1));
      continue;
    }
    rest += line;
    rest += '\n';
  }
  return rest;
}

}  // namespace covey::compiler
