// Inputs a session takes, converts or refuses.
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

TEST_F(SessionTest, RefusesInputsThatAreWrongEverywhere) {
  UseAgent();
  covey_input image = Image();
  image.width = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  image.width = 0x80000000;
  image.height = 0x80000000;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  image = Image();
  for (int format : {0, 6}) {
    image.format = static_cast<covey_format>(format);
    EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  }
  image = Image();
  image.read = nullptr;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(covey_classify(&session, nullptr, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(covey_classify(&session, &image, nullptr, nullptr), COVEY_INVALID_ARGUMENT);
  image = Image();
  const covey_options options{.deadline_ns = 0, .top_k = 6, .fallback = COVEY_FAIL, .sla = {}};
  EXPECT_EQ(covey_classify(&session, &image, &options, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_STRNE(result.error, "");
  EXPECT_EQ(link.connects, 0);
}

TEST_F(SessionTest, NamesWhatDoesNotFitTheLocalModel) {
  pixels.resize(27);
  covey_input image = Image();
  image.width = image.height = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_NE(diag.Text().find("height"), std::string::npos) << diag.Text();
  EXPECT_NE(diag.Text().find("found 3, expected 2"), std::string::npos) << diag.Text();
  image.format = COVEY_TENSOR;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_EQ(runs, 0);
}

class PixelTableTest : public SessionTest {
 protected:
  static wire::ImageContents Tabled() {
    wire::ImageContents contents = Network();
    contents.pixel_channels = 3;
    for (int i = 0; i < 3 * 256; ++i)  // red inverted, green as it is, blue all dark
      contents.pixel_table.push_back(static_cast<int8_t>(i < 256   ? 127 - i
                                                         : i < 512 ? i - 256 - 128
                                                                   : -128));
    return contents;
  }
  PixelTableTest() : SessionTest(Tabled()) {}
};

TEST_F(PixelTableTest, ConvertsPixelsByChannel) {
  EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_EQ(result.classes[0].index, 0U);  // red 10 -> 245
  EXPECT_FLOAT_EQ(result.classes[0].confidence, 245.0F / 256);
  EXPECT_EQ(result.classes[1].index, 3U);  // red 30 -> 225
  EXPECT_EQ(result.classes[2].index, 6U);
}

TEST_F(PixelTableTest, LeavesTensorsAlone) {
  EXPECT_EQ(Classify(COVEY_FAIL, 0, COVEY_TENSOR), COVEY_OK);
  EXPECT_EQ(result.classes[0].index, 10U);  // 100 is the largest int8 here
}

class TensorModelTest : public SessionTest {
 protected:
  static wire::ImageContents NoClasses() {
    wire::ImageContents contents = Network();
    contents.output_kind = wire::OutputKind::kTensor;
    return contents;
  }
  TensorModelTest() : SessionTest(NoClasses()) {}
};

TEST_F(TensorModelTest, DoesNotClassify) {
  EXPECT_EQ(Classify(), COVEY_FAILED_PRECONDITION);
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace covey::micro
