// Asker puts one (model, place) pair behind one call: a picture in, a Trial out.
//
//   Expected<std::unique_ptr<Asker>> asker = OpenAsker(pair, {});
//   Expected<void> ready = asker.value()->Prepare(images);
//   serve::Trial trial = asker.value()->Ask(i, images[i], 3);
//
// The host times decoding, the run and the ranking as latency, the run alone as computing. An agent
// is timed around the call; computing is what it says itself. A board runs all pictures in one boot
// in Prepare (this machine decodes, as a camera's driver would): both times are modelled.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/covey/eval/pair.hpp"
#include "apps/covey/place/place.hpp"
#include "covey/covey.hpp"
#include "serve/measure/trial.hpp"

namespace covey::app {

inline constexpr uint32_t kAllClasses = 1U << 20;

class Asker {
 public:
  virtual ~Asker() = default;
  virtual Expected<void> Prepare(std::span<const Image> images) = 0;
  // `images[i]` of Prepare. `top_k` most likely classes; kAllClasses: all.
  virtual serve::Trial Ask(size_t i, const Image& image, uint32_t top_k) = 0;
  virtual std::string backend() const = 0;  // "int8", "onnx"
  virtual bool modelled() const { return false; }
  virtual uint64_t memory_bytes() const { return 0; }  // int8 on this machine: the arena
  virtual uint64_t flash_bytes() const { return 0; }   // ... and the image's or the file's bytes
  virtual std::vector<std::string> labels() const { return {}; }  // class names, if known
  virtual size_t classes() const { return 0; }  // how many, after Prepare; 0: unknown
};

Expected<std::unique_ptr<Asker>> OpenAsker(const Pair& pair, const PlaceOptions& options);

}  // namespace covey::app
