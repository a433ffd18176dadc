// Call is what both Infer and Classify do at a place; they differ in these two steps only.
//
//   ClassifyCall call(image, top_k);
//   COVEY_TRY(call.RunLocally(entry, answer, diag));
//
// Memory: borrows inputs and image.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "core/diag.hpp"
#include "covey/covey.hpp"
#include "serve/client/client.hpp"
#include "serve/repository/repository.hpp"

namespace covey::api {

using Now = std::chrono::steady_clock;

struct Call {
  // Fills the answer's classes or outputs, and compute.
  virtual Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                          Answer& answer, wire::Timing& timing, Diag& diag) const = 0;
  virtual Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const = 0;

 protected:
  ~Call() = default;
};

struct InferCall final : Call {
  std::span<const HostTensor> inputs;

  explicit InferCall(std::span<const HostTensor> given) : inputs(given) {}
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override;
};

struct ClassifyCall final : Call {
  const Image& image;
  uint32_t top_k;

  ClassifyCall(const Image& i, uint32_t k) : image(i), top_k(k) {}
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override;
};

}  // namespace covey::api
