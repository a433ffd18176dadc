#include "serve/profiles/profiles.hpp"

#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"

namespace covey::serve {
namespace {

Profiles Sample() {
  Profiles profiles;
  profiles.places.push_back({.name = "mcu",
                             .model = "resnet8",
                             .place = "board:m4",
                             .local = true,
                             .samples = 500,
                             .accuracy = Estimate{0.89, 0.86, 0.9145},
                             .agreement = {},
                             .modelled = true,
                             .compute_ms = {48, 48.3, 48.4, 48.5, 48.6},
                             .latency_ms = {48, 48.3, 48.4, 48.5, 48.6},
                             .missed = 0,
                             .sent_bytes = 0,
                             .received_bytes = 0,
                             .energy_uj = 2415});
  profiles.places.push_back({.name = "edge \"56\"\n",
                             .model = "resnet56",
                             .place = "agent:[::1]:7700",
                             .local = false,
                             .samples = 500,
                             .accuracy = Estimate{0.926, 0.9, 0.95},
                             .agreement = Estimate{1, 0.99, 1},
                             .modelled = false,
                             .compute_ms = {3, 4, 5, 6, 7},
                             .latency_ms = {4, 5, 6, 7, 1e6},
                             .missed = 0.002,
                             .sent_bytes = 3112,
                             .received_bytes = 61.5,
                             .energy_uj = {}});
  profiles.cascades.push_back({.local = "mcu",
                               .remote = "edge \"56\"\n",
                               .temperature = 1.7,
                               .threshold = 0.8125,
                               .accuracy = 0.92,
                               .traffic = 0.31,
                               .target = 0.99,
                               .error_before = 0.05,
                               .error_after = 0.01});
  return profiles;
}

Status Read(const std::string& text, std::string& words) {
  DiagText diag;
  const auto read = ReadProfiles(text, "p.toml", diag);
  words = diag.Text();
  return read.status();
}

TEST(Profiles, ReadBackWhatWasWritten) {
  const std::string text = WriteProfiles(Sample());
  DiagText diag;
  const auto read = ReadProfiles(text, "p.toml", diag);
  ASSERT_TRUE(read.ok()) << diag.Text() << text;
  EXPECT_EQ(WriteProfiles(*read), text);
  ASSERT_EQ(read->places.size(), 2U);
  EXPECT_EQ(read->places[1].name, "edge \"56\"\n");
  EXPECT_EQ(read->places[0].energy_uj, 2415);
  EXPECT_FALSE(read->places[1].energy_uj);
  EXPECT_FALSE(read->places[1].local);
  EXPECT_EQ(read->places[0].latency_ms.p99, 48.5);
  EXPECT_EQ(read->cascades[0].temperature, 1.7);
  EXPECT_NE(read->Find("mcu"), nullptr);
  EXPECT_EQ(read->Find("m"), nullptr);
}

TEST(Profiles, RefuseEachWrongEntryByFileLineAndKey) {
  const std::string good = WriteProfiles(Sample());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::pair<std::string, std::string> cases[] = {
      {with("version = 1", "version = 2"), "version"},
      {with("version = 1", "versions = 1"), "versions"},
      {with("samples = 500", "samples = -1"), "samples"},
      {with("samples = 500", "samples = 0.5"), "samples"},
      {with("value = 0.89", "value = 1.5"), "accuracy value"},
      {with("value = 0.89", "value = nan"), "accuracy value"},
      {with("low = 0.86", "low = 0.9"), "low <= value"},
      {with("median = 48.3", "median = 4.0"), "median"},
      {with("max = 48.6", "max = inf"), "max"},
      {with("\"local\"", "\"here\""), "where"},
      {with("name = \"mcu\"", "name = \"\""), "name"},
      {with("name = \"mcu\"", "name = \"" + std::string(200, 'x') + "\""), "name"},
      {with("missed = 0.002", "missed = 2"), "missed"},
      {with("local = \"mcu\"", "local = \"other\""), "cascade"},
      {with("temperature = 1.7", "temperature = 0"), "temperature"},
      {with("energy_uj = 2415", "energy = 2415"), "energy"},
      {with("name = \"mcu\"\n", ""), "name"},
  };
  for (const auto& [text, word] : cases) {
    std::string words;
    EXPECT_EQ(Read(text, words).code(), Code::kInvalidArgument) << word;
    EXPECT_NE(words.find(word), std::string::npos) << words << " should name " << word;
    EXPECT_NE(words.find("p.toml:"), std::string::npos) << words;
  }
}

TEST(Profiles, RefuseTwoOfOneName) {
  Profiles profiles = Sample();
  profiles.places[1].name = "mcu";
  profiles.cascades.clear();
  std::string words;
  EXPECT_EQ(Read(WriteProfiles(profiles), words).code(), Code::kInvalidArgument);
}

TEST(Profiles, RefuseTooManyAndTooLarge) {
  Profiles profiles;
  for (size_t i = 0; i <= kMaxPlaceProfiles; ++i) {
    profiles.places.push_back(Sample().places[0]);
    profiles.places.back().name = "p" + std::to_string(i);
  }
  std::string words;
  EXPECT_EQ(Read(WriteProfiles(profiles), words).code(), Code::kInvalidArgument);
  EXPECT_EQ(Read(std::string(kMaxProfileBytes + 1, '\n'), words).code(), Code::kResourceExhausted);
}

TEST(Profiles, EveryTruncationIsRefusedOrWhole) {
  const std::string text = WriteProfiles(Sample());
  for (size_t size = 0; size < text.size(); ++size) {
    DiagText diag;
    const auto read = ReadProfiles(std::string_view(text).substr(0, size), "p.toml", diag);
    EXPECT_TRUE(read.ok() || !diag.Text().empty());
  }
}

TEST(Profiles, EveryFlippedByteIsRefusedOrInRange) {
  const std::string text = WriteProfiles(Sample());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string broken = text;
    broken[i] = static_cast<char>(broken[i] ^ 0x15);
    NoDiag diag;
    const auto read = ReadProfiles(broken, "p.toml", diag);
    if (!read.ok()) continue;
    for (const PlaceProfile& place : read->places) {
      EXPECT_LE(place.latency_ms.median, place.latency_ms.p99);
      EXPECT_LE(place.accuracy.value_or(Estimate{}).value, 1);
    }
  }
}

TEST(Profiles, FilesThatAreNotThereAreSaidSo) {
  DiagText diag;
  EXPECT_EQ(ReadProfileFile("/nonexistent/p.toml", diag).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace covey::serve
