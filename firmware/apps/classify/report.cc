#include "report.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "line.hpp"
#include "say.hpp"

namespace covey::classify {

using board::Print;
using board::PrintNumber;

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

void Report::Add(uint32_t number, const covey_result& result, const Cost& cost) {
  Count(result, cost);
  PrintAnswer(number, result, cost);
}

void Report::Count(const covey_result& result, const Cost& cost) {
  if (result.code != COVEY_OK) {
    ++errors_;
  } else if (result.fell_back) {
    ++fell_back_;
  } else if (Same(result.place, "local")) {
    ++local_;
    last_local_ = cost;
  } else {
    ++agent_;
    last_agent_ = cost;
  }
}

void Report::PrintAnswer(uint32_t number, const covey_result& result, const Cost& cost) const {
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
  if (board::IsCounting()) PrintPair("instructions", cost.all);
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

void Report::PrintCosts() const {
  if (!board::IsCounting())
    return Print("\ninstructions are not counted: the emulator runs without -icount shift=7");
  Print("\nlast local run");
  PrintPair("instructions", last_local_.all);
  PrintPair("reading_picture", last_local_.pictures);
  Print("\nlast offloaded request, waiting left out:");
  PrintPair("instructions", last_agent_.all);
  PrintPair("client", last_agent_.all - last_agent_.link - last_agent_.pictures);
  PrintPair("ip_stack_and_driver", last_agent_.link);
  PrintPair("reading_picture", last_agent_.pictures);
}

void Report::Stats() const {
  Print("answers");
  PrintPair("local", local_);
  PrintPair("agent", agent_);
  PrintPair("fell_back", fell_back_);
  PrintPair("errors", errors_);
  PrintCosts();
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
