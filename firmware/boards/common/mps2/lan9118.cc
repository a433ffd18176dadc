// The LAN9118 network card of the MPS2 boards, polled. Its interrupt line only ends a wfi.
// Source: SMSC LAN9118 data sheet, as far as QEMU models the card.

#include "common/board.hpp"
#include "registers.hpp"

namespace covey::board {
namespace {

enum Offset : uint32_t {
  kRxData = 0x00,
  kTxData = 0x20,
  kRxStatus = 0x40,
  kTxStatus = 0x48,
  kIrqConfig = 0x54,
  kIntStatus = 0x58,
  kIntEnable = 0x5C,
  kByteTest = 0x64,
  kFifoInt = 0x68,
  kRxConfig = 0x6C,
  kTxConfig = 0x70,
  kHwConfig = 0x74,
  kRxFifoInfo = 0x7C,
  kTxFifoInfo = 0x80,
  kMacCommand = 0xA4,
  kMacData = 0xA8,
  kFlowConfig = 0xAC,
};
enum MacRegister : uint32_t { kMacControl = 1, kMacAddressHigh = 2, kMacAddressLow = 3 };
constexpr uint32_t kBusy = 1U << 31;
constexpr int kPatience = 100000;  // register reads before a wait is given up
constexpr size_t kFcsBytes = 4;

volatile uint32_t& Card(Offset offset) {
  return *reinterpret_cast<volatile uint32_t*>(kNicBase + offset);
}

uint32_t Take(Offset fifo) { return Card(fifo); }

bool WaitClear(Offset offset, uint32_t bits) {
  for (int i = 0; i < kPatience; ++i) {
    if ((Card(offset) & bits) == 0) return true;
  }
  return false;
}

bool WriteMac(MacRegister index, uint32_t value) {
  if (!WaitClear(kMacCommand, kBusy)) return false;
  Card(kMacData) = value;
  Card(kMacCommand) = kBusy | index;
  return WaitClear(kMacCommand, kBusy);
}

uint32_t LoadWord(const std::byte* bytes, size_t count) {
  uint32_t word = 0;
  // The length is constant but for the last word: no call for each.
  if (count >= 4) {
    __builtin_memcpy(&word, bytes, 4);
  } else {
    __builtin_memcpy(&word, bytes, count);
  }
  return word;
}

void DropWords(size_t words) {
  for (; words > 0; --words) (void)Take(kRxData);
}

}  // namespace

bool NicStart(std::span<const uint8_t, 6> mac) {
  if (Card(kByteTest) != 0x87654321) return false;
  Card(kHwConfig) = 1;  // soft reset
  if (!WaitClear(kHwConfig, 1)) return false;
  Card(kHwConfig) = 0x00050000;
  Card(kFlowConfig) = 0x006E3740;
  const uint32_t low = mac[0] | mac[1] << 8 | mac[2] << 16 | static_cast<uint32_t>(mac[3]) << 24;
  const uint32_t high = mac[4] | mac[5] << 8;
  if (!WriteMac(kMacAddressLow, low) || !WriteMac(kMacAddressHigh, high)) return false;
  Card(kTxConfig) = 2;
  Card(kRxConfig) = 0;
  Card(kFifoInt) = 0x48000000;
  Card(kIntStatus) = 0xFFFFFFFF;
  Card(kIntEnable) = 1U << 3;  // a frame has arrived
  Card(kIrqConfig) = 0x01000111;
  return WriteMac(kMacControl, 1U << 3 | 1U << 2 | 1U << 20);  // transmit, receive, full duplex
}

bool NicSend(std::span<const std::byte> frame) {
  const auto length = static_cast<uint32_t>(frame.size());
  if ((Card(kTxFifoInfo) & 0xFFFF) < length + 16) return false;
  Card(kTxData) = 1U << 13 | 1U << 12 | length;  // first and last piece
  Card(kTxData) = length << 16 | length;
  for (size_t at = 0; at < frame.size(); at += 4) {
    Card(kTxData) = LoadWord(frame.data() + at, frame.size() - at);
  }
  while ((Card(kTxFifoInfo) & 0x00FF0000) != 0) (void)Take(kTxStatus);
  return true;
}

size_t NicReceive(std::span<std::byte> frame) {
  Card(kIntStatus) = 1U << 3;
  if ((Card(kRxFifoInfo) & 0x00FF0000) == 0) return 0;
  const uint32_t status = Card(kRxStatus);
  const size_t length = status >> 16 & 0x3FFF;
  const size_t words = (length + 3) / 4;
  const bool damaged = (status & 1U << 15) != 0;
  if (damaged || length < kFcsBytes || length - kFcsBytes > frame.size()) {
    DropWords(words);
    return 0;
  }
  const size_t wanted = length - kFcsBytes;
  size_t at = 0;
  for (; at + 4 <= wanted; at += 4) {
    const uint32_t data = Card(kRxData);
    __builtin_memcpy(frame.data() + at, &data, 4);
  }
  if (at < wanted) {
    const uint32_t data = Card(kRxData);
    __builtin_memcpy(frame.data() + at, &data, wanted - at);
    at += 4;
  }
  DropWords(words - at / 4);
  return wanted;
}

}  // namespace covey::board
