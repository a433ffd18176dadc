// Settings is what `config` changes: the place, what a call wishes, what is known of places.
//
//   settings.Change(words);                    // those behind `config`; none: shows them
//   const covey_options with = settings.options();
//
// A word that cannot be taken is answered with what was expected, and changes nothing.
#pragma once

#include "covey/micro.h"
#include "parts.hpp"

namespace covey::classify {

class Settings {
 public:
  explicit Settings(const Parts& parts) : parts_(parts) {}

  void Change(Words words);
  covey_options options() const;

 private:
  // What a word of `config` does with those behind it. Null, or what was expected.
  struct Entry {
    const char* word;
    const char* (Settings::*take)(Words words);
  };
  static const Entry kEntries[];

  const char* TakeDeadline(Words words);
  const char* TakeLatency(Words words);
  const char* TakeAccuracy(Words words);
  const char* TakePrefer(Words words);
  const char* TakeKeep(Words words);
  const char* TakeHedge(Words words);
  const char* TakeFallback(Words words);
  const char* TakeProfile(Words words);
  const char* TakeForm(Words words);
  void SetPlace(Words words);
  void OpenAnew();
  void Show() const;

  Parts parts_;
  uint32_t deadline_ms_ = 60'000;
  covey_fallback fallback_ = COVEY_FALL_BACK_LOCAL;
  covey_sla sla_ = {};
};

}  // namespace covey::classify
