#include "common/ip/ip_stack.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/pbuf.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

extern "C" {
u32_t sys_now() { return static_cast<u32_t>(covey::board::ClockNs() / 1'000'000); }

void covey_lwip_assert(const char* message) {
  covey::board::Print("\nfault: lwip: ");
  covey::board::Print(message);
  covey::board::Print("\n");
  covey::board::Exit(70);
}
}

namespace covey::board {
namespace {

constexpr size_t kFrameBytes = 1514;
constexpr int kMaxFramesATurn = 8;
// One frame on its way in or out; never both at once.
alignas(4) std::byte frame[kFrameBytes];

err_t SendFrame(netif*, pbuf* packet) {
  if (packet->tot_len > kFrameBytes) return ERR_BUF;
  pbuf_copy_partial(packet, frame, packet->tot_len, 0);
  // A full card drops the frame, as a busy wire would: TCP sends it again.
  return NicSend({frame, packet->tot_len}) ? ERR_OK : ERR_IF;
}

err_t PrepareInterface(netif* interface) {
  interface->name[0] = 'e';
  interface->name[1] = 'n';
  interface->mtu = 1500;
  interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
  interface->output = etharp_output;
  interface->linkoutput = SendFrame;
  return ERR_OK;
}

bool TakeFrame(netif& interface) {
  const size_t length = NicReceive(frame);
  if (length == 0) return false;
  pbuf* packet = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(length), PBUF_POOL);
  if (packet == nullptr) return true;  // No room: dropped, the peer sends it again.
  pbuf_take(packet, frame, static_cast<u16_t>(length));
  if (interface.input(packet, &interface) != ERR_OK) pbuf_free(packet);
  return true;
}

ip4_addr_t Address(const std::array<uint8_t, 4>& bytes) {
  ip4_addr_t address;
  IP4_ADDR(&address, bytes[0], bytes[1], bytes[2], bytes[3]);
  return address;
}

}  // namespace

Status IpStack::Start(const IpConfig& config) {
  if (!NicStart(config.mac)) return Status(Code::kUnavailable, "no network card answers");
  lwip_init();
  interface_.hwaddr_len = 6;
  __builtin_memcpy(interface_.hwaddr, config.mac.data(), 6);
  const ip4_addr_t address = Address(config.address);
  const ip4_addr_t mask = Address(config.mask);
  const ip4_addr_t gateway = Address(config.gateway);
  if (netif_add(&interface_, &address, &mask, &gateway, nullptr, PrepareInterface,
                ethernet_input) == nullptr) {
    return Status(Code::kInternal, "lwIP refused the network card");
  }
  netif_set_default(&interface_);
  netif_set_up(&interface_);
  return OkStatus();
}

bool IpStack::Take() {
  bool worked = false;
  for (int i = 0; i < kMaxFramesATurn && TakeFrame(interface_); ++i) worked = true;
  sys_check_timeouts();
  return worked;
}

void IpStack::Turn() {
  const uint64_t begin_ns = ClockNs();
  if (Take()) return;
  Sleep();
  idle_ns_ += ClockNs() - begin_ns;
}

}  // namespace covey::board
