// Labelled or unlabelled samples as the bytes that an int8 network takes.
//
//   DataReader reader(image, toml_path);
//   Expected<LabelledBytes> data = reader.Read("train.tar", {.type = "picture"});
//
// A path is one of
//   a folder or a .tar of pictures (.png, .jpg), labelled by the name of the folder they are in,
//     in alphabetical order
//   a folder with y_labels.csv (file,classes,label) beside raw samples
//   a file, or a folder of files, of raw samples: int8 as the network takes them, float32 that is
//     quantised as its input is, uint8 pixels (height, width, channels), or cifar10: records of a
//     label byte and 3,072 planar RGB bytes
//
// Errors: each names the file, what was found and what was expected.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/covey/data/entries.hpp"
#include "compiler/approximate/score.hpp"
#include "covey/covey.hpp"
#include "serve/backends/backend.hpp"
#include "serve/preprocess/classifier.hpp"

namespace covey::app {

struct LabelledBytes {
  compiler::ByteSamples samples;
  std::vector<int> labels;         // empty: none known
  std::vector<std::string> names;  // where each comes from
};

// Samples `which` of `from`, with their labels and names.
LabelledBytes Pick(const LabelledBytes& from, const std::vector<size_t>& which);

// What an int8 input takes for a number.
std::byte ByteOf(float value, float scale, int32_t zero_point);

class DataReader {
 public:
  // `image` must be a model image with int8 inputs; `model` is the file it came from, for the
  // model.toml beside it. Both must live as long as the reader.
  static Expected<std::unique_ptr<DataReader>> Make(std::span<const std::byte> image,
                                                    const std::string& model);
  // Of a float network: samples come as the bytes of its own floats, in its own order of
  // dimensions; pictures and pixels as its model.toml says, without one as numbers. `graph` is as
  // imported.
  static Expected<std::unique_ptr<DataReader>> OfFloats(const compiler::Graph& graph);

  // `type` is of raw samples; at most `most` samples are taken, spread evenly (0: all). `wanted`
  // says which pictures of a folder or a .tar to take, by name; empty: all.
  struct Options {
    std::string type = "int8";
    // Of bytes for a float network: q stands for scale * (q - zero).
    float scale = 1, zero = 0;
    size_t most = 0;
    bool (*wanted)(const std::string& name) = nullptr;
  };
  Expected<LabelledBytes> Read(const std::string& path, const Options& options) const;

  // Whether it knows how pictures go in.
  bool pictures() const { return classifier_.has_value(); }

 private:
  DataReader() = default;
  Expected<void> AddPicture(const DataEntry& entry, LabelledBytes& to) const;
  Expected<void> AddRaw(const DataEntry& entry, const Options& options, LabelledBytes& to) const;
  Expected<void> Prepare(std::unique_ptr<serve::Model> model, const std::string& name);
  Expected<void> AddNumbers(const std::string& name, std::span<const std::byte> sample,
                            const Options& options, LabelledBytes& to) const;
  void AddNumber(float value, const serve::TensorInfo& input, std::vector<std::byte>& to) const;
  Expected<void> AddPixels(const std::string& name, std::span<const std::byte> pixels,
                           LabelledBytes& to) const;
  size_t SampleBytes() const;

  bool floats_ = false;
  std::unique_ptr<serve::Model> model_;
  std::optional<serve::Classifier> classifier_;
  std::string no_pictures_;  // why there is no classifier
};

}  // namespace covey::app
