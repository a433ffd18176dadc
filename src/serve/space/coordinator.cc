// Members; plans are in coordinator_plan.cc, switching in coordinator_switch.cc.
#include "serve/space/coordinator.hpp"

#include <algorithm>
#include <utility>

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
  events_.Add({now_ns_, epoch_, what, words});
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

}  // namespace covey::serve
