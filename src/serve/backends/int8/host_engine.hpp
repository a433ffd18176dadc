// HostEngine is micro::Engine with what a machine has that boards lack: kernels for its own
// processor, their packs of the constants, scratch of any size, and every op's view ready made.
//
//   COVEY_TRY_ASSIGN(auto engine, HostEngine::Prepare(image, kernels, packs, diag));
//   packs = engine->packs();  // the next engine of this model shares them
//   engine->Run();
//
// What is checked and where tensors lie is micro::Engine's, so every byte is too.
// Memory: the image is borrowed for the engine's life. Threads: one at a time for each engine.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "kernels/host/host_kernels.hpp"
#include "micro/run/engine.hpp"
#include "serve/backends/int8/aligned_bytes.hpp"

namespace covey::serve {

// What the kernels made of a model's constants, and the scratch that its ops share.
struct HostPacks {
  struct OfOp {
    size_t offset = 0, bytes = 0;  // bytes 0: none
    size_t scratch_bytes = 0;
  };
  std::vector<OfOp> ops;
  AlignedBytes bytes;
  size_t scratch_bytes = 0;
};

class HostEngine {
 public:
  // `packs` may be null: then they are made.
  static Result<std::unique_ptr<HostEngine>> Prepare(const wire::ImageView& image,
                                                     const kernels::HostKernels& kernels,
                                                     std::shared_ptr<const HostPacks> packs,
                                                     Diag& diag);

  const micro::Engine& engine() const { return engine_; }
  std::shared_ptr<const HostPacks> packs() const { return packs_; }
  void Run() { (void)Run(nullptr); }
  // False: given up between two ops, since `stop`, which may be null, was set.
  bool Run(const std::atomic<bool>* stop);
  void Reset() { engine_.Reset(); }

 private:
  HostEngine(AlignedBytes arena, const micro::Engine& engine)
      : arena_(std::move(arena)), engine_(engine) {}
  void MakeSteps(const kernels::HostKernels& kernels);

  struct Step {
    OpView view;
    void (*run)(const OpView& op);
  };

  AlignedBytes arena_, scratch_;
  micro::Engine engine_;
  std::shared_ptr<const HostPacks> packs_;
  std::vector<Step> steps_;
};

}  // namespace covey::serve
