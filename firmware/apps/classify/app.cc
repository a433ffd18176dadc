#include "app.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "core/text.hpp"

namespace covey::classify {

using board::Print;
using board::PrintNumber;

namespace {

constexpr uint32_t kMaxDeadlineMs = 3'600'000;

const char* NameOf(covey_code code) { return CodeName(static_cast<Code>(code)); }

void PrintError(const char* found, const char* expected) {
  Print("error: found '");
  Print(found);
  Print("', expected ");
  Print(expected);
  Print("\n");
}

void PrintPair(const char* name, uint64_t value) {
  Print(" ");
  Print(name);
  Print(" ");
  PrintNumber(value);
}

}  // namespace

bool App::Run(Words words) {
  if (words.empty()) return true;
  const char* const command = words[0];
  if (Same(command, "help")) {
    Help();
  } else if (Same(command, "models")) {
    Models();
  } else if (Same(command, "config")) {
    Config(words.subspan(1));
  } else if (Same(command, "infer")) {
    Infer(words.subspan(1));
  } else if (Same(command, "stats")) {
    Stats();
  } else if (Same(command, "quit")) {
    return false;
  } else {
    PrintError(command, "help, models, config, infer, stats or quit");
  }
  return true;
}

void App::Help() const {
  Print(
      "help                                    this page\n"
      "models                                  what the present place offers\n"
      "config                                  the settings\n"
      "config place local                      answer with the engine on this board\n"
      "config place agent HOST:PORT [MODEL]    answer with a model on an agent (HOST: IPv4)\n"
      "config deadline MILLISECONDS            for each call, by the board's clock\n"
      "config place auto HOST:PORT [MODEL]     here or there, as each picture's wishes are met "
      "best\n"
      "config place auto local                 the model on this board or a variant of it\n"
      "config latency MILLISECONDS             auto: an answer by then is as wanted; 0: any time\n"
      "config accuracy PERCENT                 auto: at least; 0: any\n"
      "config prefer latency|accuracy|energy   auto: of the places that meet the wishes\n"
      "config hedge on|off                     auto: this board's model may work beside an agent "
      "that "
      "is late\n"
      "config profile ROW WHAT NUMBERS...      auto: what is known of a place (covey profiles "
      "prints it)\n"
      "config form jpeg|bare:Q[:420] BYTES PERCENT  how pictures may be sent to the agent; or: "
      "none\n"
      "config keep PERCENT                     of the answers that such a form must keep (99)\n"
      "config fallback local|fail              when the agent fails: local answer, or an error\n"
      "infer                                   the next picture\n"
      "infer N                                 the first N pictures\n"
      "infer FIRST N                           N pictures from number FIRST on\n"
      "stats                                   counts, instructions, memory\n"
      "quit                                    end the program\n"
      "latency_us is by the board's clock: 'counted' means 128 ns an instruction plus waiting,\n"
      "'real' means the emulating machine's time. instructions leave waiting out.\n");
}

covey_options App::options() const {
  return {.deadline_ns = deadline_ms_ * uint64_t{1'000'000},
          .top_k = 1,
          .fallback = fallback_,
          .sla = sla_};
}

void App::Models() {
  if (parts_.engine != nullptr) {
    const wire::ImageView& image = parts_.engine->image();
    Print("on this board: ");
    Print(image.name());
    PrintPair("image_bytes", image.bytes().size());
    PrintPair("arena_bytes", image.header().arena_bytes);
    PrintPair("ops", image.op_count());
    Print("\n");
  }
  const auto found = [](void*, const char* name, const char* backend, const char* error) {
    Print("model ");
    Print(name);
    Print(" backend ");
    Print(backend);
    if (error[0] != '\0') {
      Print(" error ");
      Print(error);
    }
    Print("\n");
  };
  const covey_options with = options();
  covey_result result;
  if (covey_models(&parts_.session, found, nullptr, &with, &result) == COVEY_OK) return;
  Print("error: ");
  Print(NameOf(result.code));
  Print(" ");
  Print(result.error);
  Print("\n");
}

void App::PrintConfig() const {
  Print("place ");
  Print(covey_place(&parts_.session));
  if (const char* const model = covey_model(&parts_.session); model[0] != '\0') {
    Print(" model ");
    Print(model);
  }
  Print("\ndeadline_ms ");
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

void App::Config(Words words) {
  const char* const what = words.empty() ? "" : words[0];
  if (words.empty()) {
    PrintConfig();
  } else if (Same(what, "place")) {
    ConfigPlace(words.subspan(1));
  } else if (Same(what, "deadline")) {
    uint32_t milliseconds = 0;
    if (words.size() != 2 || !ParseNumber(words[1], kMaxDeadlineMs, milliseconds) ||
        milliseconds == 0) {
      return PrintError(words.size() > 1 ? words[1] : "", "1 to 3600000 milliseconds");
    }
    deadline_ms_ = milliseconds;
    PrintConfig();
  } else if (Same(what, "latency") || Same(what, "accuracy")) {
    const bool latency = Same(what, "latency");
    uint32_t number = 0;
    if (words.size() != 2 || !ParseNumber(words[1], latency ? kMaxDeadlineMs : 100, number)) {
      return PrintError(words.size() > 1 ? words[1] : "", latency ? "milliseconds" : "0 to 100");
    }
    if (latency) sla_.max_latency_ns = number * uint64_t{1'000'000};
    if (!latency) sla_.min_accuracy = static_cast<uint16_t>(number * 100);
    PrintConfig();
  } else if (Same(what, "prefer")) {
    const char* const word = words.size() == 2 ? words[1] : "";
    const bool known = Same(word, "latency") || Same(word, "accuracy") || Same(word, "energy");
    if (!known) return PrintError(word, "latency, accuracy or energy");
    sla_.prefer = Same(word, "accuracy") ? COVEY_PREFER_ACCURACY
                  : Same(word, "energy") ? COVEY_PREFER_ENERGY
                                         : COVEY_PREFER_LATENCY;
    PrintConfig();
  } else if (Same(what, "keep")) {
    uint16_t part = 0;
    if (words.size() != 2 || !ParsePercent(words[1], part) || part == 0)
      return PrintError(words.size() > 1 ? words[1] : "", "per cent, above 0, at most 100");
    sla_.keep_answers = part;
    PrintConfig();
  } else if (Same(what, "hedge")) {
    const char* const word = words.size() == 2 ? words[1] : "";
    if (!Same(word, "on") && !Same(word, "off")) return PrintError(word, "on or off");
    sla_.hedge = Same(word, "on");
    PrintConfig();
  } else if (Same(what, "profile") || Same(what, "form")) {
    ConfigKnown(words);
  } else if (Same(what, "fallback")) {
    const bool fail = words.size() == 2 && Same(words[1], "fail");
    if (!fail && (words.size() != 2 || !Same(words[1], "local"))) {
      return PrintError(words.size() > 1 ? words[1] : "", "local or fail");
    }
    fallback_ = fail ? COVEY_FAIL : COVEY_FALL_BACK_LOCAL;
    PrintConfig();
  } else {
    PrintError(
        what, "place, deadline, latency, accuracy, prefer, hedge, profile, form, keep or fallback");
  }
}

// The session begins anew with what it was told; the place stays.
void App::ConfigKnown(Words words) {
  const bool form = Same(words[0], "form");
  const char* const expected =
      form ? parts_.known.TakeForm(words.subspan(1)) : parts_.known.TakeProfile(words.subspan(1));
  if (expected != nullptr) return PrintError(words.size() > 1 ? words[1] : "", expected);
  Text<COVEY_PLACE_BYTES> place;
  Text<COVEY_MODEL_BYTES> model;
  place.Add(covey_place(&parts_.session));
  model.Add(covey_model(&parts_.session));
  covey_session_close(&parts_.session);
  parts_.known.Fill(parts_.board);
  parts_.forms.Use(parts_.known.forms());
  (void)covey_session_open(&parts_.session, &parts_.board);              // as it did in main()
  (void)covey_set_place(&parts_.session, place.c_str(), model.c_str());  // as it was
  PrintConfig();
}

void App::ConfigPlace(Words words) {
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
  if (const covey_code code = covey_set_place(&parts_.session, place.c_str(), model);
      code != COVEY_OK) {
    Print("error: ");
    Print(NameOf(code));
    Print(" '");
    Print(place.c_str());
    Print("' is no place that this board can use; it stays ");
    Print(covey_place(&parts_.session));
    Print("; expected local (needs a model), or agent IPV4:PORT [MODEL] (needs a network)\n");
    return;
  }
  Print("place ");
  Print(covey_place(&parts_.session));
  if (const char* const name = covey_model(&parts_.session); name[0] != '\0') {
    Print(" model ");
    Print(name);
  }
  Print("\n");
}

void App::Infer(Words words) {
  const uint32_t pictures = parts_.pictures.count();
  if (pictures == 0) return Print("error: there are no pictures; start with pictures=FILE\n");
  uint32_t first = words.size() >= 2 || words.empty() ? next_ : 0;
  uint32_t count = 1;
  if (words.size() == 1) first = 0;
  if (words.size() > 2 || (words.size() == 2 && !ParseNumber(words[0], pictures - 1, first)) ||
      (!words.empty() && !ParseNumber(words.back(), pictures - first, count))) {
    Print("error: expected infer [N] or infer FIRST N, with pictures 0 to ");
    PrintNumber(pictures - 1);
    return Print("\n");
  }
  for (uint32_t i = 0; i < count; ++i) InferOne(first + i);
  next_ = (first + count) % pictures;
}

void App::InferOne(uint32_t number) {
  Print("image ");
  PrintNumber(number);
  Print(": ");
  Pictures::Reader reader{parts_.pictures, number};
  const covey_input image = {.format = COVEY_RAW_RGB8,
                             .width = parts_.pictures.width(),
                             .height = parts_.pictures.height(),
                             .size = parts_.pictures.picture_bytes(),
                             .read = Pictures::Read,
                             .context = &reader};
  const covey_options with = options();
  covey_result result;
  const uint64_t idle_ns = parts_.stack.idle_ns();
  const uint64_t link_ns = parts_.link.busy_and_idle_ns();
  const uint64_t begin_ns = board::ClockNs();
  (void)covey_classify(&parts_.session, &image, &with, &result);  // the result holds its code
  const uint64_t end_ns = board::ClockNs();
  const uint64_t waited_ns = parts_.stack.idle_ns() - idle_ns;
  const Cost cost = {
      .instructions = board::InstructionsBetween(begin_ns, end_ns - waited_ns),
      .link = board::InstructionsBetween(waited_ns, parts_.link.busy_and_idle_ns() - link_ns),
      .pictures = board::InstructionsBetween(0, reader.spent_ns)};
  Count(result, cost);
  PrintAnswer(number, result, cost);
}

void App::Count(const covey_result& result, const Cost& cost) {
  if (result.code != COVEY_OK) {
    ++counts_.errors;
  } else if (result.fell_back) {
    ++counts_.fell_back;
  } else if (Same(result.place, "local")) {
    ++counts_.local;
    counts_.last_local = cost;
  } else {
    ++counts_.agent;
    counts_.last_agent = cost;
  }
}

namespace {

bool StartsWithAuto(const char* place) {
  return place[0] == 'a' && place[1] == 'u';  // the other places are "agent ..." and "local"
}

// The label of class `index` among lines of text.
void PrintLabel(const char* labels, uint32_t index) {
  if (labels == nullptr) return Print("-");
  for (; index > 0; --index) {
    while (*labels != '\0' && *labels != '\n') ++labels;
    if (*labels == '\0') return Print("-");
    ++labels;
  }
  for (; *labels != '\0' && *labels != '\n'; ++labels) board::PutChar(*labels);
}

}  // namespace

void App::PrintAnswer(uint32_t number, const covey_result& result, const Cost& cost) {
  if (result.code != COVEY_OK) {
    Print("error ");
    Print(NameOf(result.code));
    Print(" ");
    Print(result.error);
    return Print("\n");
  }
  const covey_class& best = result.classes[0];
  Print("class ");
  PrintNumber(best.index);
  Print(" ");
  Print(best.label[0] != '\0' ? best.label : "-");
  Print(" confidence ");
  board::PrintFixed(static_cast<uint32_t>(best.confidence * 10000.0F + 0.5F), 4);
  Print(" place ");
  Print(result.place);
  if (result.variant != 0) PrintPair("variant", result.variant);
  if (!parts_.known.forms().empty() && result.sent_bytes > 0) {
    Print(" form ");
    Print(result.form);
    PrintPair("sent_bytes", result.sent_bytes);
  }
  PrintPair("latency_us", result.latency_ns / 1000);
  Print(board::IsCounting() ? " clock counted" : " clock real");
  if (board::IsCounting()) PrintPair("instructions", cost.instructions);
  if (result.hedged) Print(" hedged yes");
  Print(result.fell_back ? " fell_back yes" : " fell_back no");
  if (const std::optional<uint32_t> truth = parts_.pictures.Truth(number)) {
    PrintPair("truth", *truth);
    Print(" ");
    PrintLabel(parts_.engine == nullptr ? nullptr : parts_.engine->image().labels(), *truth);
  }
  if (result.fell_back) {
    Print(" reason ");
    Print(result.error);
  } else if (StartsWithAuto(covey_place(&parts_.session))) {
    Print(" because ");
    Print(result.reason);
  }
  Print("\n");
}

void App::Stats() const {
  Print("answers");
  PrintPair("local", counts_.local);
  PrintPair("agent", counts_.agent);
  PrintPair("fell_back", counts_.fell_back);
  PrintPair("errors", counts_.errors);
  if (board::IsCounting()) {
    Print("\nlast local run");
    PrintPair("instructions", counts_.last_local.instructions);
    PrintPair("reading_picture", counts_.last_local.pictures);
    const Cost& sent = counts_.last_agent;
    Print("\nlast offloaded request, waiting left out:");
    PrintPair("instructions", sent.instructions);
    PrintPair("client", sent.instructions - sent.link - sent.pictures);
    PrintPair("ip_stack_and_driver", sent.link);
    PrintPair("reading_picture", sent.pictures);
  } else {
    Print("\ninstructions are not counted: the emulator runs without -icount shift=7");
  }
  const board::StackUse stack = board::MeasureStack();
  Print("\nstack");
  PrintPair("high_water", stack.high_water);
  PrintPair("of", stack.size);
  Print("\nclient buffers");
  PrintPair("session_bytes", sizeof(covey_session));
  PrintPair("link_bytes", sizeof(board::TcpLink));
  Print("\nip stack");
  PrintPair("buffer_bytes", board::IpStack::kBufferBytes);
  if (parts_.engine != nullptr) {
    Print("\nmodel");
    PrintPair("image_bytes", parts_.engine->image().bytes().size());
    PrintPair("arena_bytes", parts_.engine->image().header().arena_bytes);
  }
  PrintPair("free_flash", board::FreeFlash().size());
  PrintPair("free_ram", board::FreeRam().size());
  Print("\n");
}

}  // namespace covey::classify
