// ClassifyOnBoard runs pictures through a model on an emulated board: this machine decodes and fits
// the picture, as an application's camera driver would, the board runs the network. One boot for
// all pictures.
//
//   std::vector<NamedImage> images = {{"cat.jpg", Image::File("cat.jpg")}};
//   Expected<std::vector<Expected<Answer>>> answers =
//       ClassifyOnBoard("m33", "resnet8.tflite", images, 3, {});
//
// Answer::latency is modelled (exact instruction count x the board's stated cycle model), compute
// the same. Errors: the model or the board as a whole; a picture that cannot be read has an error
// of its own.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/covey/place/place.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct NamedImage {
  std::string name;
  Expected<Image> image;
};

Expected<std::vector<Expected<Answer>>> ClassifyOnBoard(const std::string& board,
                                                        const std::string& model,
                                                        std::span<const NamedImage> images,
                                                        uint32_t top_k,
                                                        const PlaceOptions& options);

}  // namespace covey::app
