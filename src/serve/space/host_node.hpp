// HostNode is a node as a process of this machine: it computes with the reference kernels, takes as
// long as the device that it stands for (the stages say how long), and speaks through a switch.
//
//   COVEY_TRY_ASSIGN(auto node, HostNode::Open({.name = "watch", .kind = "max78000",
//                                               .join = address}));
//   node->Run();      // until Stop
//
// Threads: Run in one; Stop from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/diag.hpp"
#include "micro/node/node.hpp"
#include "serve/backends/int8/aligned_bytes.hpp"
#include "serve/space/udp.hpp"
#include "serve/transport/steady_clock.hpp"

namespace covey::serve {

struct HostNodeOptions {
  std::string name{}, kind{};
  UdpAddress join{};  // the switch
  size_t flash_bytes = 1U << 20, ram_bytes = 512U << 10;
  // Told "delivered", "answered", "failed" from Run's thread; with the output, or why. May be
  // empty.
  std::function<void(const char* what, const micro::Request& request,
                     std::span<const std::byte> bytes)>
      tell{};
};

class HostNode final : private micro::Sensor, private micro::Outlet {
 public:
  static Result<std::unique_ptr<HostNode>> Open(const HostNodeOptions& options);
  void Run();
  void Stop();

 private:
  HostNode(const HostNodeOptions& options, UdpSocket socket);
  void Read(uint16_t pipeline, uint32_t seed, uint32_t request, std::span<std::byte> to) override;
  void Delivered(const micro::Request& request, std::span<const std::byte> output) override;
  void Answered(const micro::Request& request) override;
  void Failed(const micro::Request& request, Status why) override;

  HostNodeOptions options_;
  UdpSocket socket_;
  UdpPort port_;
  SteadyClock clock_;
  NoDiag diag_;
  AlignedBytes flash_, ram_;
  micro::Node node_;
  std::atomic<bool> stop_{false};
};

}  // namespace covey::serve
