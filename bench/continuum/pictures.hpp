// The pictures behind the traces: CIFAR-10 records and ImageNet samples, and the inputs that the
// networks take of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "covey/covey.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::bench {

// A record: its class, then three planes.
inline constexpr size_t kSide = 32, kPixels = kSide * kSide, kRecord = 1 + 3 * kPixels;
inline constexpr size_t kNet = 224;  // pixels a side that MobileNet takes

std::filesystem::path Data(const char* path);
// `count` records from `first` on, as they lie in the file.
Expected<std::vector<uint8_t>> ReadRecords(const std::string& file, size_t first, size_t count);
// At most so many ImageNet samples, evenly chosen; a name begins with its class.
Expected<std::vector<std::filesystem::path>> ImagenetFiles(size_t most);
Expected<serve::Picture> DecodeFile(const std::filesystem::path& file);  // cut to kNet

// The two CIFAR-10 networks' inputs of a record's planes.
void FillInt8(const uint8_t* planes, HostTensor& input);
void FillFloat(const uint8_t* planes, HostTensor& input);
// As the agent sees it: sent with `side` pixels a side, scaled up again to what MobileNet takes.
void FillImagenet(const serve::Picture& whole, uint32_t side, HostTensor& input);

}  // namespace covey::bench
