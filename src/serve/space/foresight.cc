#include "serve/space/foresight.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "serve/space/exact_planner.hpp"

namespace covey::serve {
namespace {

constexpr size_t kMostPages = 64;

// Everything that a plan depends on and that can change while a space runs.
std::string KeyOf(const plan::Space& space) {
  std::ostringstream key;
  key.precision(17);
  for (const plan::Device& device : space.devices) {
    const plan::Capacity& has = device.part.capacity;
    key << device.name << '/' << device.part.kind << '/' << device.part.clock_hz << '/' << has.flash
        << '/' << has.activation << '/' << has.layers << ';';
  }
  for (const plan::Link& link : space.links) key << link.bit_s << '/' << link.overhead_s << ';';
  for (const plan::Tenant& tenant : space.tenants) {
    key << tenant.name << '/' << tenant.model.name << '/' << tenant.model.size() << '/'
        << tenant.weight << '/' << tenant.rate_floor_hz << '/' << tenant.latency_slo_s;
    for (int source : tenant.sources) key << " <" << source;
    for (int target : tenant.targets) key << " >" << target;
    key << ';';
  }
  return key.str();
}

size_t Placed(const SpacePlan& plan) {
  return static_cast<size_t>(
      std::count_if(plan.tenants.begin(), plan.tenants.end(),
                    [](const plan::TenantPlan& tenant) { return !tenant.chunks.empty(); }));
}

bool IsBetter(const SpacePlan& a, const SpacePlan& b) {
  if (Placed(a) != Placed(b)) return Placed(a) > Placed(b);
  return a.objective_s < b.objective_s * (1 - 1e-6);
}

std::vector<plan::TenantPlan> InForce(const SpacePlan& plan) {
  std::vector<plan::TenantPlan> plans;
  for (const plan::TenantPlan& tenant : plan.tenants)
    if (!tenant.chunks.empty()) plans.push_back(tenant);
  return plans;
}

// What of the plans is whole without the device, by the numbers of the space that is left.
std::vector<plan::TenantPlan> Surviving(const plan::Space& space, const plan::Space& left,
                                        const std::vector<plan::TenantPlan>& plans, int device) {
  std::vector<plan::TenantPlan> whole;
  for (plan::TenantPlan plan : plans) {
    const std::string& name = space.tenants[static_cast<size_t>(plan.tenant)].name;
    int tenant = -1;
    for (size_t t = 0; t < left.tenants.size(); ++t)
      if (left.tenants[t].name == name) tenant = static_cast<int>(t);
    bool survives = tenant >= 0 && plan.source != device && plan.target != device;
    const auto renumber = [&](int& at) { at -= at > device ? 1 : 0; };
    for (plan::Chunk& chunk : plan.chunks) {
      survives = survives && chunk.device != device;
      renumber(chunk.device);
    }
    if (!survives) continue;
    renumber(plan.source);
    renumber(plan.target);
    plan.tenant = tenant;
    whole.push_back(std::move(plan));
  }
  return whole;
}

}  // namespace

plan::Space WithoutDevice(const plan::Space& space, int device) {
  plan::Space left = space;
  left.devices.erase(left.devices.begin() + device);
  left.links.clear();
  left.tenants.clear();
  for (int a = 0; a < space.size(); ++a)
    for (int b = 0; b < space.size(); ++b)
      if (a != device && b != device) left.links.push_back(space.LinkOf(a, b));
  const auto lost = [device](std::vector<int>& ends) {
    const bool pinned = !ends.empty();
    std::erase(ends, device);
    for (int& end : ends) end -= end > device ? 1 : 0;
    return pinned && ends.empty();
  };
  for (plan::Tenant tenant : space.tenants) {
    const bool no_source = lost(tenant.sources), no_target = lost(tenant.targets);
    if (!no_source && !no_target) left.tenants.push_back(std::move(tenant));
  }
  return left;
}

Foresight::Foresight(ForesightOptions options)
    : options_(std::move(options)), thread_([this] { Think(); }) {}

Foresight::~Foresight() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    ++question_;
  }
  asked_.notify_all();
  thread_.join();
}

SpacePlan Foresight::Plan(const plan::Space& space, const std::vector<plan::TenantPlan>& now) {
  const std::string key = KeyOf(space);
  SpacePlan plan;
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    ++question_;  // What is thought of now can wait.
    const auto found = book_.find(key);
    known = found != book_.end();
    if (known) plan = found->second;
    foreseen_ += known ? 1 : 0;
  }
  if (!known) plan = ExactPlanner(options_.plan, options_.answer_s)(space, now);
  {
    const std::lock_guard lock(mutex_);
    if (book_.size() > kMostPages) book_.clear();
    book_[key] = plan;
    space_ = space;
    key_ = key;
    thinking_ = true;
    better_ = false;
    bettering_ = !plan.optimal;
    next_leaving_ = 0;
  }
  asked_.notify_all();
  return plan;
}

bool Foresight::TakeBetter() {
  const std::lock_guard lock(mutex_);
  return std::exchange(better_, false);
}

void Foresight::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !thinking_; });
}

void Foresight::Think() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return thinking_ || stop_; });
    if (stop_) return;
    if (bettering_) {
      Better(lock);
    } else if (!Backup(lock)) {
      thinking_ = false;
      idle_.notify_all();
    }
  }
}

bool Foresight::Search(std::unique_lock<std::mutex>& lock, const plan::Space& space,
                       const std::vector<plan::TenantPlan>& now, SpacePlan& plan) {
  const uint64_t question = question_;
  lock.unlock();
  plan = ExactPlanner(options_.plan, options_.behind_s, [this, question] {
    const std::lock_guard inner(mutex_);
    return question_ != question;
  })(space, now);
  lock.lock();
  return question_ == question;
}

void Foresight::Better(std::unique_lock<std::mutex>& lock) {
  const plan::Space space = space_;
  SpacePlan plan;
  if (!Search(lock, space, InForce(book_[key_]), plan)) return;
  bettering_ = false;
  SpacePlan& known = book_[key_];
  better_ = IsBetter(plan, known) || (plan.optimal && !known.optimal);
  if (IsBetter(plan, known)) known = plan;
  known.optimal = known.optimal || plan.optimal;
  known.bound_hz = known.bound_hz <= 0 ? plan.bound_hz : std::min(known.bound_hz, plan.bound_hz);
}

// False: all are there.
bool Foresight::Backup(std::unique_lock<std::mutex>& lock) {
  if (next_leaving_ >= space_.size() || space_.size() < 2) return false;
  const int device = next_leaving_;
  const plan::Space left = WithoutDevice(space_, device);
  const std::string key = KeyOf(left);
  SpacePlan plan;
  if (!left.tenants.empty() && book_.count(key) == 0) {
    const auto now = Surviving(space_, left, InForce(book_[key_]), device);
    if (!Search(lock, left, now, plan)) return true;
    book_[key] = std::move(plan);
  }
  ++next_leaving_;
  return true;
}

void Foresee(CoordinatorOptions& options, const plan::PlanOptions& plan) {
  ForesightOptions how{.plan = plan};
  how.plan.uptime_s = options.expected_uptime_s;
  const auto foresight = std::make_shared<Foresight>(std::move(how));
  options.planner = [foresight](const plan::Space& space,
                                const std::vector<plan::TenantPlan>& now) {
    return foresight->Plan(space, now);
  };
  options.better = [foresight] { return foresight->TakeBetter(); };
}

}  // namespace covey::serve
