// Any text as a model.toml: what is refused is refused with words, what is read has sizes that a
// picture may have.
#include <cstdlib>

#include "compiler/model_toml.hpp"
#include "core/host/diag_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey;
  DiagText diag;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = compiler::ParseModelToml(text, "/nowhere/model.toml", diag);
  if (!read.ok()) {
    if (diag.Text().find("model.toml") == std::string::npos) std::abort();
    return 0;
  }
  if (read->width < 0 || read->height < 0 || read->resize < 0 || read->threads < 0) std::abort();
  const size_t channels = static_cast<size_t>(read->channels());
  if (!read->mean.empty() && read->mean.size() != channels) std::abort();
  if (read->std.size() != read->mean.size()) std::abort();
  return 0;
}
