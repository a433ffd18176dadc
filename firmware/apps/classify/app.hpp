// App is the console: it reads commands and answers them through one covey_session. The same code
// serves both places; `config place` is all that changes.
#pragma once

#include "parts.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace covey::classify {

class App {
 public:
  explicit App(const Parts& parts) : parts_(parts), settings_(parts), report_(parts) {}

  // One line of the console. False: quit.
  bool Run(Words words);

 private:
  void Help() const;
  void Models();
  void Infer(Words words);
  void InferOne(uint32_t number);

  Parts parts_;
  Settings settings_;
  Report report_;
  uint32_t next_ = 0;  // the picture that a bare `infer` takes
};

}  // namespace covey::classify
