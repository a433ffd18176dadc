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
                             .approximate = true,
                             .modelled = true,
                             .compute_ms = {48, 48.3, 48.4, 48.5, 48.6},
                             .latency_ms = {48, 48.3, 48.4, 48.5, 48.6},
                             .missed = 0,
                             .sent_bytes = 0,
                             .received_bytes = 0,
                             .energy = EnergyProfile{2415, 10, 0},
                             .memory_bytes = 39168,
                             .flash_bytes = 96000});
  profiles.places.push_back({.name = "edge \"56\"\n",
                             .model = "resnet56",
                             .place = "agent:[::1]:7700",
                             .local = false,
                             .samples = 500,
                             .accuracy = Estimate{0.926, 0.9, 0.95},
                             .agreement = Estimate{1, 0.99, 1},
                             .approximate = false,
                             .modelled = false,
                             .compute_ms = {3, 4, 5, 6, 7},
                             .latency_ms = {4, 5, 6, 7, 1e6},
                             .missed = 0.002,
                             .sent_bytes = 3112,
                             .received_bytes = 61.5,
                             .energy = {},
                             .memory_bytes = 0,
                             .flash_bytes = 0});
  CascadeProfile cascade{.local = "mcu",
                         .remote = "edge \"56\"\n",
                         .calibration = {},
                         .temperature = 1.7,
                         .accuracy = 0.92,
                         .traffic = 0.31,
                         .target = 0.99,
                         .error_before = 0.05,
                         .error_tempered = 0.02,
                         .error_after = 0.01};
  cascade.calibration.points[0] = {4000, 5100};
  cascade.calibration.points[1] = {9961, 9800};
  cascade.calibration.count = 2;
  cascade.calibration.keep_at = 9125;
  profiles.cascades.push_back(cascade);
  profiles.forms.push_back({.profile = "edge \"56\"\n",
                            .form = "bare:90:420",
                            .sent_bytes = 856.5,
                            .encode_ms = 0.1,
                            .agreement = {0.936, 0.899, 0.96}});
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
  EXPECT_EQ(read->places[0].energy->compute_uj, 2415);
  EXPECT_FALSE(read->places[1].energy);
  EXPECT_TRUE(read->places[0].approximate);
  EXPECT_EQ(read->cascades[0].calibration.count, 2);
  EXPECT_EQ(read->cascades[0].calibration.points[1].right, 9800);
  EXPECT_EQ(read->cascades[0].calibration.keep_at, 9125);
  EXPECT_EQ(read->cascades[0].calibration.error, 100);
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
      {with("compute_uj = 2415", "compute = 2415"), "compute"},
      {with("waiting_mw = 10", "waiting_mw = -1"), "waiting_mw"},
      {with("approximate = true", "approximate = 1"), "approximate"},
      {with("[[0.4, 0.51]", "[[0.4, 0.99]"), "never falls"},
      {with("[[0.4, 0.51]", "[[0.9961, 0.51]"), "rising"},
      {with("[[0.4, 0.51]", "[[0.4]"), "points"},
      {with("[[0.4, 0.51]", "[[0.4, 0.5, 0.6]"), "points"},
      {with("[[0.4, 0.51]", "[0.4"), "points"},
      {with("keep_at = 0.9125", "keep_at = 3"), "keep_at"},
      {with("name = \"mcu\"\n", ""), "name"},
  };
  for (const auto& [text, word] : cases) {
    std::string words;
    EXPECT_EQ(Read(text, words).code(), Code::kInvalidArgument) << word;
    EXPECT_NE(words.find(word), std::string::npos) << words << " should name " << word;
    EXPECT_NE(words.find("p.toml:"), std::string::npos) << words;
  }
}

TEST(Profiles, BecomeTheNumbersThatTheRouterTakes) {
  const Profiles profiles = Sample();
  const Profile board = ToProfile(profiles.places[0]), agent = ToProfile(profiles.places[1]);
  EXPECT_EQ(board.place, PlaceKind::kLocal);
  EXPECT_EQ(board.accuracy.mid, 8900);
  EXPECT_EQ(board.compute.p50_us, 48'300U);
  EXPECT_EQ(board.energy_uj, 2415U);
  EXPECT_EQ(board.wait_uw, 10'000U);
  EXPECT_EQ(board.memory_bytes, 39168U);
  EXPECT_TRUE(board.modelled && board.approximate);
  EXPECT_EQ(agent.place, PlaceKind::kAgent);
  EXPECT_EQ(agent.up_bytes, 3112U);
  EXPECT_EQ(agent.down_bytes, 62U);  // 61.5, rounded
  EXPECT_FALSE(agent.modelled);
  PlaceProfile unknown;
  EXPECT_EQ(ToProfile(unknown).accuracy.low, 0);
  EXPECT_EQ(ToProfile(unknown).accuracy.high, kOne);
  unknown.compute_ms.median = 1e9;  // Eleven days: as long as the field can say.
  EXPECT_EQ(ToProfile(unknown).compute.p50_us, UINT32_MAX);
}

TEST(Profiles, LettersOutsideOfAsciiStandInStringsAndCommentsAlone) {
  Profiles profiles = Sample();
  profiles.places[0].model = "ré\xCD\x98seau 'ä'";
  std::string words;
  EXPECT_TRUE(Read("# é \"\n" + WriteProfiles(profiles), words).ok()) << words;
  EXPECT_EQ(Read("version = 1\npo\xCD\x98nts = [", words).code(), Code::kDataLoss);
  EXPECT_NE(words.find("p.toml:2"), std::string::npos) << words;
  EXPECT_EQ(Read("version = \"1\n\"", words).code(), Code::kDataLoss);
  // A string of several lines is TOML, though no version.
  EXPECT_EQ(Read("version = \"\"\"1\"\"\"", words).code(), Code::kInvalidArgument);
  EXPECT_EQ(Read("# no end", words).code(), Code::kInvalidArgument);  // A comment: no version.
}

TEST(Profiles, RefuseTwoOfOneName) {
  Profiles profiles = Sample();
  profiles.places[1].name = "mcu";
  profiles.cascades.clear();
  std::string words;
  EXPECT_EQ(Read(WriteProfiles(profiles), words).code(), Code::kInvalidArgument);
}

TEST(Profiles, RefuseFormsOfNoAgentAndOfNoMeaning) {
  DiagText diag;
  Profiles wrong = Sample();
  wrong.forms[0].profile = "mcu";
  EXPECT_FALSE(ReadProfiles(WriteProfiles(wrong), "p.toml", diag).ok());
  EXPECT_NE(diag.Text().find("expected the name of an agent's profile"), std::string::npos);
  wrong = Sample();
  wrong.forms[0].form = "jpeg:0";
  DiagText other;
  EXPECT_FALSE(ReadProfiles(WriteProfiles(wrong), "p.toml", other).ok());
  EXPECT_NE(other.Text().find("jpeg:0"), std::string::npos) << other.Text();
  wrong = Sample();
  wrong.forms[0].agreement.low = 0.99;
  EXPECT_FALSE(ReadProfiles(WriteProfiles(wrong), "p.toml", other).ok());
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
