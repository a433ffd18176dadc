#include "settings.hpp"

#include "common/print.hpp"
#include "core/text.hpp"
#include "line.hpp"
#include "say.hpp"

namespace covey::classify {

using board::Print;
using board::PrintNumber;

namespace {

constexpr uint32_t kMaxDeadlineMs = 3'600'000;

// The only word; "" if there are none or several, which no setting takes.
const char* Only(Words words) { return words.size() == 1 ? words[0] : ""; }

}  // namespace

const Settings::Entry Settings::kEntries[] = {
    {"deadline", &Settings::TakeDeadline}, {"latency", &Settings::TakeLatency},
    {"accuracy", &Settings::TakeAccuracy}, {"prefer", &Settings::TakePrefer},
    {"keep", &Settings::TakeKeep},         {"hedge", &Settings::TakeHedge},
    {"fallback", &Settings::TakeFallback}, {"profile", &Settings::TakeProfile},
    {"form", &Settings::TakeForm},
};

void Settings::Change(Words words) {
  if (words.empty()) return Show();
  const Words behind = words.subspan(1);
  if (Same(words[0], "place")) return SetPlace(behind);
  for (const Entry& entry : kEntries) {
    if (!Same(words[0], entry.word)) continue;
    const char* const expected = (this->*entry.take)(behind);
    if (expected != nullptr) return PrintError(behind.empty() ? "" : behind[0], expected);
    return Show();
  }
  PrintError(words[0],
             "place, deadline, latency, accuracy, prefer, hedge, profile, form, keep or fallback");
}

covey_options Settings::options() const {
  return {.deadline_ns = deadline_ms_ * uint64_t{1'000'000},
          .top_k = 1,
          .fallback = fallback_,
          .sla = sla_};
}

const char* Settings::TakeDeadline(Words words) {
  uint32_t milliseconds = 0;
  if (!ParseNumber(Only(words), kMaxDeadlineMs, milliseconds) || milliseconds == 0)
    return "1 to 3600000 milliseconds";
  deadline_ms_ = milliseconds;
  return nullptr;
}

const char* Settings::TakeLatency(Words words) {
  uint32_t milliseconds = 0;
  if (!ParseNumber(Only(words), kMaxDeadlineMs, milliseconds)) return "milliseconds";
  sla_.max_latency_ns = milliseconds * uint64_t{1'000'000};
  return nullptr;
}

const char* Settings::TakeAccuracy(Words words) {
  uint32_t percent = 0;
  if (!ParseNumber(Only(words), 100, percent)) return "0 to 100";
  sla_.min_accuracy = static_cast<uint16_t>(percent * 100);
  return nullptr;
}

const char* Settings::TakePrefer(Words words) {
  const char* const word = Only(words);
  if (Same(word, "latency")) {
    sla_.prefer = COVEY_PREFER_LATENCY;
  } else if (Same(word, "accuracy")) {
    sla_.prefer = COVEY_PREFER_ACCURACY;
  } else if (Same(word, "energy")) {
    sla_.prefer = COVEY_PREFER_ENERGY;
  } else {
    return "latency, accuracy or energy";
  }
  return nullptr;
}

const char* Settings::TakeKeep(Words words) {
  uint16_t part = 0;
  if (!ParsePercent(Only(words), part) || part == 0) return "per cent, above 0, at most 100";
  sla_.keep_answers = part;
  return nullptr;
}

const char* Settings::TakeHedge(Words words) {
  const char* const word = Only(words);
  if (!Same(word, "on") && !Same(word, "off")) return "on or off";
  sla_.hedge = Same(word, "on");
  return nullptr;
}

const char* Settings::TakeFallback(Words words) {
  const char* const word = Only(words);
  if (!Same(word, "local") && !Same(word, "fail")) return "local or fail";
  fallback_ = Same(word, "fail") ? COVEY_FAIL : COVEY_FALL_BACK_LOCAL;
  return nullptr;
}

const char* Settings::TakeProfile(Words words) {
  const char* const expected = parts_.known.TakeProfile(words);
  if (expected == nullptr) OpenAnew();
  return expected;
}

const char* Settings::TakeForm(Words words) {
  const char* const expected = parts_.known.TakeForm(words);
  if (expected == nullptr) OpenAnew();
  return expected;
}

// The session begins anew with what it was told; the place stays.
void Settings::OpenAnew() {
  Text<COVEY_PLACE_BYTES> place;
  Text<COVEY_MODEL_BYTES> model;
  place.Add(covey_place(&parts_.session));
  model.Add(covey_model(&parts_.session));
  covey_session_close(&parts_.session);
  parts_.known.Fill(parts_.board);
  parts_.forms.Use(parts_.known.forms());
  (void)covey_session_open(&parts_.session, &parts_.board);              // as it did in main()
  (void)covey_set_place(&parts_.session, place.c_str(), model.c_str());  // as it was
}

void Settings::SetPlace(Words words) {
  const bool automatic = !words.empty() && Same(words[0], "auto");
  const bool local = !words.empty() && words.size() == (automatic ? 2 : 1) &&
                     Same(words[words.size() - 1], "local");
  const bool agent =
      !local && words.size() >= 2 && words.size() <= 3 && (automatic || Same(words[0], "agent"));
  if (!local && !agent) {
    return PrintError(words.empty() ? "" : words[0],
                      "local, auto local, agent HOST:PORT [MODEL] or auto HOST:PORT [MODEL]");
  }
  Text<Line::kMaxBytes + 24> place;
  place.Add(automatic ? "auto " : "").Add(local ? "local" : "agent tcp://");
  if (agent) place.Add(words[1]);
  const char* const model = words.size() == 3 ? words[2] : nullptr;
  const covey_code code = covey_set_place(&parts_.session, place.c_str(), model);
  if (code == COVEY_OK) return PrintPlace(parts_.session);
  Print("error: ");
  Print(NameOf(code));
  Print(" '");
  Print(place.c_str());
  Print("' is no place that this board can use; it stays ");
  Print(covey_place(&parts_.session));
  Print("; expected local (needs a model), or agent IPV4:PORT [MODEL] (needs a network)\n");
}

void Settings::Show() const {
  PrintPlace(parts_.session);
  Print("deadline_ms ");
  PrintNumber(deadline_ms_);
  PrintPair("latency_ms", sla_.max_latency_ns / 1'000'000);
  PrintPair("accuracy", sla_.min_accuracy / 100U);
  constexpr const char* kPrefer[] = {"latency", "accuracy", "energy"};
  Print(" prefer ");
  Print(kPrefer[sla_.prefer]);
  if (sla_.hedge) Print(" hedge on");
  if (sla_.keep_answers != 0) {
    Print(" keep ");
    board::PrintFixed(sla_.keep_answers, 2);
  }
  Print(fallback_ == COVEY_FAIL ? "\nfallback fail\n" : "\nfallback local\n");
  parts_.known.Print();
}

}  // namespace covey::classify
