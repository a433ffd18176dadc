// ReadTar reads the plain files of a .tar archive (ustar, as every tar writes it) that a caller
// wants.
//
//   Expected<std::vector<TarFile>> files = ReadTar("test.tar", [](const std::string& name) {...});
//
// Links, devices and extended headers are passed over. Errors: kNotFound; kDataLoss for an archive
// that ends early or has a broken header, with the place.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

struct TarFile {
  std::string name;
  std::vector<std::byte> bytes;
};

Expected<std::vector<TarFile>> ReadTar(const std::string& path,
                                       const std::function<bool(const std::string& name)>& wanted);

}  // namespace covey::app
