// Models and inputs for the tests of the command line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/process.hpp"

namespace covey::cli_test {

// The networks that the project ships; always there.
inline const std::string kDeviceModel = COVEY_SOURCE "/models/shapes/device/model.onnx";
inline const std::string kFullModel = COVEY_SOURCE "/models/shapes/full/model.onnx";

// A repository in the temporary directory: `device`, a model image for the int8 engine, and `full`,
// for ONNX Runtime. Removed with the object.
class Repository {
 public:
  Repository();
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// One MLPerf Tiny network, its listed inputs and its golden outputs, of $COVEY_DATA.
struct Network {
  const char* file;     // models/<file>
  const char* folder;   // of the inputs, and golden/<folder>.out
  const char* random8;  // golden/<random8>.random8.out
  size_t inputs;        // that the golden file covers
};
void PrintTo(const Network& network, std::ostream* out);

inline constexpr Network kNetworks[] = {
    {"pretrainedResnet_quant.tflite", "ic01", "pretrainedResnet_quant", 200},
    {"kws_ref_model.tflite", "kws01", "kws_ref_model", 700},
    {"vww_96_int8.tflite", "vww01", "vww_96_int8", 100},
    {"ad01_int8.tflite", "ad01", "ad01_int8", 124},
};

struct GoldenSet {
  std::filesystem::path dir;  // mlperf_tiny
  std::string model;          // the file
  size_t sample_bytes = 0;
  float scale = 0;  // of the input
  int32_t zero_point = 0;

  std::string Golden(const std::string& name) const;
  // The first `count` listed inputs as the network takes them, back to back.
  std::string Listed(const Network& network, size_t count) const;
  // Eight inputs of pseudo-random bytes.
  std::string Random8() const;
};

// Asks `covey inspect` for the input; sample_bytes is 0 if that fails.
GoldenSet OpenGoldenSet(const std::filesystem::path& data, const Network& network);

}  // namespace covey::cli_test
