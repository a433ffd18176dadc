// Town is a switch, a coordinator and nodes that run until a test ends, each in a thread of its
// own.
//
//   Town town({.kbit_s = 10000, .overhead_us = 200}, {.planner = planner});
//   if (!town.AddBoard("watch", "m4")) GTEST_SKIP() << town.missing();
//   town.AddHost("ear", "m4");
//   town.space().Add(pipeline);
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "serve/space/board_node.hpp"
#include "serve/space/host_node.hpp"
#include "serve/space/live.hpp"
#include "serve/space/switch_server.hpp"
#include "serve/space/test_parts.hpp"

namespace covey::serve {

using namespace std::chrono_literals;

class Town {
 public:
  Town(const LinkShape& shape, CoordinatorOptions options) {
    auto net = SwitchServer::Open("127.0.0.1", 0, 7, shape);
    EXPECT_TRUE(net.ok());
    net_ = *std::move(net);
    auto space = LiveSpace::Open(std::move(options), *UdpAddress::Of("127.0.0.1", net_->port()));
    EXPECT_TRUE(space.ok());
    space_ = *std::move(space);
    threads_.emplace_back([this] { net_->Run(); });
    threads_.emplace_back([this] { space_->Run(); });
  }
  ~Town() {
    boards_.clear();
    for (const auto& node : nodes_) node->Stop();
    space_->Stop();
    net_->Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void AddHost(const std::string& name, const std::string& kind) {
    auto node = HostNode::Open(
        {.name = name,
         .kind = kind,
         .join = *UdpAddress::Of("127.0.0.1", net_->port()),
         .tell = [this](const char* what, const micro::Request& request,
                        std::span<const std::byte> output) {
           const std::lock_guard lock(mutex_);
           if (std::string(what) != "delivered") return;
           outputs_[{request.pipeline, request.number}].assign(output.begin(), output.end());
         }});
    ASSERT_TRUE(node.ok());
    nodes_.push_back(*std::move(node));
    threads_.emplace_back([at = nodes_.back().get()] { at->Run(); });
  }
  // False: no firmware or emulator here.
  bool AddBoard(const std::string& name, const std::string& board) {
    DiagText diag;
    auto node = BoardNode::Start({.board = board, .name = name, .port = net_->port()}, diag);
    if (!node.ok()) missing_ = diag.Text();
    if (node.ok()) boards_.push_back(*std::move(node));
    return node.ok();
  }
  const std::string& missing() const { return missing_; }
  LiveSpace& space() { return *space_; }
  SwitchCore& net() { return net_->core(); }
  std::map<std::pair<uint16_t, uint32_t>, std::vector<std::byte>> outputs() {
    const std::lock_guard lock(mutex_);
    return outputs_;
  }
  bool WaitFor(const std::function<bool(const SpaceView&)>& done, std::chrono::seconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (std::chrono::steady_clock::now() < end) {
      if (done(space_->View())) return true;
      std::this_thread::sleep_for(20ms);  // until it is so; how long it takes decides nothing
    }
    return false;
  }

 private:
  std::unique_ptr<SwitchServer> net_;
  std::unique_ptr<LiveSpace> space_;
  std::vector<std::unique_ptr<HostNode>> nodes_;
  std::vector<std::unique_ptr<BoardNode>> boards_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::map<std::pair<uint16_t, uint32_t>, std::vector<std::byte>> outputs_;
  std::string missing_;
};

}  // namespace covey::serve
