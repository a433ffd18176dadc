// Variants of the device's own model: "auto" chooses among them, a named place does not.
#include <cstring>

#include "micro/run/variants.hpp"
#include "micro/session/host/session_fixture.hpp"
#include "wire/image/host/join.hpp"

namespace covey::micro {
namespace {

class VariantsTest : public SessionTest {
 protected:
  void SetUp() override {
    parts.variants = others_;
    parts.local = &exact_;
    parts.variant_profiles = std::span(&fast_, 1);
    ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
  }
  std::string Ask(const covey_sla& sla = {}) {
    const covey_input image = Image(COVEY_RAW_RGB8);
    const covey_options options{
        .deadline_ns = 1'000 * kMs, .top_k = 1, .fallback = COVEY_FALL_BACK_LOCAL, .sla = sla};
    EXPECT_EQ(covey_classify(&session, &image, &options, &result), COVEY_OK) << result.error;
    return result.place + (result.variant != 0 ? "#" + std::to_string(result.variant) : "");
  }

  Local other_{Network()};
  Engine* others_[1] = {&other_.engine()};
  Profile exact_{.accuracy = {8'800, 9'000, 9'200}, .compute = {100'000, 100'000, 100'000}};
  Profile fast_{
      .accuracy = {7'800, 8'000, 8'200}, .compute = {10'000, 10'000, 10'000}, .approximate = true};
};

TEST_F(VariantsTest, ANamedPlaceKeepsTheModelAsItIs) {
  ASSERT_EQ(covey_set_place(&session, "local", nullptr), COVEY_OK);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Ask(), "local");
}

TEST_F(VariantsTest, TakesTheVariantThatMeetsTheRequest) {
  ASSERT_EQ(covey_set_place(&session, "auto local", nullptr), COVEY_OK);
  EXPECT_STREQ(covey_place(&session), "auto local");
  EXPECT_EQ(Ask(), "local#1");
  covey_sla sla = {};
  sla.min_accuracy = 8'500;
  EXPECT_EQ(Ask(sla), "local");
  sla = {};
  sla.exact_only = true;
  EXPECT_EQ(Ask(sla), "local");
}

TEST_F(VariantsTest, StandBesideAnAgent) {
  ASSERT_EQ(covey_set_place(&session, "auto agent tcp://10.0.2.2:7700", "big"), COVEY_OK);
  covey_sla sla = {};
  sla.prefer = COVEY_PREFER_ACCURACY;
  EXPECT_EQ(Ask(sla), "agent tcp://10.0.2.2:7700");
  link.refuse = true;
  link.peer = nullptr;
  sla.max_latency_ns = 50 * kMs;
  sla.never_late = true;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Ask(sla), "local#1");
}

TEST_F(VariantsTest, MoreThanThreeAreLeftOut) {
  Engine* const many[] = {others_[0], others_[0], others_[0], others_[0], others_[0]};
  parts.variants = many;
  ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
  ASSERT_EQ(covey_set_place(&session, "auto agent tcp://10.0.2.2:7700", "big"), COVEY_OK);
  covey_sla sla = {};
  sla.prefer = COVEY_PREFER_ACCURACY;
  EXPECT_EQ(Ask(sla), "agent tcp://10.0.2.2:7700");
}

// A file of two variants, as a board holds it.
class VariantsFile : public SessionTest {
 protected:
  VariantsFile() {
    wire::ImageContents other = Network();
    other.name = "other";
    DiagText why;
    const auto joined =
        wire::JoinVariants({wire::WriteImage(Network()), wire::WriteImage(other)}, why);
    EXPECT_TRUE(joined.ok()) << why.Text();
    words_.resize(joined->size() / sizeof(Word) + 1);
    std::memcpy(words_.data(), joined->data(), joined->size());
    file_ = std::as_bytes(std::span(words_)).first(joined->size());
  }
  struct alignas(16) Word {
    std::byte bytes[16];
  };
  std::vector<Word> words_;
  std::span<const std::byte> file_;
  alignas(16) std::byte arena_[32];
};

TEST_F(VariantsFile, OpensOnOneArena) {
  Variants variants;
  ASSERT_TRUE(variants.Open(file_, kKernels, arena_, diag).ok()) << diag.Text();
  ASSERT_EQ(variants.others().size(), 1U);
  EXPECT_STREQ(variants.first()->image().name(), Network().name.c_str());
  EXPECT_STREQ(variants.others()[0]->image().name(), "other");
  EXPECT_EQ(variants.first()->input(0).data, variants.others()[0]->input(0).data);
}

TEST_F(VariantsFile, RefusesWhatIsDamaged) {
  Variants variants;
  words_[words_.size() - 2].bytes[0] ^= std::byte{1};
  EXPECT_FALSE(variants.Open(file_, kKernels, arena_, diag).ok());
  EXPECT_EQ(variants.first(), nullptr);
  EXPECT_TRUE(variants.others().empty());
}

}  // namespace
}  // namespace covey::micro
