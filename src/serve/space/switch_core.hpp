// SwitchCore carries Ethernet frames between nodes as their radios would: each node has one radio,
// busy while it sends and while it receives, and each pair of nodes a bandwidth, a delay and a
// loss. It does not read a clock: time comes in, and the same seed gives the same losses.
//
//   SwitchCore net(7, {.kbit_s = 1000, .overhead_us = 1000});
//   net.Take(now_ns, frame);
//   while (auto out = net.Due(now_ns)) Send(out->to, out->frame);
//   // again at net.next_ns()
//
//   sender's radio -> (lost?) -> receiver's radio -> delay -> delivered
//
// What takes time: the activation bytes of pieces at the pair's bandwidth, with the overhead once a
// message; image bytes of orders at that bandwidth. Headers, acknowledgements, hellos, other orders
// and results are taken to be part of the overhead: they only wait for the delay. Nothing overtakes
// on one radio's queue but those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "wire/node/frame.hpp"

namespace covey::serve {

struct LinkShape {
  double kbit_s = 0;  // 0: as fast as can be
  double overhead_us = 0;
  double delay_us = 100;
  double loss = 0;  // of frames, 0 to 1
};

class SwitchCore {
 public:
  using Mac = wire::node::Mac;
  using Bytes = std::vector<std::byte>;

  SwitchCore(uint64_t seed, const LinkShape& shape) : random_(seed), shape_(shape) {}

  void SetLink(const Mac& a, const Mac& b, const LinkShape& shape);
  // A node that nobody hears any more, or that is back.
  void Cut(const Mac& node, bool cut);

  void Take(uint64_t now_ns, std::span<const std::byte> frame);

  struct Delivery {
    Mac to{};
    Bytes frame;
  };
  std::optional<Delivery> Due(uint64_t now_ns);
  uint64_t next_ns() const { return events_.empty() ? UINT64_MAX : events_.top().at_ns; }

  const std::set<Mac>& known() const { return known_; }
  uint64_t radio_bytes() const { return radio_bytes_; }  // that took time, so far
  uint64_t lost() const { return lost_; }

 private:
  enum class Step : uint8_t { kSent, kArrived };
  struct Event {
    uint64_t at_ns = 0, order = 0;
    Step step = Step::kArrived;
    uint64_t charge_ns = 0;
    Mac from{}, to{};
    Bytes frame;
    bool operator>(const Event& other) const {
      return std::pair(at_ns, order) > std::pair(other.at_ns, other.order);
    }
  };
  LinkShape ShapeOf(const Mac& a, const Mac& b) const;
  uint64_t Charge(const LinkShape& shape, std::span<const std::byte> frame) const;
  // The moment at which a radio that starts no earlier than `from_ns` is done.
  uint64_t Occupy(const Mac& node, uint64_t from_ns, uint64_t charge_ns);
  void Push(Event event);
  void SendOne(uint64_t now_ns, const Mac& from, const Mac& to, std::span<const std::byte> frame);

  std::mt19937_64 random_;
  LinkShape shape_;
  std::map<std::pair<Mac, Mac>, LinkShape> links_;  // smaller address first
  std::set<Mac> known_, cut_;
  std::map<Mac, uint64_t> free_ns_;  // when each radio is free
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  uint64_t order_ = 0, radio_bytes_ = 0, lost_ = 0;
};

}  // namespace covey::serve
