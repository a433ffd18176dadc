#include "serve/space/virtual_fleet.hpp"

#include <algorithm>

#include "kernels/ref/table.hpp"

namespace covey::serve {

struct VirtualFleet::Member final : micro::Sensor, micro::Outlet {
  Member(VirtualFleet& of, const FleetNode& as, uint32_t boots)
      : fleet(of),
        what(as),
        boot(boots),
        flash(as.flash_bytes),
        ram(as.ram_bytes),
        node({.clock = of.clock_,
              .port = of.port_,
              .sensor = *this,
              .outlet = *this,
              .diag = diag,
              .kernels = kernels::RefKernels(),
              .flash = flash.bytes(),
              .ram = ram.bytes()},
             {.mac = MacOf(what.name),
              .name = what.name.c_str(),
              .kind = what.kind.c_str(),
              .boot = boots}) {}

  Told& ToldOf(uint16_t pipeline) { return fleet.told_[pipeline]; }
  void Read(uint16_t, uint32_t seed, uint32_t request, std::span<std::byte> to) override {
    micro::SampleInput(seed, request, to);
  }
  Told::Request& One(const micro::Request& request) {
    return ToldOf(request.pipeline).requests[{request.source_boot, request.number}];
  }
  void Delivered(const micro::Request& request, std::span<const std::byte> output) override {
    ++ToldOf(request.pipeline).delivered;
    ++One(request).delivered;
    One(request).output.assign(output.begin(), output.end());
  }
  void Answered(const micro::Request& request) override {
    Told& told = ToldOf(request.pipeline);
    ++told.answered;
    told.answered_ns.push_back(fleet.clock_.now_ns);
    ++One(request).answered;
  }
  void Failed(const micro::Request& request, Status) override {
    ++ToldOf(request.pipeline).failed;
    ++One(request).failed;
  }

  VirtualFleet& fleet;
  FleetNode what;
  uint32_t boot;
  NoDiag diag;
  AlignedBytes flash, ram;
  micro::Node node;
};

bool VirtualFleet::Port::Send(std::span<const std::byte> frame) {
  fleet.net_.Take(fleet.clock_.now_ns, frame);
  return true;
}

VirtualFleet::VirtualFleet(uint64_t seed, const LinkShape& shape, CoordinatorOptions options)
    : net_(seed, shape), options_(std::move(options)), coordinator_mac_(MacOf("coordinator")) {
  StartCoordinator();
}
VirtualFleet::~VirtualFleet() = default;

void VirtualFleet::KillCoordinator() {
  coordinator_.reset();
  net_.Cut(coordinator_mac_, true);
}

void VirtualFleet::StartCoordinator() {
  net_.Cut(coordinator_mac_, false);
  options_.mac = coordinator_mac_;
  options_.boot = ++coordinators_;
  coordinator_ = std::make_unique<Coordinator>(options_, port_);
}

void VirtualFleet::Start(const FleetNode& node) {
  net_.Cut(MacOf(node.name), false);
  members_[MacOf(node.name)] = std::make_unique<Member>(*this, node, ++boots_);
}

void VirtualFleet::Kill(const std::string& name) {
  members_.erase(MacOf(name));
  net_.Cut(MacOf(name), true);
}

const micro::Node* VirtualFleet::node(const std::string& name) const {
  const auto found = members_.find(MacOf(name));
  return found == members_.end() ? nullptr : &found->second->node;
}

uint32_t VirtualFleet::boot(const std::string& name) const {
  const auto found = members_.find(MacOf(name));
  return found == members_.end() ? 0 : found->second->boot;
}

std::vector<std::string> VirtualFleet::alive() const {
  std::vector<std::string> names;
  for (const auto& [mac, member] : members_) names.push_back(member->what.name);
  std::sort(names.begin(), names.end());
  return names;
}

void VirtualFleet::Step(uint64_t until_ns) {
  uint64_t next = net_.next_ns();
  if (coordinator_) next = std::min(next, coordinator_->next_ns());
  for (const auto& [mac, member] : members_) next = std::min(next, member->node.next_ns());
  clock_.now_ns = std::max(clock_.now_ns, std::min(next, until_ns));
  while (auto out = net_.Due(clock_.now_ns)) {
    if (out->to == coordinator_mac_) {
      if (coordinator_) coordinator_->Take(clock_.now_ns, out->frame);
    } else if (const auto found = members_.find(out->to); found != members_.end()) {
      found->second->node.Take(out->frame);
    }
  }
  for (const auto& [mac, member] : members_)
    if (member->node.next_ns() <= clock_.now_ns) member->node.Turn();
  if (coordinator_) coordinator_->Turn(clock_.now_ns);
}

void VirtualFleet::RunFor(std::chrono::nanoseconds time) {
  (void)RunUntil([] { return false; }, time);
}

bool VirtualFleet::RunUntil(const std::function<bool()>& done, std::chrono::nanoseconds most) {
  const uint64_t until_ns = clock_.now_ns + static_cast<uint64_t>(most.count());
  while (!done()) {
    if (clock_.now_ns >= until_ns) return false;
    Step(until_ns);
  }
  return true;
}

}  // namespace covey::serve
