#include "serve/space/live.hpp"

#include <algorithm>
#include <random>

#include "serve/space/sample.hpp"
#include "serve/transport/steady_clock.hpp"

namespace covey::serve {
namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kCountNs = kSecondNs / 2;
constexpr uint64_t kRateNs = 5 * kSecondNs;  // rates are over this long

CoordinatorOptions Named(CoordinatorOptions options) {
  options.mac = MacOf("coordinator");
  options.boot = std::random_device{}();
  return options;
}

}  // namespace

Result<std::unique_ptr<LiveSpace>> LiveSpace::Open(CoordinatorOptions options,
                                                   const UdpAddress& join) {
  COVEY_TRY_ASSIGN(UdpSocket socket, UdpSocket::Open("0.0.0.0", 0));
  return std::unique_ptr<LiveSpace>(new LiveSpace(std::move(options), std::move(socket), join));
}

LiveSpace::LiveSpace(CoordinatorOptions options, UdpSocket socket, const UdpAddress& join)
    : socket_(std::move(socket)),
      port_(socket_, join),
      coordinator_(Named(std::move(options)), port_) {}

void LiveSpace::Add(SpacePipeline pipeline) {
  const std::lock_guard lock(mutex_);
  pipelines_.push_back({.name = pipeline.tenant.name});
  history_.emplace_back();
  coordinator_.Add(std::move(pipeline));
  socket_.Wake();
}

void LiveSpace::Run() {
  SteadyClock clock;
  std::array<std::byte, 2048> buffer;
  uint64_t next_ns = 0;
  while (!stop_) {
    (void)socket_.Wait(next_ns);
    const std::lock_guard lock(mutex_);
    while (const auto got = socket_.Receive(buffer)) coordinator_.Take(clock.NowNs(), got->bytes);
    const uint64_t now_ns = clock.NowNs();
    coordinator_.Turn(now_ns);
    if (now_ns >= count_ns_) AskCounters(now_ns);
    next_ns = std::min(coordinator_.next_ns(), count_ns_);
  }
}

void LiveSpace::Stop() {
  stop_ = true;
  socket_.Wake();
}

void LiveSpace::AskCounters(uint64_t now_ns) {
  count_ns_ = now_ns + kCountNs;
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    if (!coordinator_.way(i).placed()) continue;
    for (const auto role : {wire::node::Role::kSource, wire::node::Role::kTarget}) {
      coordinator_.Count(i, role, [this, i, role](const wire::node::Answer& answer) {
        TakeCounters(i, role, answer);
      });
    }
  }
}

void LiveSpace::TakeCounters(size_t pipeline, wire::node::Role role,
                             const wire::node::Answer& answer) {
  if (answer.code != Code::kOk) return;
  PipelineView& view = pipelines_[pipeline];
  const auto& v = answer.values;
  if (role == wire::node::Role::kTarget) {
    view.delivered = v[0], view.repeated = v[1], view.checksum = v[2];
    return;
  }
  view.accepted = v[0], view.answered = v[1], view.failed = v[2], view.in_flight = v[3];
  view.asked_ns = SteadyClock().NowNs();
  auto& history = history_[pipeline];
  // A source that began anew counts from nothing.
  if (!history.empty() && history.back().second > view.answered) history.clear();
  history.emplace_back(view.asked_ns, view.answered);
  while (history.size() > 2 && history[1].first + kRateNs < view.asked_ns)
    history.erase(history.begin());
  const uint64_t span_ns = history.back().first - history.front().first;
  const uint32_t answered = history.back().second - history.front().second;
  view.rate_hz = span_ns == 0 ? 0 : 1e9 * answered / static_cast<double>(span_ns);
}

SpaceView LiveSpace::View() {
  const std::lock_guard lock(mutex_);
  SpaceView view;
  view.now_ns = SteadyClock().NowNs();
  view.epoch = coordinator_.epoch();
  view.steady = coordinator_.steady();
  view.objective_s = coordinator_.plan().objective_s;
  view.bound_hz = coordinator_.plan().bound_hz;
  view.optimal = coordinator_.plan().optimal;
  view.members = coordinator_.members();
  view.events = coordinator_.events();
  view.switchovers = coordinator_.switchovers();
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    PipelineView pipeline = pipelines_[i];
    pipeline.way = coordinator_.way(i);
    pipeline.refused = coordinator_.refused(i);
    view.pipelines.push_back(std::move(pipeline));
  }
  return view;
}

}  // namespace covey::serve
