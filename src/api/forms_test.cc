// How pictures are sent: forms from profiles, and what a call makes of one.
#include <gtest/gtest.h>

#include "api/host_places.hpp"
#include "core/host/diag_text.hpp"

namespace covey::api {
namespace {

serve::Profiles Measured() {
  serve::Profiles profiles;
  profiles.places.push_back({.name = "edge",
                             .model = "net",
                             .place = "agent:edge:7700",
                             .local = false,
                             .accuracy = {},
                             .agreement = {},
                             .compute_ms = {1, 1, 1, 1, 1},
                             .latency_ms = {9, 9, 9, 9, 9},
                             .energy = {}});
  profiles.forms = {
      {.profile = "edge", .form = "png", .sent_bytes = 40, .agreement = {0.97, 0.9, 0.99}},
      {.profile = "edge", .form = "jpeg:50", .sent_bytes = 20, .agreement = {0.9, 0.8, 0.95}},
      {.profile = "other", .form = "jpeg:10", .sent_bytes = 1, .agreement = {1, 1, 1}}};
  return profiles;
}

TEST(Forms, OfAnAgentAreThoseOfItsProfile) {
  const Routing routing(Measured(), {"net"}, "net", {"agent tcp://edge:7700"});
  ASSERT_EQ(routing.forms.size(), 1U);
  const AgentForms& forms = routing.forms.front();
  ASSERT_EQ(forms.forms.size(), 3U);
  EXPECT_EQ(forms.forms[0].Text(), "file");
  EXPECT_EQ(forms.forms[1].Text(), "png");
  EXPECT_EQ(forms.measured[1].agrees, kOne) << "nothing is lost";
  EXPECT_EQ(forms.measured[2].agrees, 9'000);
  EXPECT_EQ(forms.measured[2].bytes, 20U);
}

TEST(Forms, AnAgentThatNobodyMeasuredGetsPicturesAsTheyAre) {
  const Routing routing({}, {"net"}, "net", {"agent tcp://edge:7700", "agent tcp://far:7700"});
  ASSERT_EQ(routing.forms.size(), 2U);
  EXPECT_EQ(routing.forms[1].forms.size(), 1U);
}

TEST(Forms, ACallSendsWhatItCannotEncodeAsItIs) {
  DiagText diag;
  const serve::Form jpeg = *serve::ParseForm("jpeg:50", diag);
  const std::vector<std::byte> pixels(size_t{16} * 16 * 3, std::byte{90});
  const Image picture = Image::RawRgb8(16, 16, pixels);
  ClassifyCall call(picture, 1);
  call.Encode(jpeg);
  EXPECT_EQ(call.form.Text(), "jpeg:50");
  EXPECT_EQ(call.encoded.format, ImageFormat::kJpeg);
  call.Encode({});
  EXPECT_EQ(call.form.Text(), "file");
  Image broken = picture;
  broken.width = 17;
  ClassifyCall other(broken, 1);
  other.Encode(jpeg);
  EXPECT_EQ(other.form.Text(), "file");
  const Image tensor = Image::Tensor(pixels);
  EXPECT_FALSE(ClassifyCall(tensor, 1).has_forms());
}

}  // namespace
}  // namespace covey::api
