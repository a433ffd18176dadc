// IpStack is lwIP on this board's network card: one IPv4 address, polled.
//
//   static IpStack stack;
//   COVEY_TRY(stack.Start({.address = {10, 0, 2, 15}, .gateway = {10, 0, 2, 2}}));
//   while (!arrived) stack.Turn();
//
// Memory: static, sized in lwipopts.h. At most one IpStack in a program: lwIP keeps its state in
// globals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.hpp"
#include "lwip/netif.h"
#include "lwip/opt.h"

namespace covey::board {

struct IpConfig {
  std::array<uint8_t, 4> address{10, 0, 2, 15};  // QEMU's user network
  std::array<uint8_t, 4> mask{255, 255, 255, 0};
  std::array<uint8_t, 4> gateway{10, 0, 2, 2};
  std::array<uint8_t, 6> mac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
};

class IpStack {
 public:
  // What lwIP reserves for outgoing segments and arriving frames, without its tables.
  static constexpr uint32_t kBufferBytes = MEM_SIZE + PBUF_POOL_SIZE * PBUF_POOL_BUFSIZE;

  Status Start(const IpConfig& config);

  // Hands waiting frames to lwIP and runs its timers; sleeps if there was nothing to do.
  void Turn();
  // The same without sleeping; true if there was something to do.
  bool Take();

  // Time spent in turns that found nothing: waiting, not work.
  uint64_t idle_ns() const { return idle_ns_; }

 private:
  netif interface_{};
  uint64_t idle_ns_ = 0;
};

}  // namespace covey::board
