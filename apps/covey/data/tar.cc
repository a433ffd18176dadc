#include "apps/covey/data/tar.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <optional>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

constexpr size_t kBlock = 512;
using Header = std::array<char, kBlock>;

std::string Text(const Header& header, size_t at, size_t size) {
  return {header.data() + at, strnlen(header.data() + at, size)};
}

// Digits of base eight, spaces around them.
std::optional<uint64_t> Octal(const Header& header, size_t at, size_t size) {
  uint64_t value = 0;
  bool any = false;
  for (size_t i = at; i < at + size; ++i) {
    const char c = header[i];
    if (c == '\0' || c == ' ') {
      if (any) break;
      continue;
    }
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<uint64_t>(c - '0');
    any = true;
  }
  return value;
}

bool Sums(const Header& header) {
  constexpr size_t kAt = 148, kSize = 8;
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i)
    sum += i >= kAt && i < kAt + kSize ? ' ' : static_cast<uint8_t>(header[i]);
  return Octal(header, kAt, kSize) == sum;
}

std::string NameOf(const Header& header) {
  const std::string prefix =
      std::memcmp(header.data() + 257, "ustar", 5) == 0 ? Text(header, 345, 155) : "";
  return prefix.empty() ? Text(header, 0, 100) : prefix + "/" + Text(header, 0, 100);
}

}  // namespace

Expected<std::vector<TarFile>> ReadTar(const std::string& path, const TarWanted& wanted) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return MakeError(Code::kNotFound, path + ": cannot be read");
  return ReadTar(file, path, wanted);
}

Expected<std::vector<TarFile>> ReadTar(std::istream& file, const std::string& source,
                                       const TarWanted& wanted) {
  file.seekg(0, std::ios::end);
  const auto end = static_cast<uint64_t>(file.tellg());
  std::vector<TarFile> files;
  for (uint64_t at = 0; at + kBlock <= end;) {
    Header header{};
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(header.data(), kBlock)) break;
    if (header[0] == '\0') return files;  // the archive's end
    const std::optional<uint64_t> size = Octal(header, 124, 12);
    if (!size || !Sums(header) || *size > end - at - kBlock) {
      return MakeError(Code::kDataLoss, source + ": the header at byte " + std::to_string(at) +
                                            " is damaged, expected that of a .tar");
    }
    const bool plain = header[156] == '0' || header[156] == '\0';
    if (const std::string name = NameOf(header); plain && wanted(name)) {
      TarFile one{name, std::vector<std::byte>(static_cast<size_t>(*size))};
      file.read(reinterpret_cast<char*>(one.bytes.data()), static_cast<std::streamsize>(*size));
      files.push_back(std::move(one));
    }
    at += kBlock + (*size + kBlock - 1) / kBlock * kBlock;
  }
  return files;
}

}  // namespace covey::app
