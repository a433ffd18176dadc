// Call is what both Infer and Classify do at a place; they differ in these two steps only.
//
//   ClassifyCall call(image, top_k);
//   COVEY_TRY(call.RunLocally(entry, answer, diag));
//
// Memory: borrows inputs and image; ToSend makes a call that owns what is sent.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "core/diag.hpp"
#include "covey/covey.hpp"
#include "serve/client/client.hpp"
#include "serve/preprocess/form.hpp"
#include "serve/repository/repository.hpp"

namespace covey::api {

using Now = std::chrono::steady_clock;

// What an agent answered.
struct Reply {
  Answer answer{};  // classes or outputs, and compute
  wire::Timing timing{};
  uint64_t sent_bytes = 0;  // 0: nothing is known of it
};

struct Call {
  virtual ~Call() = default;
  // `stop` may be null: whoever sets it wants no answer any more.
  virtual Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                          Reply& reply, Diag& diag, serve::Stop* stop) const = 0;
  // For a thread that may outlive this call: asks the same, and does not run locally.
  virtual std::unique_ptr<Call> ToSend() const = 0;
  // Ready to be sent so; what cannot be is sent as it is. `bytes`: of a request as it is.
  virtual void Encode(const serve::Form& form) { (void)form; }
  virtual bool has_forms() const { return false; }
  virtual size_t bytes() const { return 0; }
  // How a request is sent: the form's words.
  virtual std::string form_text() const { return ""; }
  // `stop` may be null; once it is set: kCancelled.
  virtual Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag,
                            const std::atomic<bool>* stop = nullptr) const = 0;
};

struct InferCall final : Call {
  std::vector<HostTensor> own{};
  std::span<const HostTensor> inputs;

  explicit InferCall(std::span<const HostTensor> given) : inputs(given) {}
  std::string form_text() const override { return "tensor"; }
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Reply& reply, Diag& diag, serve::Stop* stop) const override;
  std::unique_ptr<Call> ToSend() const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag,
                    const std::atomic<bool>* stop) const override;
};

struct ClassifyCall final : Call {
  const Image* image;
  uint32_t top_k;
  serve::Form form{};  // of `encoded`, if that is sent
  Image encoded{};

  ClassifyCall(const Image& i, uint32_t k) : image(&i), top_k(k) {}
  void Encode(const serve::Form& wanted) override;
  bool has_forms() const override { return image->format != ImageFormat::kTensor; }
  size_t bytes() const override { return image->bytes.size(); }
  std::string form_text() const override;
  Status AskAgent(serve::Client& client, const std::string& model, serve::Deadline deadline,
                  Reply& reply, Diag& diag, serve::Stop* stop) const override;
  std::unique_ptr<Call> ToSend() const override;
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag,
                    const std::atomic<bool>* stop) const override;
};

}  // namespace covey::api
