// Members and plans; switching is in coordinator_switch.cc.
#include "serve/space/coordinator.hpp"

#include <algorithm>
#include <utility>

#include "plan/cost/part.hpp"
#include "serve/space/switch_state.hpp"

namespace covey::serve {

using wire::node::Answer;
using wire::node::FrameType;
using wire::node::OrderKind;

namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint32_t kMostEpochs = 1U << 24;

std::string TextOf(const wire::node::Name& name) { return name.data(); }

}  // namespace

bool Way::Uses(const std::string& member) const {
  if (!placed()) return false;
  if (source.member == member || target.member == member) return true;
  return std::any_of(chunks.begin(), chunks.end(),
                     [&](const Hop& hop) { return hop.member == member; });
}

Coordinator::Coordinator(CoordinatorOptions options, micro::FramePort& port)
    : options_(std::move(options)), port_(port), desk_(options_.mac, options_.boot, port) {}
Coordinator::~Coordinator() = default;

void Coordinator::Add(SpacePipeline pipeline) {
  pipelines_.push_back(std::move(pipeline));
  ways_.emplace_back();
  refused_.emplace_back("not planned yet");
  dirty_.push_back(false);
  target_lost_.push_back(false);
  changed_ = urgent_ = true;
  cause_ = "pipeline " + pipelines_.back().tenant.name;
}

std::vector<SpaceMember> Coordinator::members() const {
  std::vector<SpaceMember> list;
  for (const auto& [name, member] : members_) list.push_back(member);
  return list;
}

SpaceMember* Coordinator::Find(const std::string& name) {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}
const SpaceMember* Coordinator::Find(const std::string& name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

void Coordinator::Note(const char* what, const std::string& words) {
  events_.push_back({now_ns_, epoch_, what, words});
}

void Coordinator::Take(uint64_t now_ns, std::span<const std::byte> bytes) {
  now_ns_ = now_ns;
  const auto frame = wire::node::ReadFrame(bytes);
  if (!frame.ok() || frame->head.from == options_.mac) return;
  if (frame->head.type == FrameType::kHello) {
    const auto hello = wire::node::DecodeHello(frame->body);
    if (hello.ok() && hello->coordinator == 0) TakeHello(frame->head, *hello);
  } else if (frame->head.type == FrameType::kAnswer && frame->head.to == options_.mac) {
    const auto answer = wire::node::DecodeAnswer(frame->body);
    if (answer.ok()) desk_.Take(frame->head.from, *answer);
  }
}

void Coordinator::TakeHello(const wire::node::FrameHead& head, const wire::node::Hello& hello) {
  const std::string name = TextOf(hello.name);
  SpaceMember* member = Find(name);
  if (member != nullptr && member->mac != head.from) {
    // Two nodes with one name: the first one keeps it as long as it is heard.
    return;
  }
  if (replaced_.count({name, head.boot}) != 0) {
    // A start that a later one has replaced, and yet it lives.
    if (told_twins_.insert(name).second)
      Note("trouble", "two nodes are called " + name + "; the one that started later counts");
    return;
  }
  if (member != nullptr && member->boot != head.boot) {
    replaced_.insert({name, member->boot});
    Leave(name, "started anew");
    member = nullptr;
  }
  if (member == nullptr && members_.size() >= options_.most_members) {
    if (!std::exchange(told_full_, true))
      Note("trouble", name + " is not taken: the space has " + std::to_string(members_.size()) +
                          " members, as many as it may");
    return;
  }
  if (member == nullptr) {
    SpaceMember joined{
        .name = name, .kind = TextOf(hello.kind), .mac = head.from, .boot = head.boot};
    member = &members_.emplace(name, std::move(joined)).first->second;
    Note("join", name + " (" + member->kind + ")");
    cause_ = "join " + name;
    if (!changed_) noticed_ns_ = now_ns_;
    changed_ = true;
    plan_ns_ = now_ns_ + options_.settle_ns;
    // Of an earlier coordinator; one that is far ahead is nonsense.
    if (head.epoch > epoch_ && head.epoch - epoch_ < kMostEpochs) epoch_ = head.epoch;
    desk_.SetEpoch(epoch_);
    // What it may hold of an earlier plan is no part of this one.
    desk_.Ask(
        member->mac,
        {.kind = OrderKind::kRelease, .pipeline = wire::node::kAllPipelines, .route = epoch_ + 1},
        [](const Answer&) {});
  }
  member->hello = hello;
  member->heard_ns = now_ns_;
}

void Coordinator::SayHello() {
  std::array<std::byte, wire::node::kMaxFrameBytes> buffer;
  wire::node::FrameWriter frame(buffer, {.to = wire::node::kEveryone,
                                         .from = options_.mac,
                                         .type = FrameType::kHello,
                                         .boot = options_.boot,
                                         .epoch = epoch_});
  Encode(wire::node::Hello{.name = wire::node::NameOf("coordinator"),
                           .kind = wire::node::NameOf("coordinator"),
                           .coordinator = 1,
                           .interval_ms = options_.hello_ms},
         frame.body());
  (void)port_.Send(frame.Finish());
}

void Coordinator::FindDead() {
  std::vector<std::string> dead;
  for (const auto& [name, member] : members_) {
    const uint64_t silence_ns = now_ns_ - member.heard_ns;
    if (silence_ns > options_.strikes * member.hello.interval_ms * kMs) dead.push_back(name);
  }
  for (const std::string& name : dead) Leave(name, "is not heard any more");
}

void Coordinator::Leave(const std::string& name, const char* why) {
  const SpaceMember member = members_.at(name);
  members_.erase(name);
  Note("leave", name + " " + why);
  cause_ = "leave " + name;
  if (!changed_ || !urgent_) noticed_ns_ = now_ns_;
  changed_ = urgent_ = true;
  // Even if it is back at once, what it held of these is gone.
  for (size_t i = 0; i < ways_.size(); ++i) {
    if (!ways_[i].Uses(name)) continue;
    dirty_[i] = true;
    target_lost_[i] = target_lost_[i] || ways_[i].target.member == name;
  }
  desk_.Drop(member.mac);
}

void Coordinator::Replan(const std::string& cause) {
  cause_ = cause;
  if (!changed_) noticed_ns_ = now_ns_;
  changed_ = urgent_ = true;
}

void Coordinator::Turn(uint64_t now_ns) {
  now_ns_ = now_ns;
  if (now_ns >= hello_ns_) {
    SayHello();
    hello_ns_ = now_ns + options_.hello_ms * kMs;
  }
  FindDead();
  desk_.Turn(now_ns);
  if (now_ns >= retry_ns_) {
    retry_ns_ = UINT64_MAX;
    Replan("another try");
  }
  Finish();
  if (steady() && options_.better && options_.better()) {
    cause_ = "the plan was thought over";
    noticed_ns_ = now_ns_;
    changed_ = true;
  }
  // A leave is planned for at once; a join waits for others, and for a switch that is going on.
  if (!changed_ || members_.empty()) return;
  const bool settled = now_ns >= plan_ns_;
  if (urgent_ && plan_count_ > 0 ? true : settled && switches_.empty()) PlanNow();
}

uint64_t Coordinator::next_ns() const {
  uint64_t next = std::min({hello_ns_, desk_.next_ns(), retry_ns_});
  for (const auto& [name, member] : members_)
    next = std::min(next, member.heard_ns + options_.strikes * member.hello.interval_ms * kMs + 1);
  if (changed_ && plan_ns_ > now_ns_) next = std::min(next, plan_ns_);
  return next;
}

plan::Device Coordinator::DeviceOf(const SpaceMember& member) const {
  plan::Device device;
  bool declared = false;
  for (const plan::Device& known : options_.declared.devices) {
    if (known.name != member.name) continue;
    device = known;
    declared = true;
  }
  if (!declared) {
    const plan::Part* const part = plan::BuiltInPart(member.kind);
    if (part != nullptr) device.part = *part;
  }
  device.name = member.name;
  // What the node has said of itself counts for more than what its kind usually has.
  device.part.capacity.flash =
      std::min<int64_t>(device.part.capacity.flash, member.hello.flash_bytes);
  device.part.capacity.activation =
      std::min<int64_t>(device.part.capacity.activation, member.hello.ram_bytes);
  return device;
}

plan::Link Coordinator::LinkBetween(const std::string& a, const std::string& b) const {
  const plan::Space& declared = options_.declared;
  int first = -1, second = -1;
  for (int i = 0; i < declared.size(); ++i) {
    if (declared.devices[static_cast<size_t>(i)].name == a) first = i;
    if (declared.devices[static_cast<size_t>(i)].name == b) second = i;
  }
  return first >= 0 && second >= 0 ? declared.LinkOf(first, second) : options_.default_link;
}

plan::Space Coordinator::SpaceNow() const {
  plan::Space space = options_.declared;
  space.devices.clear();
  space.links.clear();
  space.tenants.clear();
  for (const auto& [name, member] : members_) space.devices.push_back(DeviceOf(member));
  for (const plan::Device& a : space.devices)
    for (const plan::Device& b : space.devices) space.links.push_back(LinkBetween(a.name, b.name));
  const auto numbers = [&](const std::vector<std::string>& names) {
    std::vector<int> found;
    for (int i = 0; i < space.size(); ++i) {
      const plan::Device& device = space.devices[static_cast<size_t>(i)];
      const std::string& kind = members_.at(device.name).kind;
      const bool meant = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name == device.name || name == kind;
      });
      if (meant) found.push_back(i);
    }
    return found;
  };
  for (const SpacePipeline& pipeline : pipelines_) {
    plan::Tenant tenant = pipeline.tenant;
    tenant.sources = numbers(pipeline.sources);
    tenant.targets = numbers(pipeline.targets);
    space.tenants.push_back(std::move(tenant));
  }
  return space;
}

std::vector<Way> Coordinator::WaysOf(const plan::Space& space, const SpacePlan& plan) const {
  std::vector<Way> ways(pipelines_.size());
  for (size_t i = 0; i < ways.size() && i < plan.tenants.size(); ++i) {
    const plan::TenantPlan& tenant = plan.tenants[i];
    if (tenant.chunks.empty()) continue;
    const auto name = [&](int device) { return space.devices[static_cast<size_t>(device)].name; };
    ways[i].source.member = name(tenant.source);
    ways[i].target.member = name(tenant.target);
    for (const plan::Chunk& chunk : tenant.chunks)
      ways[i].chunks.push_back({name(chunk.device), chunk.first, chunk.end});
    ways[i].rate_hz = i < plan.rate_hz.size() ? plan.rate_hz[i] : 0;
  }
  return ways;
}

// The ways in force that are whole, as the planner says them.
std::vector<plan::TenantPlan> Coordinator::PlansNow(const plan::Space& space,
                                                    const std::vector<size_t>& asked) const {
  const auto number = [&](const std::string& name) {
    for (int i = 0; i < space.size(); ++i)
      if (space.devices[static_cast<size_t>(i)].name == name) return i;
    return -1;
  };
  std::vector<plan::TenantPlan> plans;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Way& way = ways_[asked[i]];
    plan::TenantPlan plan{.tenant = static_cast<int>(i),
                          .source = number(way.source.member),
                          .target = number(way.target.member),
                          .chunks = {}};
    bool whole = way.placed() && plan.source >= 0 && plan.target >= 0;
    for (const Way::Hop& hop : way.chunks) {
      plan.chunks.push_back({number(hop.member), hop.first, hop.end});
      whole = whole && plan.chunks.back().device >= 0;
    }
    if (whole) plans.push_back(std::move(plan));
  }
  return plans;
}

double Coordinator::RateNow() const {
  double least = 0;
  for (size_t i = 0; i < ways_.size(); ++i) {
    if (!ways_[i].placed()) return 0;
    const double rate = ways_[i].rate_hz / pipelines_[i].tenant.weight;
    least = i == 0 ? rate : std::min(least, rate);
  }
  return least;
}

// After a join: is the plan so much better that what travels pays for itself?
bool Coordinator::WorthIt(const plan::Space& space, const std::vector<Way>& ways,
                          const SpacePlan& plan) const {
  if (RateNow() <= 0) return true;
  const double now_hz = RateNow();
  const double then_hz = plan.objective_s > 0 ? 1 / plan.objective_s : 0;
  double seconds = 0;
  for (size_t i = 0; i < ways.size(); ++i) {
    if (ways[i].SameHops(ways_[i])) continue;
    for (const Way::Hop& hop : ways[i].chunks) {
      const auto& layers = pipelines_[i].tenant.model.layers;
      int64_t bytes = 0;
      for (int l = hop.first; l < hop.end; ++l)
        bytes +=
            layers[static_cast<size_t>(l)].weight_bytes + layers[static_cast<size_t>(l)].bias_bytes;
      seconds += options_.default_link.SecondsOf(bytes);
    }
  }
  (void)space;
  return then_hz > now_hz * (1 + options_.least_gain) &&
         (then_hz - now_hz) * options_.expected_uptime_s > now_hz * seconds;
}

void Coordinator::PlanNow() {
  const plan::Space space = SpaceNow();
  // A tenant whose source or target is not here cannot be planned, and must not stop the others.
  plan::Space possible = space;
  possible.tenants.clear();
  std::vector<size_t> asked;
  SpacePlan plan;
  plan.tenants.resize(pipelines_.size());
  plan.rate_hz.resize(pipelines_.size());
  plan.refused.resize(pipelines_.size());
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    const plan::Tenant& tenant = space.tenants[i];
    if (!pipelines_[i].sources.empty() && tenant.sources.empty()) {
      plan.refused[i] = "no device of its source is in the space";
    } else if (!pipelines_[i].targets.empty() && tenant.targets.empty()) {
      plan.refused[i] = "no device of its target is in the space";
    } else {
      asked.push_back(i);
      possible.tenants.push_back(tenant);
    }
  }
  if (!asked.empty()) {
    const SpacePlan answer = options_.planner(possible, PlansNow(possible, asked));
    for (size_t i = 0; i < asked.size() && i < answer.tenants.size(); ++i) {
      plan.tenants[asked[i]] = answer.tenants[i];
      plan.rate_hz[asked[i]] = i < answer.rate_hz.size() ? answer.rate_hz[i] : 0;
      if (i < answer.refused.size()) plan.refused[asked[i]] = answer.refused[i];
    }
    plan.objective_s = answer.objective_s;
    plan.bound_hz = answer.bound_hz;
    plan.optimal = answer.optimal;
  }
  const std::vector<Way> ways = WaysOf(space, plan);
  const bool must = urgent_;
  changed_ = urgent_ = false;
  if (!must && !WorthIt(space, ways, plan)) {
    Note("plan", cause_ + ": the plan in force stays, the move would not pay");
    // What was proved meanwhile holds for it, too.
    const bool as_good = plan.objective_s >= plan_.objective_s * (1 - 1e-9);
    plan_.optimal = plan.optimal && as_good;
    plan_.bound_hz = plan.bound_hz;
    return;
  }
  plan_ = plan;
  ++plan_count_;
  ++epoch_;
  desk_.SetEpoch(epoch_);
  desk_.Forget();
  for (const auto& change : switches_) dirty_[change->pipeline] = true;
  switches_.clear();
  switchovers_.push_back({.epoch = epoch_, .cause = cause_, .noticed_ns = noticed_ns_});
  Note("plan", cause_ + ": epoch " + std::to_string(epoch_));
  for (size_t i = 0; i < ways.size(); ++i) {
    refused_[i] = plan.refused[i];
    if (!ways[i].placed()) {
      if (refused_[i].empty()) refused_[i] = "it fits nowhere";
      Note("refused", pipelines_[i].tenant.name + ": " + refused_[i]);
      Stop(i);
    } else if (dirty_[i] || !ways[i].SameHops(ways_[i])) {
      StartSwitch(i, ways[i]);
    } else {
      SetPace(i, ways[i].rate_hz);
    }
  }
  Finish();
}

}  // namespace covey::serve
