// JpegForms sends raw pixels as they are or as JPEG that it writes from their callback, whichever
// is written and sent soonest over the link as it is now.
//
//   callback -> 8 or 16 rows -> JpegWriter -> stream     rows and stream lie in `room`
//
//   static constexpr JpegProfile kForms[] = {{.quality = 80, .agrees = 9'120, .bytes = 11'900}};
//   static JpegForms forms(clock, kForms, room);         // covey profiles prints such a table
//   const covey_parts parts = {.clock = &clock, .link = &link, .forms = &forms, ...};
//
// Never in one piece: the picture. The stream is, since a request says how long it is before it
// begins. A picture whose JPEG does not fit the room, or is no smaller, goes in a smaller form, or
// as it is; the larger forms rest for 16 pictures then. So do all after two in a row that an agent
// which never answered a JPEG did not answer.
// What writing takes is learned from each picture that is written, by its pixels.
// Memory: 120 bytes; `room` and the table are borrowed. Room: 16 rows of pixels and the stream.
// Threads: one at a time.
#pragma once

#include <span>

#include "core/clock.hpp"
#include "micro/forms/picture_forms.hpp"
#include "micro/route/forms.hpp"

namespace covey::micro {

// As `covey forms` measured it at the agent.
struct JpegProfile {
  uint8_t quality = 75;      // 1 to 100
  bool half_colours = true;  // ":420"
  bool bare = false;         // "bare:": 450 bytes fewer, for agents that know the standard's tables
  uint16_t agrees = 0;       // answers that stay as they are, of 10,000
  uint32_t bytes = 0;        // of a request, mean
};

class JpegForms final : public PictureForms {
 public:
  static constexpr size_t kMost = 8;  // more are left out
  // A Cortex-M33 of 120 MHz takes about this (docs/guide/routing.md).
  static constexpr uint32_t kUsualNsPerPixel = 2'000;

  JpegForms(Clock& clock, std::span<const JpegProfile> forms, std::span<std::byte> room,
            uint32_t ns_per_pixel = kUsualNsPerPixel)
      : clock_(clock), forms_(forms), room_(room), ns_per_pixel_(ns_per_pixel) {}

  // Others from now on.
  void Use(std::span<const JpegProfile> forms);
  Result<covey_input> Make(const covey_input& picture, uint16_t keep, uint64_t until_ns) override;
  void Answered(uint32_t bytes, uint32_t link_us, bool cold) override;
  void Failed(uint32_t bytes, uint32_t us, bool cold) override;
  void Refused() override;
  void Forget() override;
  const char* name() const override { return name_; }

  uint32_t ns_per_pixel() const { return ns_per_pixel_; }

 private:
  // Null: the picture as it is.
  const JpegProfile* Choose(const covey_input& picture, uint16_t keep);
  // How many bytes, from stream_ on.
  Result<size_t> Write(const covey_input& picture, const JpegProfile& form, uint64_t until_ns);
  void LearnCost(uint64_t took_ns, uint32_t pixels);
  void Name(const JpegProfile& form);
  void Rest(uint32_t below_bytes);

  Clock& clock_;
  std::span<const JpegProfile> forms_;
  std::span<std::byte> room_;
  const std::byte* stream_ = nullptr;
  uint32_t ns_per_pixel_;
  uint32_t below_bytes_ = UINT32_MAX;                                        // larger forms rest
  uint8_t rest_ = 0;                                                         // for so many pictures
  uint8_t failed_ = 0;                                                       // JPEGs in a row
  bool learned_ = false, refused_ = false, proven_ = false, small_ = false;  // the last was a JPEG
  char name_[COVEY_FORM_BYTES] = "raw";
  FormChooser chooser_;
};

}  // namespace covey::micro
