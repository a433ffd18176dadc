#include "app.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "line.hpp"
#include "say.hpp"

namespace covey::classify {

using board::Print;
using board::PrintNumber;

bool App::Run(Words words) {
  if (words.empty()) return true;
  const char* const command = words[0];
  if (Same(command, "help")) {
    Help();
  } else if (Same(command, "models")) {
    Models();
  } else if (Same(command, "config")) {
    settings_.Change(words.subspan(1));
  } else if (Same(command, "infer")) {
    Infer(words.subspan(1));
  } else if (Same(command, "stats")) {
    report_.Stats();
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
  const covey_options with = settings_.options();
  covey_result result;
  if (covey_models(&parts_.session, found, nullptr, &with, &result) == COVEY_OK) return;
  Print("error: ");
  Print(NameOf(result.code));
  Print(" ");
  Print(result.error);
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
  const covey_options with = settings_.options();
  covey_result result;
  const uint64_t idle_ns = parts_.stack.idle_ns();
  const uint64_t link_ns = parts_.link.busy_and_idle_ns();
  const uint64_t begin_ns = board::ClockNs();
  (void)covey_classify(&parts_.session, &image, &with, &result);  // the result holds its code
  const uint64_t end_ns = board::ClockNs();
  const uint64_t waited_ns = parts_.stack.idle_ns() - idle_ns;
  const Cost cost = {
      .all = board::InstructionsBetween(begin_ns, end_ns - waited_ns),
      .link = board::InstructionsBetween(waited_ns, parts_.link.busy_and_idle_ns() - link_ns),
      .pictures = board::InstructionsBetween(0, reader.spent_ns)};
  report_.Add(number, result, cost);
}

}  // namespace covey::classify
