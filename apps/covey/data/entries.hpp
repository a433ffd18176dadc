// The files of a data set, with the class numbers that their place says.
//
//   Expected<std::vector<DataEntry>> entries = ListEntries("test.tar", nullptr);
//
// A path is one of
//   a folder or a .tar of pictures (.png, .jpg), labelled by the name of the folder they are in, in
//     alphabetical order, if there are several folders
//   a folder with y_labels.csv (file,classes,label) beside raw samples
//   a file, or a folder of files, of raw samples
//
// Order: of the list, else by name. Errors: each names the file, what was found and what was
// expected.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

struct DataEntry {
  std::string name;
  std::vector<std::byte> bytes;  // empty: to be read from the file `name`
  int label = -1;
};

// `wanted` says which to take, by name; null: all.
Expected<std::vector<DataEntry>> ListEntries(const std::string& path,
                                             bool (*wanted)(const std::string& name));

std::string FileEnding(const std::string& path);  // ".png", in small letters
bool IsPictureFile(const std::string& path);      // .png, .jpg, .jpeg

// The bytes of an entry, read if they are not there yet.
Expected<void> ReadEntry(DataEntry& entry);

}  // namespace covey::app
