#include "serve/space/sample.hpp"

#include "core/sha256.hpp"

namespace covey::serve {

wire::node::Mac MacOf(const std::string& name) {
  const Sha256Digest digest = Sha256Of(std::as_bytes(std::span(name)));
  wire::node::Mac mac{2};
  for (size_t i = 1; i < mac.size(); ++i) mac[i] = std::to_integer<uint8_t>(digest[i]);
  return mac;
}

}  // namespace covey::serve
