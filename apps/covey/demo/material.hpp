// What the demo shows: pictures with their true classes, the device's network, the full one.
//
//   Expected<Material> material = GatherMaterial(20, scratch.path());
//
// With COVEY_DATA: real CIFAR-10 pictures, ResNet-8 int8, ResNet-56 at full precision. Without: the
// pair in models/shapes and pictures that are drawn from a seed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/covey/demo/figures.hpp"
#include "covey/covey.hpp"

namespace covey::app {

inline constexpr uint32_t kPictureSide = 32;
inline constexpr size_t kPlaneBytes = size_t{kPictureSide} * kPictureSide;
inline constexpr size_t kRecordBytes = 1 + 3 * kPlaneBytes;  // label, then planar RGB

struct Material {
  std::string pictures;                // in words, for the title
  std::vector<std::byte> records;      // CIFAR-10's binary format
  std::vector<uint8_t> truth;          // one a picture
  std::filesystem::path device_model;  // a .toml beside it names the classes
  std::string device_name;             // "resnet8"
  std::filesystem::path repository;    // for the agent
  std::filesystem::path full_model;    // in the repository, with its .toml
  std::string full_name;               // its name there
};

// `scratch` takes the repository if one has to be made.
Expected<Material> GatherMaterial(size_t pictures, const std::filesystem::path& scratch);

// RGB8, (H,W,C), of picture i.
std::vector<std::byte> InterleavedPixels(const Material& material, size_t i);

// The full network on this machine, directly: no agent, no wire, and pre-processing of its own.
Expected<std::vector<Probabilities>> RunReference(const Material& material);

}  // namespace covey::app
