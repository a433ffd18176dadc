// covey-pictures writes generated pictures to a file in the binary form of CIFAR-10, or a sheet of
// them to look at.
#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "pictures/pictures.hpp"

namespace {

using covey::pictures::kSide;

bool Close(std::ofstream& file, const std::string& path) {
  file.close();
  if (!file) std::cerr << "covey-pictures: cannot write '" << path << "'\n";
  return static_cast<bool>(file);
}

bool WriteRecords(const std::string& path, uint64_t seed, uint64_t first, size_t count) {
  std::ofstream file(path, std::ios::binary);
  for (size_t i = 0; i < count && file; ++i) {
    const auto record = covey::pictures::Records(seed, first + i, 1);
    file.write(reinterpret_cast<const char*>(record.data()), std::ssize(record));
  }
  return Close(file, path);
}

// Rows of ten pictures, as a PPM.
bool WriteSheet(const std::string& path, uint64_t seed, uint64_t first, size_t count) {
  constexpr size_t kAcross = 10, kStep = kSide + 2, kWidth = kAcross * kStep;
  const size_t height = (count + kAcross - 1) / kAcross * kStep;
  std::string pixels(kWidth * height * 3, '\0');
  for (size_t i = 0; i < count; ++i) {
    const covey::pictures::Picture picture = covey::pictures::Draw(seed, first + i);
    for (size_t row = 0; row < kSide; ++row) {
      const size_t to = ((i / kAcross * kStep + row) * kWidth + i % kAcross * kStep) * 3;
      pixels.replace(to, kSide * 3, reinterpret_cast<const char*>(&picture.rgb[row * kSide * 3]),
                     kSide * 3);
    }
  }
  std::ofstream file(path, std::ios::binary);
  file << "P6 " << kWidth << ' ' << height << " 255\n" << pixels;
  return Close(file, path);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws the seeded picture set: 32 x 32 RGB, ten shapes, the same on every machine.");
  uint64_t seed = covey::pictures::kReportSeed, first = 0;
  size_t count = 100;
  std::string output, sheet;
  app.add_option("--seed", seed,
                 "which set: 1001 train, 2002 calibration, 3003 selection, 6006 report, 5005 test")
      ->capture_default_str();
  app.add_option("--first", first, "number of the first picture")->capture_default_str();
  app.add_option("--count", count, "how many")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{1000000}));
  app.add_option("--output", output, "records: a label byte, then planar RGB (3,073 bytes each)");
  app.add_option("--sheet", sheet, "a PPM of the pictures, ten across");
  try {
    app.parse(argc, argv);
    if (output.empty() && sheet.empty()) {
      throw CLI::RequiredError("--output or --sheet");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  bool written = true;
  if (!output.empty()) {
    written &= WriteRecords(output, seed, first, count);
  }
  if (!sheet.empty()) written &= WriteSheet(sheet, seed, first, count);
  return written ? 0 : 1;
}
