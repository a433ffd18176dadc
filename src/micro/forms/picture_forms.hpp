// PictureForms is how a device session sends a picture smaller than it is. JpegForms
// (jpeg_forms.hpp) does it; a session without one sends pictures as they are.
//
//   covey_input sent = forms.Make(picture, /*keep=*/9'900, until_ns).value();
//   ... send it: `bytes` in all, in `link_us` besides what the agent computed
//   forms.Answered(bytes, link_us, /*cold=*/false);
//
// An interface, so that firmware that sends no JPEG holds no writer of it.
#pragma once

#include "core/status.hpp"
#include "covey/micro.h"

namespace covey::micro {

class PictureForms {
 public:
  // Chooses a form of raw pixels that leaves at least `keep` of 10,000 answers as they are, and
  // makes it: `picture` itself, or a smaller one that stays until the next call. Errors: those of
  // the picture's callback; kDeadlineExceeded once it is `until_ns`.
  virtual Result<covey_input> Make(const covey_input& picture, uint16_t keep,
                                   uint64_t until_ns) = 0;
  // What Make gave last was answered. `link_us` 0: what it took is not known; `cold`: a connection
  // was opened for it.
  virtual void Answered(uint32_t bytes, uint32_t link_us, bool cold) = 0;
  // What Make gave last got no answer within `us` (0: that tells nothing of time): the link is too
  // slow for it, or the agent cannot bear it.
  virtual void Failed(uint32_t bytes, uint32_t us, bool cold) = 0;
  // What Make gave last is no form that this agent takes: pictures go as they are from now on.
  virtual void Refused() = 0;
  // Another agent, or another link to it.
  virtual void Forget() = 0;
  // Of what Make gave last, at most COVEY_FORM_BYTES: "raw", "jpeg:80:420", "bare:97".
  virtual const char* name() const = 0;

 protected:
  ~PictureForms() = default;
};

}  // namespace covey::micro
