// Any bytes as a .tar archive: what it gives lay in it, whole.
#include <sstream>

#include "apps/covey/data/tar.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey::app;
  std::istringstream file(std::string(reinterpret_cast<const char*>(data), size));
  const auto files = ReadTar(file, "a.tar", [](const std::string&) { return true; });
  if (!files) return 0;
  size_t bytes = 0;
  for (const TarFile& one : files.value()) bytes += one.bytes.size();
  if (bytes > size) __builtin_trap();
  return 0;
}
