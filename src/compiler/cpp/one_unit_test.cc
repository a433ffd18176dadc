#include "compiler/cpp/one_unit.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace covey::compiler {
namespace {

TEST(OneUnit, NamesTheUnnamedNamespaceAndLooksIntoIt) {
  EXPECT_EQ(ToOneUnit("namespace a {\nnamespace {\nint F() { return 1; }\n}  // namespace\n"
                      "int G() { return F(); }\n}\n",
                      "in_x"),
            "namespace a {\nnamespace in_x {\nint F() { return 1; }\n}  // namespace\n"
            "int G() { using namespace in_x; return F(); }\n}\n");
}

TEST(OneUnit, LeavesTypesAndInitialisersAlone) {
  const char* const text = "namespace {\n}\nstruct alignas(4) S {\n};\nint t[] = {F(1)};\n";
  EXPECT_EQ(ToOneUnit(text, "n"), "namespace n {\n" + std::string(text).substr(12));
}

TEST(OneUnit, SeesNoBracesInCommentsStringsAndDirectives) {
  const char* const text =
      "namespace {\n// }\n/* } */ const char* s = \"}\\\"}\"; char c = '}';\n"
      "#define M \\\n  }\n#undef M\nint n = 1'000;\n}\nvoid F() {}\n";
  std::string expected = text;
  expected.insert(10, "n ");
  expected.insert(expected.rfind('}'), " using namespace n;");
  EXPECT_EQ(ToOneUnit(text, "n"), expected);
}

TEST(OneUnit, EndsTheFilesMacrosWithIt) {
  EXPECT_EQ(ToOneUnit("#define A 1\n#define B(x) x\n#undef A\n", "n"),
            "#define A 1\n#define B(x) x\n#undef A\n#undef B\n");
}

TEST(OneUnit, TakesIncludesOut) {
  std::vector<std::string> includes;
  const std::string rest =
      WithoutIncludes("#pragma once\n#include <span>\n#include \"core/op.hpp\"  // why\nint x;\n",
                      [&](std::string_view name) { includes.emplace_back(name); });
  EXPECT_EQ(rest, "int x;\n");
  EXPECT_EQ(includes, (std::vector<std::string>{"<span>", "\"core/op.hpp\""}));
}

}  // namespace
}  // namespace covey::compiler
