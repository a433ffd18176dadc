// Any text as a file of profiles: what is read is written, read again and stays the same.
#include "serve/profiles/profiles.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey;
  NoDiag diag;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<serve::Profiles> read = serve::ReadProfiles(text, "profiles.toml", diag);
  if (!read.ok()) return 0;
  const std::string written = serve::WriteProfiles(*read);
  const Result<serve::Profiles> again = serve::ReadProfiles(written, "again.toml", diag);
  if (!again.ok() || serve::WriteProfiles(*again) != written) __builtin_trap();
  return 0;
}
