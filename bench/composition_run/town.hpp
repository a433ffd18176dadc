// Town is a switch and a coordinator in this process, and nodes that are `covey node` processes,
// two of them emulated boards; it hears what their sources and targets say.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "serve/board/child.hpp"
#include "serve/space/live.hpp"
#include "serve/space/switch_server.hpp"

namespace covey::bench {

struct Heard {
  int delivered = 0, answered = 0, failed = 0;
};
using RequestKey = std::tuple<unsigned, unsigned, unsigned>;  // pipeline, source's start, number

class Town {
 public:
  Town(const serve::LinkShape& shape, serve::CoordinatorOptions options);
  ~Town();
  // `on`: "host" or "board:m4".
  bool Start(const std::string& name, const std::string& kind, const std::string& on);
  void Kill(const std::string& name);  // SIGKILL
  serve::LiveSpace& space() { return *space_; }

  std::map<RequestKey, Heard> heard();
  std::chrono::steady_clock::time_point last_answer(unsigned pipeline);

 private:
  struct Node {
    std::string kind, on;
    std::unique_ptr<serve::Child> child;
    std::thread listener;
    std::atomic<bool> stop{false};
  };
  void Listen(Node& node);
  void TakeLine(const std::string& line);

  std::unique_ptr<serve::SwitchServer> net_;
  std::unique_ptr<serve::LiveSpace> space_;
  std::vector<std::thread> threads_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::mutex mutex_;
  std::map<RequestKey, Heard> heard_;
  std::map<unsigned, std::chrono::steady_clock::time_point> last_answer_;
};

}  // namespace covey::bench
