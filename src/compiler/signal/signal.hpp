// Signal processing as graphs of their own, and in front of a network: raw samples in, what the
// network takes out. A front is an ordinary graph, so that it compiles, runs and splits as any.
//
//   Graph front;
//   COVEY_TRY_ASSIGN(front, AudioFront({.rate = 16000, .samples = 16000}, like, diag));
//   COVEY_TRY(PutBefore(front, network, diag));     // network: audio in, scores out
//
// Shapes: audio int16 (1, samples), a sample 2^-15; spectra float32 (1, N / 2 + 1, 2); cepstra
// (1, frames, columns, 1); pictures (1, H, W, C).
// Errors: kInvalidArgument, kUnimplemented: the Finding says which number and what is possible.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct AudioSource {
  int32_t rate = 16000;     // that the rest works at
  int32_t from_rate = 0;    // of the samples that come in; 0: the same
  int32_t samples = 16000;  // at `rate`
  int32_t clips = 1;        // in one run
};

// Of int8, float32 or int16, with the one scale that it has.
struct Element {
  DType dtype = DType::kFloat32;
  float scale = 1;
  int32_t zero_point = 0;
};

// The samples as they are, for a network that takes floats.
Result<Graph> SamplesGraph(const AudioSource& source, Diag& diag);
Result<Graph> ResampleGraph(const AudioSource& source, Diag& diag);
Result<Graph> FftGraph(const AudioSource& source, Diag& diag);  // next power of two
// mel.rate is the source's; `output`: int8 or float32.
Result<Graph> MfccGraph(const AudioSource& source, const MelCepstrum& mel, const Element& output,
                        Diag& diag);

struct Picture {
  int32_t height = 0, width = 0, channels = 3;
};
// `element`: int8 (pixel - 128) or float32, in and out.
Result<Graph> ResizeGraph(const Picture& from, const Picture& to, bool nearest,
                          const Element& element, Diag& diag);

struct JpegSource {
  Picture picture;    // what a stream has to hold
  int32_t bytes = 0;  // the longest stream
};
// A JPEG stream in, a picture of int8 out, and the verdict on the stream (kernels/jpeg_fault.hpp).
// `table`: what pixels become (pixel_table.hpp). Where `to` differs, it is resized.
Result<Graph> JpegGraph(const JpegSource& source, const std::vector<int8_t>& table,
                        const Picture& to, bool nearest, const Element& element, Diag& diag);

// How the network's one input is stored.
Result<Element> InputElement(const Graph& network, Diag& diag);

// The network takes what the front takes, and the front's output where its own input was: of the
// same type and number of elements; or int16, which a network of floats gets as their real values.
Status PutBefore(const Graph& front, Graph& network, Diag& diag);

// The network's only output in another order, along its last dimension: entry i is what `order[i]`
// was. So networks that number their classes otherwise become interchangeable.
Status ReorderOutput(const std::vector<int32_t>& order, Graph& network, Diag& diag);

}  // namespace covey::compiler
