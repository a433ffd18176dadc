#include "plan/link/link_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace covey::plan {
namespace {

constexpr double kPacketBytes = 1460;
constexpr double kTimeoutS = 0.2;  // TCP's first retransmission
constexpr int kMostRetries = 6;

// In (0, 1): the same on every library, as std::uniform_real_distribution is not.
double Unit(std::mt19937_64& random) {
  return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
}

}  // namespace

const std::vector<LinkShape>& LinkPresets() {
  static const std::vector<LinkShape> presets = {
      {"wired", 100e6, 100e6, 0.0003, 0, 0},          {"wifi", 20e6, 20e6, 0.003, 0.0005, 0.0005},
      {"wifi-crowded", 4e6, 6e6, 0.008, 0.006, 0.01}, {"ble", 700e3, 700e3, 0.015, 0.004, 0.001},
      {"lte", 8e6, 25e6, 0.025, 0.006, 0.002},
  };
  return presets;
}

const LinkShape* FindLinkShape(const std::string& name) {
  for (const LinkShape& shape : LinkPresets()) {
    if (shape.name == name) return &shape;
  }
  return nullptr;
}

LinkModel::LinkModel(LinkShape shape, uint64_t seed, std::vector<LinkEvent> events)
    : shape_(std::move(shape)),
      events_(std::move(events)),
      random_{std::mt19937_64(seed * 2 + 1), std::mt19937_64(seed * 2 + 2)} {}

bool LinkModel::IsOut(double at_s) const {
  return std::any_of(events_.begin(), events_.end(), [&](const LinkEvent& event) {
    return event.out && at_s >= event.from_s && at_s < event.to_s;
  });
}

double LinkModel::Slower(double at_s) const {
  double slower = 1;
  for (const LinkEvent& event : events_) {
    if (!event.out && at_s >= event.from_s && at_s < event.to_s) slower *= event.slower;
  }
  return slower;
}

double LinkModel::AfterOutage(double at_s) const {
  // Outages may touch: as often as there are events.
  for (size_t i = 0; i <= events_.size(); ++i) {
    double after = at_s;
    for (const LinkEvent& event : events_) {
      if (event.out && at_s >= event.from_s && at_s < event.to_s)
        after = std::max(after, event.to_s);
    }
    if (after == at_s) return at_s;
    at_s = after;
  }
  return at_s;
}

// When the last bit has left: outages and changes of speed on the way are taken as they come.
double LinkModel::Send(double bits, double rate, double start_s) const {
  double at_s = AfterOutage(start_s);
  for (size_t i = 0; i <= 2 * events_.size(); ++i) {
    double next = std::numeric_limits<double>::infinity();
    for (const LinkEvent& event : events_) {
      if (event.from_s > at_s) next = std::min(next, event.from_s);
      if (event.to_s > at_s) next = std::min(next, event.to_s);
    }
    const double speed = rate / Slower(at_s);
    const double end = at_s + bits / speed;
    if (!(end > next)) return end;
    bits -= (next - at_s) * speed;
    at_s = AfterOutage(next);
  }
  return at_s;
}

double LinkModel::Arrives(Way way, size_t bytes, double start_s) {
  const auto w = static_cast<size_t>(way);
  const double rate = way == Way::kUp ? shape_.up_bit_s : shape_.down_bit_s;
  std::mt19937_64& random = random_[w];
  double late_s = shape_.jitter_s > 0 ? -std::log(Unit(random)) * shape_.jitter_s : 0;
  const int packets = static_cast<int>(std::ceil(static_cast<double>(bytes) / kPacketBytes));
  if (shape_.loss > 0) {
    for (int i = 0; i < packets; ++i) {
      double timeout_s = kTimeoutS;
      for (int n = 0; n < kMostRetries && Unit(random) < shape_.loss; ++n, timeout_s *= 2)
        late_s += timeout_s;
    }
  }
  const double begin_s = std::max(start_s, free_s_[w]);
  free_s_[w] = Send(static_cast<double>(bytes) * 8, rate, begin_s);
  const double slower = Slower(begin_s);
  const double arrived_s = AfterOutage(free_s_[w] + (shape_.delay_s + late_s) * slower);
  last_s_[w] = std::max(last_s_[w], arrived_s);
  return last_s_[w];
}

}  // namespace covey::plan
