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
#include <istream>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

struct TarFile {
  std::string name;
  std::vector<std::byte> bytes;
};

using TarWanted = std::function<bool(const std::string& name)>;

Expected<std::vector<TarFile>> ReadTar(const std::string& path, const TarWanted& wanted);
// From an open archive; `source` is for messages.
Expected<std::vector<TarFile>> ReadTar(std::istream& file, const std::string& source,
                                       const TarWanted& wanted);

}  // namespace covey::app
