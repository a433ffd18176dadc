#include "plan/sim/sim.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "plan/place/explain.hpp"
#include "plan/sim/changes.hpp"
#include "plan/sim/queues.hpp"

namespace covey::plan {
namespace {

constexpr size_t kMostLatencies = 1'000'000;  // kept for each pipeline's percentiles

// One way that a pipeline's inferences take.
struct Lane {
  std::shared_ptr<const Stages> stages;
  TenantPlan plan;
  double share = 1;  // of the pipeline's rate
  int64_t started = 0;
};

struct Pipeline {
  std::vector<Lane> lanes;
  bool placed = false, paused = false;
  bool waits = false;  // touched by the last change and not seen since
  int64_t started = 0, completed = 0, at_epoch = 0, restarted = 0;
  double latency_sum = 0;
  std::vector<float> latencies;
};

class Simulation {
 public:
  Simulation(const Space& space, const SimOptions& options)
      : options_(options),
        original_(space),
        space_(space),
        queues_(UnitCount(space), options.seed, options.jitter),
        pipelines_(space.tenants.size()) {}

  SimReport Run() {
    for (const SimEvent& event : options_.events) events_.push_back(event);
    std::stable_sort(events_.begin(), events_.end(),
                     [](const SimEvent& a, const SimEvent& b) { return a.at_s < b.at_s; });
    // Who joins later is not there at first.
    std::vector<char> seen(space_.devices.size(), 0);
    for (const SimEvent& event : events_) {
      if (event.change == Change::kLink || seen[event.device] != 0) continue;
      seen[event.device] = 1;
      if (event.change == Change::kJoin) Remove(space_, event.device);
    }
    Answer answer = MakePlan(space_, options_.plan);
    report_.first = answer;
    report_.placed = answer.placed;
    report_.planned_hz = answer.objective_s > 0 ? 1 / answer.objective_s : 0;
    Commit(std::move(answer), "start", 0);
    while (Step()) {
    }
    Finish();
    return std::move(report_);
  }

 private:
  // To the next completion or change. False: the time is over.
  bool Step() {
    double until = options_.duration_s;
    if (next_event_ < events_.size()) until = std::min(until, events_[next_event_].at_s);
    if (prepared_at_ < until && !draining_) until = prepared_at_;
    finished_.clear();
    if (queues_.Next(until, finished_)) {
      for (int job : finished_) Done(job);
      if (draining_ && Drained()) Switch();
      return true;
    }
    if (queues_.now() >= options_.duration_s) return false;
    if (next_event_ < events_.size() && queues_.now() >= events_[next_event_].at_s) {
      Happen(events_[next_event_++]);
    } else if (!draining_ && queues_.now() >= prepared_at_) {
      draining_ = true;
      if (Drained()) Switch();
    }
    StartAll();
    return true;
  }

  void Done(int job) {
    const int p = queues_.tag(job);
    Pipeline& pipeline = pipelines_[p];
    const double latency = queues_.now() - queues_.started_s(job);
    queues_.Kill(job);
    ++pipeline.completed;
    pipeline.latency_sum += latency;
    if (pipeline.latencies.size() < kMostLatencies) {
      pipeline.latencies.push_back(static_cast<float>(latency));
    }
    if (pipeline.waits) {
      pipeline.waits = false;
      SimEpoch& epoch = report_.epochs.back();
      epoch.pause_s = std::max(epoch.pause_s, queues_.now() - changed_at_);
    }
    StartAll();
  }

  double Progress(const Pipeline& pipeline, int p) const {
    return static_cast<double>(pipeline.completed - pipeline.at_epoch) / space_.tenants[p].weight;
  }

  // Keeps every pipeline as many rounds ahead of the slowest as the window allows.
  void StartAll() {
    double slowest = kNever;
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      if (pipelines_[p].placed && !pipelines_[p].paused) {
        slowest = std::min(slowest, Progress(pipelines_[p], static_cast<int>(p)));
      }
    }
    if (slowest == kNever) return;
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      Pipeline& pipeline = pipelines_[p];
      if (!pipeline.placed || pipeline.paused || Stopped(static_cast<int>(p))) continue;
      const double weight = space_.tenants[p].weight;
      const double limit = (slowest + window_) * weight + 1;
      while (static_cast<double>(pipeline.started - pipeline.at_epoch) < limit) {
        StartOne(static_cast<int>(p));
      }
    }
  }

  void StartOne(int p) {
    Pipeline& pipeline = pipelines_[p];
    Lane* lane = &pipeline.lanes.front();
    for (Lane& other : pipeline.lanes) {
      const auto due = [](const Lane& l) { return static_cast<double>(l.started + 1) / l.share; };
      if (due(other) < due(*lane)) lane = &other;
    }
    ++lane->started;
    ++pipeline.started;
    (void)queues_.Start(lane->stages, p);
  }

  // Draining: what changes starts nothing new.
  bool Stopped(int p) const { return draining_ && Changes(p); }
  bool Changes(int p) const {
    const Pipeline& now = pipelines_[p];
    const std::vector<Route>* routes = nullptr;
    for (const PipelineAnswer& next : next_.pipelines) {
      if (next.tenant == p) routes = &next.routes;
    }
    if (routes == nullptr || !now.placed || routes->size() != now.lanes.size()) return true;
    for (size_t i = 0; i < routes->size(); ++i) {
      if (!((*routes)[i].plan == now.lanes[i].plan)) return true;
    }
    return false;
  }
  bool Drained() const {
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      const Pipeline& pipeline = pipelines_[p];
      const int64_t flying = pipeline.started - pipeline.completed;
      if (Changes(static_cast<int>(p)) && flying > 0) return false;
    }
    return true;
  }

  void Happen(const SimEvent& event) {
    changed_at_ = queues_.now();
    reason_ = EventText(original_, event);
    if (event.change == Change::kLeave) {
      Remove(space_, event.device);
      Abort(event.device);
    } else if (event.change == Change::kJoin) {
      Restore(space_, original_, event.device);
    } else {
      const size_t n = space_.devices.size();
      for (const size_t at : {event.device * n + event.other, event.other * n + event.device}) {
        original_.links[at].bit_s = event.bit_s;
        if (space_.links[at].bit_s > 0 || event.bit_s == 0) space_.links[at].bit_s = event.bit_s;
      }
      Relink();
    }
    PlanAgain(event);
  }

  // What the leaving device held starts again; what needs it waits for the next epoch.
  void Abort(int device) {
    const int first = UnitOf(device, UnitKind::kAccelerator), end = first + kUnitKinds;
    for (int job : queues_.Running()) {
      if (!queues_.Uses(job, first, end)) continue;
      Pipeline& pipeline = pipelines_[queues_.tag(job)];
      ++pipeline.restarted;
      --pipeline.started;
      queues_.Kill(job);
    }
    queues_.Stop(first, end);
    for (Pipeline& pipeline : pipelines_) {
      for (const Lane& lane : pipeline.lanes) {
        for (const Stage& stage : *lane.stages) {
          for (int unit : stage.units) {
            if (unit >= first && unit < end) pipeline.paused = pipeline.waits = pipeline.placed;
          }
        }
      }
    }
  }

  // Tasks that start from now on take what the links now take.
  void Relink() {
    const Costs costs(space_);
    for (Pipeline& pipeline : pipelines_) {
      for (Lane& lane : pipeline.lanes) {
        lane.stages = std::make_shared<const Stages>(StagesOf(costs, lane.plan));
        if (!Runs(*lane.stages)) pipeline.paused = pipeline.waits = true;
      }
    }
  }

  void PlanAgain(const SimEvent& event) {
    PlanOptions how = options_.plan;
    for (const Pipeline& pipeline : pipelines_) {
      for (const Lane& lane : pipeline.lanes) how.start.push_back(lane.plan);
    }
    how.uptime_s = options_.expected_uptime_s;
    how.weights_in_flash = options_.weights_in_flash;
    Answer answer = MakePlan(space_, how);
    const double migration = MigrationSeconds(space_, Placed(), answer, options_.weights_in_flash);
    bool forced = false;
    for (const Pipeline& pipeline : pipelines_) forced = forced || pipeline.paused;
    const double now_hz = forced ? 0 : KeptHz();
    const double next_hz = answer.objective_s > 0 ? 1 / answer.objective_s : 0;
    const bool serves_more = answer.pipelines.size() > PlacedCount();
    // Migration costs bandwidth and a drain; it has to pay within the expected uptime.
    const double gain = (next_hz - now_hz) * options_.expected_uptime_s;
    const double cost = next_hz * migration;
    if (!forced && !serves_more && gain <= cost * (1 + 1e-9)) {
      report_.notes.push_back(reason_ + ": the plan stays; a better one would gain " +
                              Digits(std::max(0.0, gain)) + " rounds and cost " + Digits(cost));
      prepared_at_ = kNever;
      draining_ = false;
      return;
    }
    report_.notes.push_back(reason_ + ": new plan, " + Digits(now_hz) + " to " + Digits(next_hz) +
                            " rounds a second, " + SecondsText(migration) + " of weights to move");
    next_ = std::move(answer);
    next_migration_s_ = migration;
    draining_ = false;
    prepared_at_ = event.at_s + options_.planning_s + migration;
  }

  std::vector<TenantPlan> Placed() const {
    std::vector<TenantPlan> plans;
    for (const Pipeline& pipeline : pipelines_) {
      for (const Lane& lane : pipeline.lanes) plans.push_back(lane.plan);
    }
    return plans;
  }
  size_t PlacedCount() const {
    return static_cast<size_t>(std::count_if(pipelines_.begin(), pipelines_.end(),
                                             [](const Pipeline& p) { return p.placed; }));
  }
  // What the plan in force gives under the space as it is now.
  double KeptHz() const {
    const Costs costs(space_);
    std::vector<double> loads(UnitCount(space_), 0);
    for (const Pipeline& pipeline : pipelines_) {
      for (const Lane& lane : pipeline.lanes) {
        const std::vector<double> own = costs.Loads(lane.plan);
        for (size_t u = 0; u < own.size(); ++u) {
          loads[u] += lane.share * space_.tenants[lane.plan.tenant].weight * own[u];
        }
      }
    }
    const double most = *std::max_element(loads.begin(), loads.end());
    return most > 0 && most < kNever ? 1 / most : 0;
  }

  void Switch() {
    draining_ = false;
    prepared_at_ = kNever;
    Commit(std::move(next_), reason_, next_migration_s_);
    next_ = {};
    StartAll();
  }

  void Commit(Answer answer, const std::string& reason, double migration) {
    CloseEpoch();
    const Costs costs(space_);
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      Pipeline& pipeline = pipelines_[p];
      pipeline.lanes.clear();
      pipeline.placed = pipeline.paused = false;
      pipeline.at_epoch = pipeline.completed;
    }
    double longest = 0;
    for (const PipelineAnswer& placed : answer.pipelines) {
      Pipeline& pipeline = pipelines_[placed.tenant];
      for (const Route& route : placed.routes) {
        pipeline.lanes.push_back({std::make_shared<const Stages>(StagesOf(costs, route.plan)),
                                  route.plan,
                                  placed.rate_hz > 0 ? route.rate_hz / placed.rate_hz : 1});
        longest = std::max(longest, costs.Latency(route.plan));
      }
      pipeline.placed = true;
    }
    window_ = answer.objective_s > 0 ? 6 + 3 * std::ceil(longest / answer.objective_s) : 6;
    SimEpoch epoch{.epoch = static_cast<int>(report_.epochs.size()) + 1};
    epoch.from_s = queues_.now();
    epoch.planned_hz = answer.objective_s > 0 ? 1 / answer.objective_s : 0;
    epoch.migration_s = migration;
    epoch.reason = reason;
    for (const Refusal& refusal : answer.refused) {
      epoch.refused.push_back(space_.tenants[refusal.tenant].name + ": " + refusal.reason);
    }
    answer.epoch = epoch.epoch;
    report_.epochs.push_back(std::move(epoch));
    report_.last = std::move(answer);
    if (report_.epochs.size() == 1) StartAll();
  }

  void CloseEpoch() {
    if (report_.epochs.empty()) return;
    SimEpoch& epoch = report_.epochs.back();
    epoch.to_s = queues_.now();
    double slowest = kNever;
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      if (pipelines_[p].placed) {
        slowest = std::min(slowest, Progress(pipelines_[p], static_cast<int>(p)));
      }
    }
    const double seconds = epoch.to_s - epoch.from_s;
    epoch.measured_hz = slowest < kNever && seconds > 0 ? slowest / seconds : 0;
  }

  void Finish() {
    CloseEpoch();
    report_.events = queues_.events();
    report_.throughput_hz = kNever;
    for (size_t p = 0; p < pipelines_.size(); ++p) {
      Pipeline& pipeline = pipelines_[p];
      SimPipeline to{.tenant = static_cast<int>(p)};
      to.completed = pipeline.completed;
      to.restarted = pipeline.restarted;
      const auto count = static_cast<double>(pipeline.completed);
      to.rate_hz = count / options_.duration_s;
      if (pipeline.completed > 0) to.latency_mean_s = pipeline.latency_sum / count;
      std::sort(pipeline.latencies.begin(), pipeline.latencies.end());
      const auto at = [&pipeline](double part) {
        if (pipeline.latencies.empty()) return 0.0;
        const double last = static_cast<double>(pipeline.latencies.size() - 1);
        return static_cast<double>(pipeline.latencies[static_cast<size_t>(part * last)]);
      };
      to.latency_p50_s = at(0.5);
      to.latency_p99_s = at(0.99);
      if (pipeline.placed) {
        report_.throughput_hz =
            std::min(report_.throughput_hz, to.rate_hz / space_.tenants[p].weight);
      }
      report_.pipelines.push_back(to);
    }
    if (report_.throughput_hz == kNever) report_.throughput_hz = 0;
    FillPower();
  }

  void FillPower() {
    for (int unit = 0; unit < UnitCount(space_); ++unit) {
      if (!UnitExists(space_, unit)) continue;
      const double busy = queues_.busy_s(unit) / options_.duration_s;
      report_.units.push_back({unit, queues_.busy_s(unit), busy});
      if (unit == AirUnit(space_)) continue;
      const Power& power = original_.devices[unit / kUnitKinds].part.power;
      const auto kind = static_cast<UnitKind>(unit % kUnitKinds);
      report_.power_mw += busy * (kind == UnitKind::kAccelerator ? power.run_mw
                                  : kind == UnitKind::kCpu       ? power.load_mw
                                                                 : power.radio_mw);
      if (kind == UnitKind::kAccelerator) report_.power_mw += power.idle_mw;
    }
  }

  const SimOptions& options_;
  Space original_, space_;
  Queues queues_;
  std::vector<Pipeline> pipelines_;
  std::vector<SimEvent> events_;
  size_t next_event_ = 0;
  double window_ = 6;
  bool draining_ = false;
  double prepared_at_ = kNever, changed_at_ = 0, next_migration_s_ = 0;
  Answer next_;
  std::string reason_;
  std::vector<int> finished_;
  SimReport report_;
};

}  // namespace

SimReport Simulate(const Space& space, const SimOptions& options) {
  return Simulation(space, options).Run();
}

}  // namespace covey::plan
