#include "apps/covey/approximate/data.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "apps/covey/approximate/split.hpp"
#include "apps/covey/data/tar.hpp"
#include "apps/covey/io/file.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

// One plain file as tar writes it.
void AddFile(std::string& tar, const std::string& name, const std::string& bytes) {
  std::string header(512, '\0');
  std::memcpy(header.data(), name.data(), name.size());
  std::snprintf(header.data() + 124, 12, "%011zo", bytes.size());
  header[156] = '0';
  std::memcpy(header.data() + 257, "ustar", 5);
  std::memset(header.data() + 148, ' ', 8);
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 8, "%06o", sum);
  tar += header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string TwoFiles() {
  std::string tar;
  AddFile(tar, "set/cat/1.png", "first");
  AddFile(tar, "set/dog/2.png", std::string(600, 'x'));
  return tar + std::string(1024, '\0');
}

Expected<std::vector<TarFile>> Read(const std::string& bytes) {
  static const covey::TempDir dir;
  const std::string path = (dir.path() / "a.tar").string();
  EXPECT_TRUE(WriteFile(path, std::as_bytes(std::span(bytes))));
  return ReadTar(path, [](const std::string&) { return true; });
}

TEST(Tar, GivesNamesAndBytes) {
  const auto files = Read(TwoFiles());
  ASSERT_TRUE(files);
  ASSERT_EQ(files.value().size(), 2u);
  EXPECT_EQ(files.value()[0].name, "set/cat/1.png");
  EXPECT_EQ(files.value()[0].bytes.size(), 5u);
  EXPECT_EQ(files.value()[1].bytes.size(), 600u);
}

TEST(Tar, RefusesOrEndsAtEveryTruncationAndNeverInventsBytes) {
  const std::string whole = TwoFiles();
  for (size_t size = 0; size < whole.size(); size += 7) {
    const auto files = Read(whole.substr(0, size));
    if (!files) continue;
    for (const TarFile& file : files.value())
      EXPECT_TRUE(file.bytes.size() == 5 || file.bytes.size() == 600);
  }
}

TEST(Tar, RefusesADamagedHeader) {
  std::string bytes = TwoFiles();
  bytes[130] = '7';
  const auto files = Read(bytes);
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().message.find("byte 0"), std::string::npos) << files.error().message;
}

TEST(SplitInThree, KeepsThePartsApartAndIsTheSameForASeed) {
  LabelledBytes data;
  data.samples.count = 100;
  data.samples.inputs.emplace_back();
  for (int i = 0; i < 100; ++i) {
    data.samples.inputs[0].push_back(static_cast<std::byte>(i));
    data.labels.push_back(i);
    data.names.push_back(std::to_string(i));
  }
  const ThreeParts parts = SplitInThree(data, 5), again = SplitInThree(data, 5);
  std::set<int> seen;
  for (const LabelledBytes* part : {&parts.calibrate, &parts.select, &parts.report}) {
    EXPECT_GE(part->samples.count, 33u);
    for (size_t i = 0; i < part->samples.count; ++i) {
      EXPECT_EQ(static_cast<int>(part->samples.inputs[0][i]), part->labels[i]);
      EXPECT_TRUE(seen.insert(part->labels[i]).second);
    }
  }
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(parts.report.labels, again.report.labels);
  EXPECT_NE(parts.report.labels, SplitInThree(data, 6).report.labels);
}

}  // namespace
}  // namespace covey::app
