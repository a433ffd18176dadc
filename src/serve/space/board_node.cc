#include "serve/space/board_node.hpp"

#include <algorithm>
#include <random>

#include "serve/board/board.hpp"

namespace covey::serve {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// The user network's words go, the switch's come.
void JoinSwitch(std::vector<std::string>& command, uint16_t own, const std::string& host,
                uint16_t port) {
  const std::string netdev =
      "dgram,id=n0,local.type=inet,local.host=127.0.0.1,local.port=" + std::to_string(own) +
      ",remote.type=inet,remote.host=" + host + ",remote.port=" + std::to_string(port);
  const auto nic = std::find(command.begin(), command.end(), "-nic");
  if (nic != command.end()) command.erase(nic, nic + 2);
  const auto user = std::find(command.begin(), command.end(), "user,id=n0");
  if (user != command.end()) {
    *user = netdev;
  } else {
    command.insert(command.end(), {"-netdev", netdev, "-net", "nic,netdev=n0"});
  }
}

}  // namespace

Result<std::unique_ptr<BoardNode>> BoardNode::Start(const BoardNodeOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::filesystem::path firmware, FindFirmware(options.board, "node", diag));
  std::vector<std::string> words = {"name=" + options.name,
                                    "boot=" + std::to_string(std::random_device{}() >> 1)};
  if (!options.kind.empty()) words.push_back("kind=" + options.kind);
  COVEY_TRY_ASSIGN(std::vector<std::string> command,
                   QemuCommand(options.board, firmware, words, /*network=*/true,
                               /*count_instructions=*/false, diag));
  uint16_t own = 0;
  {
    // A port that was free a moment ago; the emulator takes it.
    COVEY_TRY_ASSIGN(const UdpSocket free, UdpSocket::Open("127.0.0.1", 0));
    own = free.port();
  }
  JoinSwitch(command, own, options.host, options.port);
  COVEY_TRY_ASSIGN(std::unique_ptr<Child> child, Child::Start(command, {}, diag));
  std::string text;
  const auto deadline = steady_clock::now() + seconds(30);
  while (text.find(" ready") == std::string::npos) {
    const Status status = child->Read(text, deadline);
    if (status.ok()) continue;
    const std::string problem = "the node did not start; it said: " + text;
    diag.Report({.subject = options.name.c_str(), .problem = problem.c_str()});
    return status;
  }
  return std::unique_ptr<BoardNode>(new BoardNode(std::move(child)));
}

bool BoardNode::Alive() {
  const Result<int> ended = child_->Wait(steady_clock::now());
  return !ended.ok();
}

}  // namespace covey::serve
