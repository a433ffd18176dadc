// App is the console: it reads commands and answers them through one covey_session. The same code
// serves both places; `config place` is all that changes.
#pragma once

#include "common/ip/tcp_link.hpp"
#include "covey/micro.h"
#include "known.hpp"
#include "line.hpp"
#include "micro/run/engine.hpp"
#include "pictures.hpp"

namespace covey::classify {

// What main() has built. `engine` is null without a model.
struct Parts {
  covey_session& session;
  Pictures& pictures;
  micro::Engine* engine;
  board::IpStack& stack;
  board::TcpLink& link;
  covey_parts& board;  // what the session opens with
  Known& known;
  micro::JpegForms& forms;
};

class App {
 public:
  explicit App(const Parts& parts) : parts_(parts) {}

  // One line of the console. False: quit.
  bool Run(std::span<const char* const> words);

 private:
  using Words = std::span<const char* const>;
  struct Cost {
    uint64_t instructions = 0;  // of the whole call, waiting left out
    uint64_t link = 0;          // of these, in the link: IP stack and driver
    uint64_t pictures = 0;      // of these, reading the picture
  };
  struct Counts {
    uint32_t local = 0, agent = 0, fell_back = 0, errors = 0;
    Cost last_local, last_agent;
  };

  void Help() const;
  void Models();
  void Config(Words words);
  void ConfigPlace(Words words);
  void ConfigKnown(Words words);
  void PrintConfig() const;
  void Infer(Words words);
  void InferOne(uint32_t number);
  void PrintAnswer(uint32_t number, const covey_result& result, const Cost& cost);
  void Count(const covey_result& result, const Cost& cost);
  void Stats() const;
  covey_options options() const;

  Parts parts_;
  uint32_t next_ = 0;  // the picture that a bare `infer` takes
  uint32_t deadline_ms_ = 60'000;
  covey_fallback fallback_ = COVEY_FALL_BACK_LOCAL;
  covey_sla sla_ = {};
  Counts counts_;
};

}  // namespace covey::classify
