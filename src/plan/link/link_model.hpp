// LinkModel says when bytes that are handed to a link arrive at its other end: bandwidth, delay,
// jitter, loss, outages and slow times, deterministic from a seed. The simulation computes with it
// and `covey link` shapes real connections by it.
//
//   arrival = max(start, link free) + bytes / bandwidth + delay + jitter + lost packets * timeout
//
//   LinkModel link(*FindLinkShape("wifi"), /*seed=*/1);
//   double at_s = link.Arrives(Way::kUp, 3'150, now_s);
//
// A stream keeps its order: what was lost and sent again holds up what follows, as TCP does. Loss
// is therefore time, 0.2 s and doubling for the same packet; no byte is dropped. During an outage
// nothing moves; what was under way arrives after it.
//
// Units: seconds, bits a second, bytes. No clock, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace covey::plan {

enum class Way : uint8_t { kUp = 0, kDown = 1 };

struct LinkShape {
  std::string name{};
  double up_bit_s = 0, down_bit_s = 0;
  double delay_s = 0;   // one way
  double jitter_s = 0;  // mean of an exponential, on top of the delay, each way
  double loss = 0;      // of packets of 1,460 bytes
};

// "wired", "wifi", "wifi-crowded", "ble", "lte".
const std::vector<LinkShape>& LinkPresets();
const LinkShape* FindLinkShape(const std::string& name);

// Between `from_s` and `to_s` the link is `slower` times slower, or out.
struct LinkEvent {
  double from_s = 0, to_s = 0;
  double slower = 1;
  bool out = false;
};

class LinkModel {
 public:
  LinkModel(LinkShape shape, uint64_t seed, std::vector<LinkEvent> events = {});

  // Infinite if an outage lasts for ever.
  double Arrives(Way way, size_t bytes, double start_s);
  // What is under way is given up: the connection was closed.
  void Reset() { free_s_ = last_s_ = {}; }
  // The same jitter and loss for everyone who starts from the same seed.
  void Reseed(uint64_t seed) {
    random_ = {std::mt19937_64(seed * 2 + 1), std::mt19937_64(seed * 2 + 2)};
  }
  const LinkShape& shape() const { return shape_; }
  bool IsOut(double at_s) const;

 private:
  double Slower(double at_s) const;
  double AfterOutage(double at_s) const;
  double Send(double bits, double rate, double start_s) const;

  LinkShape shape_;
  std::vector<LinkEvent> events_;
  std::array<std::mt19937_64, 2> random_;
  std::array<double, 2> free_s_{}, last_s_{};  // sender's end, receiver's end
};

}  // namespace covey::plan
