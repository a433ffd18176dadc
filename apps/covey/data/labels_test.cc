#include "apps/covey/data/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LabelsTest : public testing::Test {
 protected:
  Expected<std::vector<int>> Classes(const std::string& text, size_t samples) const {
    EXPECT_TRUE(dir_.Write("labels", text));
    return ReadClasses((dir_.path() / "labels").string(), samples);
  }
  std::string WhyNot(const std::string& text, size_t samples) const {
    const auto classes = Classes(text, samples);
    return classes ? "" : classes.error().message;
  }
  TempDir dir_;
};

TEST_F(LabelsTest, AreNumbersOrTheLastFieldBehindAHeader) {
  EXPECT_THAT(Classes("3\n0\n\n# notes\n7\n", 3).value(), ElementsAre(3, 0, 7));
  EXPECT_THAT(Classes("file,classes,label\r\na.bin,10,4\r\nb.bin,10,9 \r\n", 2).value(),
              ElementsAre(4, 9));
}

TEST_F(LabelsTest, ThatAreNoneAreToldByLine) {
  EXPECT_THAT(WhyNot("1\ncat\n", 2), HasSubstr("line 2 is 'cat', expected a class number"));
  EXPECT_THAT(WhyNot("1\n-2\n", 2), HasSubstr("line 2"));
  EXPECT_THAT(WhyNot("1\n2\n", 3), HasSubstr("2 labels for 3 samples"));
}

TEST_F(LabelsTest, AWrongNumberInTheFirstLineIsNoHeader) {
  for (const char* number : {"-1", "99999999999", "1.5"})
    EXPECT_THAT(WhyNot(std::string(number) + "\n2\n", 2),
                HasSubstr("line 1 is '" + std::string(number) + "'"));
}

}  // namespace
}  // namespace covey::app
