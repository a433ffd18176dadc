// A model file for one board: compiled for it within what flash and RAM the board has left beside
// its firmware, or refused with the missing bytes and the layer that needs them.
//
//   Expected<ModelFile> model = LoadForBoard("resnet8.tflite", "m4", "bench");
//
// An image that is compiled already is only checked. Errors: as LoadModelFile, and NOT_FOUND
// without firmware, RESOURCE_EXHAUSTED.
#pragma once

#include "apps/covey/model/file.hpp"

namespace covey::app {

Expected<ModelFile> LoadForBoard(const std::string& path, const std::string& board,
                                 const std::string& firmware);

}  // namespace covey::app
