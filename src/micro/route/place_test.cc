#include "micro/route/place.hpp"

#include <gtest/gtest.h>

#include <string>

namespace covey::micro {
namespace {

std::string Host(const PlaceName& place) { return {place.host.data(), place.host.size()}; }

TEST(Place, ReadsLocal) {
  auto place = ParsePlace("local");
  ASSERT_TRUE(place.ok());
  EXPECT_FALSE(place->agent);
}

TEST(Place, ReadsAgents) {
  auto place = ParsePlace("agent tcp://10.0.2.2:7700");
  ASSERT_TRUE(place.ok());
  EXPECT_TRUE(place->agent);
  EXPECT_EQ(Host(*place), "10.0.2.2");
  EXPECT_EQ(place->port, 7700);
  auto named = ParsePlace("agent tcp://edge-1.local:65535");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(Host(*named), "edge-1.local");
  EXPECT_EQ(named->port, 65535);
}

TEST(Place, RefusesWhatIsNeither) {
  for (const char* text : {"",
                           "Local",
                           "local ",
                           " local",
                           "locals",
                           "agent",
                           "agent tcp://",
                           "agent tcp://h",
                           "agent tcp://h:",
                           "agent tcp://:1",
                           "agent tcp://h:0",
                           "agent tcp://h:65536",
                           "agent tcp://h:99999",
                           "agent tcp://h:100000",
                           "agent tcp://h:1x",
                           "agent tcp://h: 1",
                           "agent tcp://h:-1",
                           "agent udp://h:1",
                           "agent  tcp://h:1",
                           "agent tcp://h_1:1",
                           "agent tcp://a b:1",
                           "agent tcp://[::1]:1",
                           "agent tcp://h:1 "}) {
    auto place = ParsePlace(text);
    EXPECT_FALSE(place.ok()) << text;
    EXPECT_EQ(place.status().code(), Code::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParsePlace(nullptr).ok());
}

TEST(Place, RefusesHostsLongerThanANameMayBe) {
  EXPECT_TRUE(ParsePlace(("agent tcp://" + std::string(253, 'h') + ":1").c_str()).ok());
  EXPECT_FALSE(ParsePlace(("agent tcp://" + std::string(254, 'h') + ":1").c_str()).ok());
}

TEST(Place, TellsAddressesFromNames) {
  auto is = [](const std::string& text) { return IsIpv4({text.data(), text.size()}); };
  for (const char* text : {"0.0.0.0", "10.0.2.2", "255.255.255.255", "127.0.0.1"})
    EXPECT_TRUE(is(text)) << text;
  for (const char* text : {"", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "256.0.0.1",
                           "1..2.3", "01.2.3.4", "1.2.3.0004", "a.b.c.d", "localhost", ".1.2.3"})
    EXPECT_FALSE(is(text)) << text;
}

}  // namespace
}  // namespace covey::micro
