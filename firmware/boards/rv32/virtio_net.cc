// virtio-net over mmio (version 2), polled: eight receive buffers, four send buffers.
// Source: OASIS "Virtual I/O Device (VIRTIO) Version 1.1", sections 2.6, 4.2 and 5.1.

#include "common/board.hpp"

namespace covey::board {
namespace {

constexpr uintptr_t kFirstSlot = 0x10001000, kSlotBytes = 0x1000;
constexpr int kSlots = 8;
enum Offset : uintptr_t {
  kMagic = 0x00,
  kVersion = 0x04,
  kDevice = 0x08,
  kFeatures = 0x20,
  kFeaturesSelect = 0x24,
  kQueueSelect = 0x30,
  kQueueMax = 0x34,
  kQueueSize = 0x38,
  kQueueReady = 0x44,
  kNotify = 0x50,
  kStatus = 0x70,
  kDescriptors = 0x80,
  kDriver = 0x90,
  kDeviceArea = 0xA0,
  kConfig = 0x100,
};
constexpr uint32_t kFeatureMac = 1U << 5, kFeatureVersion1 = 1;  // bit 5; bit 32
constexpr uint16_t kDeviceWrites = 2;
constexpr size_t kHeaderBytes = 12, kFrameBytes = 1514;
constexpr int kRing = 8, kSendBuffers = 4;
// How long a frame waits for a send buffer: the emulator takes frames in its own time.
constexpr uint64_t kPatienceNs = 2'000'000;

struct Descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags, next;
};
struct Available {
  uint16_t flags, index, ring[kRing], event;
};
struct UsedElement {
  uint32_t id, length;
};
struct Used {
  uint16_t flags, index;
  UsedElement ring[kRing];
  uint16_t event;
};
struct Queue {
  alignas(16) Descriptor descriptors[kRing];
  alignas(2) Available available;
  alignas(4) Used used;
  uint16_t seen;  // used elements that have been taken
};
struct Buffer {
  alignas(4) std::byte bytes[kHeaderBytes + kFrameBytes];
};

// Shared with the device, so it is neither on a stack nor ever moved.
Queue receive_queue, send_queue;
Buffer receive_buffers[kRing], send_buffers[kSendBuffers];
uintptr_t base = 0;

volatile uint32_t& Card(uintptr_t offset) {
  return *reinterpret_cast<volatile uint32_t*>(base + offset);
}
void Fence() { asm volatile("fence" ::: "memory"); }
uint16_t Index(const uint16_t& shared) { return *const_cast<const volatile uint16_t*>(&shared); }

bool FindCard() {
  for (int slot = 0; slot < kSlots; ++slot) {
    base = kFirstSlot + kSlotBytes * static_cast<uintptr_t>(slot);
    if (Card(kMagic) == 0x74726976 && Card(kVersion) == 2 && Card(kDevice) == 1) return true;
  }
  base = 0;
  return false;
}

bool StartQueue(uint32_t number, Queue& queue) {
  Card(kQueueSelect) = number;
  if (Card(kQueueMax) < kRing) return false;
  Card(kQueueSize) = kRing;
  const void* const areas[] = {queue.descriptors, &queue.available, &queue.used};
  const Offset offsets[] = {kDescriptors, kDriver, kDeviceArea};
  for (int i = 0; i < 3; ++i) {
    Card(offsets[i]) = reinterpret_cast<uintptr_t>(areas[i]);
    Card(offsets[i] + 4) = 0;
  }
  Card(kQueueReady) = 1;
  return true;
}

void Offer(Queue& queue, uint32_t number, uint16_t descriptor) {
  queue.available.ring[queue.available.index % kRing] = descriptor;
  Fence();
  queue.available.index = static_cast<uint16_t>(queue.available.index + 1);
  Fence();
  Card(kNotify) = number;
}

}  // namespace

bool NicStart(std::span<const uint8_t, 6> mac) {
  (void)mac;  // The card has an address of its own; QEMU's user network takes any.
  if (!FindCard()) return false;
  Card(kStatus) = 0;
  Card(kStatus) = 3;
  Card(kFeaturesSelect) = 1;
  Card(kFeatures) = kFeatureVersion1;
  Card(kFeaturesSelect) = 0;
  Card(kFeatures) = kFeatureMac;
  Card(kStatus) = 11;
  if ((Card(kStatus) & 8) == 0) return false;
  if (!StartQueue(0, receive_queue) || !StartQueue(1, send_queue)) return false;
  Card(kStatus) = 15;
  for (uint16_t i = 0; i < kRing; ++i) {
    receive_queue.descriptors[i] = {reinterpret_cast<uintptr_t>(receive_buffers[i].bytes),
                                    sizeof(Buffer), kDeviceWrites, 0};
    Offer(receive_queue, 0, i);
  }
  for (uint16_t i = 0; i < kSendBuffers; ++i) {
    send_queue.descriptors[i] = {reinterpret_cast<uintptr_t>(send_buffers[i].bytes), 0, 0, 0};
  }
  return true;
}

bool NicSend(std::span<const std::byte> frame) {
  if (base == 0 || frame.size() > kFrameBytes) return false;
  // The device uses buffers in order: a free one exists once it has given back enough.
  const uint64_t begin_ns = ClockNs();
  while (static_cast<uint16_t>(send_queue.available.index - Index(send_queue.used.index)) >=
         kSendBuffers) {
    if (ClockNs() - begin_ns > kPatienceNs) return false;
  }
  const auto number = static_cast<uint16_t>(send_queue.available.index % kSendBuffers);
  std::byte* const bytes = send_buffers[number].bytes;
  __builtin_memset(bytes, 0, kHeaderBytes);
  __builtin_memcpy(bytes + kHeaderBytes, frame.data(), frame.size());
  send_queue.descriptors[number].length = static_cast<uint32_t>(kHeaderBytes + frame.size());
  Offer(send_queue, 1, number);
  return true;
}

size_t NicReceive(std::span<std::byte> frame) {
  if (base == 0 || Index(receive_queue.used.index) == receive_queue.seen) return 0;
  Fence();
  const UsedElement used = receive_queue.used.ring[receive_queue.seen % kRing];
  receive_queue.seen = static_cast<uint16_t>(receive_queue.seen + 1);
  if (used.id >= kRing) return 0;
  size_t length = 0;
  if (used.length > kHeaderBytes && used.length - kHeaderBytes <= frame.size() &&
      used.length <= sizeof(Buffer)) {
    length = used.length - kHeaderBytes;
    __builtin_memcpy(frame.data(), receive_buffers[used.id].bytes + kHeaderBytes, length);
  }
  Offer(receive_queue, 0, static_cast<uint16_t>(used.id));
  return length;
}

}  // namespace covey::board
