// Engine runs a model image in one arena, on the host and on a board alike. Prepare may fail and
// says why; Run cannot.
//
//   alignas(16) static std::byte arena[kArenaBytes];
//   COVEY_TRY_ASSIGN(auto image, wire::ImageView::Read(bytes, diag));
//   COVEY_TRY_ASSIGN(auto engine, Engine::Prepare(image, kernels::RefKernels(), arena, diag));
//   std::memcpy(engine.input(0).data, pixels, engine.input(0).bytes);
//   engine.Run(); Use(engine.output(0));
//
// A jpeg op leaves what it thinks of its stream in the image's last output: that is no output of
// the engine but its verdict, to be asked after each Run. Memory: the arena (16-byte aligned,
// exactly image.header().arena_bytes are used; one byte less is refused) and the image are borrowed
// for the engine's life. The engine itself is a few pointers, and keeps no other state. Exact:
// outputs equal the TFLite reference kernels (double rounding) byte for byte. Threads: one at a
// time for each engine; engines with arenas of their own are independent. Errors:
// kResourceExhausted (arena), kUnimplemented (an op that the kernel table lacks; the Finding names
// op and tensor), kInvalidArgument (shapes or types that a kernel refuses).
#pragma once

#include <cstddef>
#include <span>

#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"
#include "wire/image/reader.hpp"

namespace covey::micro {

// Called around each op of Run; for per-layer counts.
class Trace {
 public:
  virtual void Begin(uint32_t op) = 0;
  virtual void End(uint32_t op) = 0;

 protected:
  ~Trace() = default;
};

// Asked before each op of Run; false: the run is not wanted any more.
class Watch {
 public:
  virtual bool GoOn() = 0;

 protected:
  ~Watch() = default;
};

// Ops that need not run behind one that has: an exit that was sure (core/op_view.hpp).
inline uint32_t PassedOver(const OpView& op) {
  if (op.op != Op::kExit || *op.output[0].as<int8_t>() == 0) return 0;
  return static_cast<uint32_t>(op.attr_as<ExitAttr>().skipped);
}

class Engine {
 public:
  static Result<Engine> Prepare(const wire::ImageView& image, std::span<const Kernel> kernels,
                                std::span<std::byte> arena, Diag& diag);

  int inputs() const { return image_.input_count(); }
  int outputs() const { return image_.output_count() - (verdict_ != nullptr ? 1 : 0); }
  TensorView input(int i) const {
    return image_.View(image_.input_tensor(static_cast<uint16_t>(i)), arena_);
  }
  TensorView output(int i) const {
    return image_.View(image_.output_tensor(static_cast<uint16_t>(i)), arena_);
  }
  const wire::ImageView& image() const { return image_; }

  // False: broken off by `watch`, the outputs mean nothing.
  bool Run(Trace* trace = nullptr, Watch* watch = nullptr);
  // kInvalidArgument if the last Run's input was no picture: then its outputs mean nothing.
  Status verdict() const;
  // Input 0 is a stream: shorter ones have zeros behind.
  bool takes_stream() const { return stream_; }
  // Sets what a network remembers from run to run (lstm, svdf) back to zero, as Prepare leaves it.
  void Reset();

 private:
  void FindStream();
  Engine(const wire::ImageView& image, std::span<const Kernel> kernels, std::byte* arena)
      : image_(image), kernels_(kernels), arena_(arena) {}

  wire::ImageView image_;
  std::span<const Kernel> kernels_;
  std::byte* arena_;
  const int32_t* verdict_ = nullptr;
  bool stream_ = false;
};

}  // namespace covey::micro
