// Any text as SPACE.toml: it is refused with words, or becomes a space that holds together.
#include "apps/covey/space/read.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey::app;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = ParseSpace(text, "space.toml", {.models_csv = {}, .model_file = {}});
  if (!read) {
    if (read.error().message.find("space.toml") == std::string::npos) __builtin_trap();
    return 0;
  }
  const SpaceFile& file = read.value();
  const size_t devices = file.space.devices.size();
  if (file.devices.size() != devices || file.links.size() != devices * devices) __builtin_trap();
  if (file.pipelines.size() != file.space.tenants.size()) __builtin_trap();
  for (const covey::plan::Tenant& tenant : file.space.tenants) {
    for (const int at : tenant.sources)
      if (at < 0 || static_cast<size_t>(at) >= devices) __builtin_trap();
    for (const int at : tenant.targets)
      if (at < 0 || static_cast<size_t>(at) >= devices) __builtin_trap();
  }
  return 0;
}
