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
#include "serve/preprocess/form.hpp"
#include "serve/repository/repository.hpp"

namespace covey::api {

using Now = std::chrono::steady_clock;

struct Call {
  // Fills the answer's classes or outputs, and compute.
  virtual Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                          Answer& answer, wire::Timing& timing, Diag& diag) const = 0;
  // Ready to be sent so; what cannot be is sent as it is. `bytes`: of a request as it is.
  virtual void Encode(const serve::Form& form) { (void)form; }
  virtual bool has_forms() const { return false; }
  virtual size_t bytes() const { return 0; }
  // How the last request was sent; 0 bytes: nothing is known of it.
  struct Sent {
    std::string form{};
    uint64_t bytes = 0;
  };
  virtual Sent sent() const { return {}; }
  virtual Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const = 0;

 protected:
  ~Call() = default;
};

struct InferCall final : Call {
  std::span<const HostTensor> inputs;
  mutable uint64_t sent_bytes = 0;

  explicit InferCall(std::span<const HostTensor> given) : inputs(given) {}
  Sent sent() const override { return {"tensor", sent_bytes}; }
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override;
};

struct ClassifyCall final : Call {
  const Image& image;
  uint32_t top_k;
  serve::Form form{};  // of `encoded`
  Image encoded{};
  mutable uint64_t sent_bytes = 0;

  ClassifyCall(const Image& i, uint32_t k) : image(i), top_k(k) {}
  void Encode(const serve::Form& wanted) override;
  bool has_forms() const override { return image.format != ImageFormat::kTensor; }
  size_t bytes() const override { return image.bytes.size(); }
  Sent sent() const override;
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override;
};

}  // namespace covey::api
