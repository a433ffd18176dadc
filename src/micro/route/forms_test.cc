#include "micro/route/forms.hpp"

#include <gtest/gtest.h>

#include <random>

namespace covey::micro {
namespace {

// A photograph as it is, as pixels, and as JPEGs that are smaller and agree less.
constexpr SendForm kForms[] = {{.bytes = 27'000},
                               {.bytes = 270'000, .encode_us = 500},
                               {.bytes = 15'000, .encode_us = 3'000, .agrees = 9'700},
                               {.bytes = 11'000, .encode_us = 3'000, .agrees = 9'000}};

class FormsTest : public testing::Test {
 protected:
  // How many of `requests` went in each form, over a link of so many ns a byte.
  std::vector<int> Send(uint16_t keep, double ns_per_byte, int requests) {
    std::vector<int> sent(std::size(kForms));
    for (int i = 0; i < requests; ++i) {
      const uint8_t form = chooser_.Choose(kForms, keep);
      ++sent[form];
      const double jitter = std::exponential_distribution<double>(1.0 / 500)(random_);
      const double us = 6'000 + jitter + kForms[form].bytes * ns_per_byte / 1'000;
      chooser_.Sent(kForms[form].bytes, static_cast<uint32_t>(us));
    }
    return sent;
  }
  FormChooser chooser_;
  std::mt19937 random_{5};
};

TEST_F(FormsTest, SendsAsItIsOverAFastLink) { EXPECT_GT(Send(9'000, 80, 1'000)[0], 900); }

TEST_F(FormsTest, SendsTheSmallestThatKeepsEnoughOverASlowLink) {
  EXPECT_GT(Send(9'000, 11'400, 1'000)[3], 940);
  chooser_ = {};
  EXPECT_GT(Send(9'500, 11'400, 1'000)[2], 930);
}

TEST_F(FormsTest, SendsAsItIsWhereNothingKeepsEnough) {
  const auto sent = Send(9'900, 11'400, 1'000);
  EXPECT_GT(sent[0], 900);
  EXPECT_EQ(sent[2] + sent[3], 0);
}

TEST_F(FormsTest, FollowsALinkThatChanges) {
  (void)Send(9'000, 80, 500);
  EXPECT_GT(Send(9'000, 11'400, 300)[3], 200);
  EXPECT_GT(Send(9'000, 80, 1'000)[0], 500);  // learns by what is tried each 32nd time
}

// Once, the form that was as good as the best was tried at each request, and the best never sent.
TEST_F(FormsTest, TryingWhatCostsNothingDoesNotKeepTheBestFromBeingSent) {
  const SendForm forms[] = {{.bytes = 4'800}, {.bytes = 900, .encode_us = 160, .agrees = 9'500}};
  int sent[2] = {};
  for (int n = 0; n < 1'000; ++n) {
    const uint8_t form = chooser_.Choose(forms, 9'000);
    const uint32_t bytes = form == 0 ? 4'867 : 979;
    chooser_.Sent(bytes, 1'000 + (n < 40 ? bytes * 10 : bytes / 1'000));
    if (n >= 500) ++sent[form];
  }
  EXPECT_GT(sent[0], 8 * sent[1]);
}

TEST_F(FormsTest, SurvivesAnything) {
  std::uniform_int_distribution<uint32_t> any;
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t shift = any(random_) % 32;
    const SendForm forms[] = {{.bytes = any(random_) >> shift},
                              {any(random_), any(random_), static_cast<uint16_t>(any(random_))}};
    EXPECT_LT(chooser_.Choose(forms, static_cast<uint16_t>(any(random_))), 2);
    chooser_.Sent(any(random_) >> any(random_) % 32, any(random_) >> any(random_) % 32);
    (void)chooser_.LinkUs(any(random_));
  }
}

}  // namespace
}  // namespace covey::micro
