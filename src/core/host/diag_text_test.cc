#include "core/host/diag_text.hpp"

#include <gtest/gtest.h>

namespace covey {
namespace {

TEST(DiagText, WritesSubjectProblemPlaceAndNumbers) {
  DiagText diag;
  diag.Report({.subject = "image header",
               .problem = "minor is newer",
               .at = 10,
               .found = 3,
               .expected = 0,
               .numbers = true});
  EXPECT_EQ(diag.Text(), "image header: minor is newer (at byte 10, found 3, expected 0)");
}

TEST(DiagText, LeavesOutWhatAFindingDoesNotHave) {
  DiagText diag;
  diag.Report({.problem = "just words"});
  diag.Report({.subject = "tensor", .problem = "too long", .at = 7});
  EXPECT_EQ(diag.Text(), "just words; tensor: too long (at byte 7)");
}

// Names come from files: an escape sequence in one must not reach a terminal.
TEST(DiagText, ShowsControlCharactersAsEscapes) {
  DiagText diag;
  diag.Report({.subject = "op 'a\x1b[2J\n\x7f'", .problem = "na\xC3\xAFve"});
  EXPECT_EQ(diag.Text(), "op 'a\\x1b[2J\\x0a\\x7f': na\xC3\xAFve");
}

}  // namespace
}  // namespace covey
