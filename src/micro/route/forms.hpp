// Forms chooses how a picture is sent: of the forms that keep the answer often enough, the one that
// is encoded, sent and answered soonest over the link as it is now.
//
//   time = encoding + link(bytes)        link(bytes): the line through two sizes' usual times
//
//   constexpr SendForm kForms[] = {{.bytes = 27'000}, {.bytes = 11'000, .encode_us = 2'100,
//                                                      .agrees = 9'400}};
//   const uint8_t form = chooser.Choose(kForms, /*keep=*/9'000);
//   chooser.Sent(bytes, link_us);        // without encoding, waiting and computing there
//
// What is usually sent moves its own time by an eighth of its error and the other one in
// proportion, so that a link that becomes slow is noticed whatever is sent. The 2nd request, and
// then as many as cost 1/64 of all time, one in eight at most, go in the smallest form, or as it is,
// and tell the slope.
// Memory: 56 bytes. Exact: integers only. Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>

namespace covey::micro {

// As measured (covey forms).
struct SendForm {
  uint32_t bytes = 0;        // of a request
  uint32_t encode_us = 0;    // here
  uint16_t agrees = 10'000;  // answers that stay as they are, of 10,000
};

class FormChooser {
 public:
  // An index into `forms`, of which the first, the picture as it is, will always do; `keep`: the
  // least that another may agree.
  uint8_t Choose(std::span<const SendForm> forms, uint16_t keep);
  void Sent(uint32_t bytes, uint32_t link_us);
  // No answer came within `us`: sending takes at least that.
  void Lost(uint32_t bytes, uint32_t us);
  // Two sizes: until then a time that holds a new connection, too, is better than none.
  bool knows() const { return small_.bytes != large_.bytes; }
  // What sending and the reply are expected to take.
  uint32_t LinkUs(uint32_t bytes) const;

 private:
  struct Point {
    uint32_t bytes = 0;
    int64_t us = 0;
  };
  Point small_, large_;     // equal: only one size is known; no bytes: nothing is
  uint64_t credit_us_ = 0;  // saved for trying
  uint8_t asked_ = 0;
  bool large_sent_ = false;
};

}  // namespace covey::micro
