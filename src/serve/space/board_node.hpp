// BoardNode is an emulated board that runs the `node` firmware and speaks through a switch.
//
//   const BoardNodeOptions watch = {.board = "m4", .name = "watch", .join = to};
//   COVEY_TRY_ASSIGN(auto board, BoardNode::Start(watch, diag));
//   // it leaves with the object
//
// Exact: the firmware's code and results are the board's; its time is the emulator's, not a chip's.
// Errors: as FindFirmware, QemuCommand; kDeadlineExceeded if it does not say that it is ready.
#pragma once

#include <memory>
#include <string>

#include "core/diag.hpp"
#include "serve/board/child.hpp"
#include "serve/space/udp.hpp"

namespace covey::serve {

struct BoardNodeOptions {
  std::string board{};  // "m4", "m33", "m55", "rv32"
  std::string name{};
  std::string kind{};  // empty: the board's name
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // of the switch
};

class BoardNode {
 public:
  static Result<std::unique_ptr<BoardNode>> Start(const BoardNodeOptions& options, Diag& diag);
  // Whether it still runs; what it printed since, if asked.
  bool Alive();
  void Kill() { child_->Kill(); }
  Child& child() { return *child_; }

 private:
  explicit BoardNode(std::unique_ptr<Child> child) : child_(std::move(child)) {}
  std::unique_ptr<Child> child_;
};

}  // namespace covey::serve
