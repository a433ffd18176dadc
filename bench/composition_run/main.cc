// bench_composition_run: does a running space keep its plan's rates, and how long is it without
// service when a node dies?
//
//   bench_composition_run --seconds 30      six nodes (two emulated boards), three tenants
//   bench_composition_run --kills 100       the same, host nodes killed at random moments
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>

#include "bench/composition_run/town.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/space/foresight.hpp"
#include "serve/space/layer_table.hpp"
#include "serve/transport/steady_clock.hpp"

namespace covey::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::steady_clock;

struct Device {
  const char *name, *kind, *on;
};
// Sources and targets are none of the mortal ones.
constexpr Device kDevices[] = {{"band", "m33", "board:m33"}, {"watch", "m4", "board:m4"},
                               {"ear", "m4", "host"},        {"ring", "m4", "host"},
                               {"glasses", "m33", "host"},   {"pen", "m33", "host"}};
struct Tenant {
  const char *name, *file, *source, *target;
};
constexpr Tenant kTenants[] = {{"pictures", "pretrainedResnet_quant.tflite", "ear", "ring"},
                               {"keywords", "kws_ref_model.tflite", "ring", "ear"},
                               {"anomalies", "ad01_int8.tflite", "ear", "ear"}};
// From and to the boards, so that their own chips are near: measuring only, for who dies there
// takes the source with it.
constexpr Tenant kBoardTenants[] = {{"pictures", "pretrainedResnet_quant.tflite", "ear", "band"},
                                    {"keywords", "kws_ref_model.tflite", "ring", "ear"},
                                    {"anomalies", "ad01_int8.tflite", "watch", "watch"}};
constexpr double kHonest = 0.1;  // how far the run may be from its plan

struct Options {
  double seconds = 30, kbit_s = 1000, overhead_us = 1000;
  int kills = 0;
  uint32_t seed = 1;
  bool boards = true;
};

serve::SpacePipeline PipelineOf(const Tenant& tenant) {
  const auto data = DataDir();
  if (!data) throw std::runtime_error("COVEY_DATA: the folder of real models is absent");
  DiagText diag;
  const auto graph = compiler::ImportFile(*data / "mlperf_tiny" / "models" / tenant.file, diag);
  if (!graph.ok()) throw std::runtime_error(diag.Text());
  auto ready = compiler::Prepare(*graph, diag);
  if (!ready.ok()) throw std::runtime_error(diag.Text());
  auto table = serve::LayerTableOf(*ready);
  if (!table.ok()) throw std::runtime_error(table.status().message());
  serve::SpacePipeline pipeline;
  pipeline.tenant.name = tenant.name;
  pipeline.tenant.model = *std::move(table);
  pipeline.sources = {tenant.source};
  pipeline.targets = {tenant.target};
  pipeline.graph = *std::move(ready);
  return pipeline;
}

bool WaitFor(const std::function<bool()>& done, std::chrono::seconds most) {
  const auto end = steady_clock::now() + most;
  while (!done()) {
    if (steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

std::string WayText(const serve::Way& way) {
  std::string text = way.source.member;
  for (const auto& chunk : way.chunks)
    text += " > " + chunk.member + "[" + std::to_string(chunk.first) + "-" +
            std::to_string(chunk.end - 1) + "]";
  return text + " > " + way.target.member;
}

bool IsBoard(const std::string& name) {
  for (const Device& device : kDevices)
    if (name == device.name) return std::string(device.on) != "host";
  return false;
}

// False: a rate is not the plan's, or fewer than two boards carry a chunk.
bool Throughput(Town& town, const Options& options) {
  bool kept = true;
  std::set<std::string> boards;
  std::this_thread::sleep_for(5s);
  const auto before = town.space().View();
  std::this_thread::sleep_for(duration<double>(options.seconds));
  const auto after = town.space().View();
  std::printf("%-10s %8s %8s %6s  %s\n", "tenant", "plan Hz", "run Hz", "ratio", "way");
  for (size_t i = 0; i < after.pipelines.size(); ++i) {
    const auto &a = before.pipelines[i], &b = after.pipelines[i];
    const double seconds = static_cast<double>(b.asked_ns - a.asked_ns) / 1e9;
    const double rate = (b.answered - a.answered) / seconds;
    std::printf("%-10s %8.2f %8.2f %6.3f  %s\n", b.name.c_str(), b.way.rate_hz, rate,
                rate / b.way.rate_hz, WayText(b.way).c_str());
    kept = kept && std::abs(rate / b.way.rate_hz - 1) <= kHonest;
    for (const auto& chunk : b.way.chunks)
      if (IsBoard(chunk.member)) boards.insert(chunk.member);
  }
  std::printf("plan: one round in %.1f ms, %s (bound %.2f Hz)\n", after.objective_s * 1e3,
              after.optimal ? "optimal" : "not proved optimal", after.bound_hz);
  std::printf("%zu emulated boards carry a chunk; every rate within %.0f %% of the plan's: %s\n",
              boards.size(), 100 * kHonest, kept ? "yes" : "NO");
  return kept && (boards.size() >= 2 || !options.boards);
}

struct Death {
  double total_s = 0, notice_s = 0, switch_s = 0, transfer_s = 0;
  uint64_t bytes = 0;
};

bool IsBack(Town& town, const std::string& name, steady_clock::time_point killed) {
  const serve::SpaceView view = town.space().View();
  if (!view.steady) return false;
  for (const auto& member : view.members)
    if (member.name == name) return false;
  for (size_t p = 0; p < view.pipelines.size(); ++p) {
    if (!view.pipelines[p].way.placed() || view.pipelines[p].way.Uses(name)) return false;
    if (town.last_answer(static_cast<unsigned>(p)) < killed) return false;
  }
  return true;
}

Death KillOne(Town& town, const Device& device, const Options& options) {
  const uint64_t killed_ns = serve::SteadyClock().NowNs();
  const auto killed = steady_clock::now();
  town.Kill(device.name);
  Death death;
  if (!WaitFor([&] { return IsBack(town, device.name, killed); }, 60s))
    throw std::runtime_error(std::string("no service 60 s after the death of ") + device.name);
  death.total_s = duration<double>(steady_clock::now() - killed).count();
  for (const auto& change : town.space().View().switchovers) {
    if (change.noticed_ns < killed_ns || !change.done) continue;
    death.notice_s = static_cast<double>(change.noticed_ns - killed_ns) / 1e9;
    death.switch_s = static_cast<double>(change.in_force_ns - change.noticed_ns) / 1e9;
    death.bytes += change.image_bytes;
  }
  // Blocks pass the coordinator's radio and the node's, one after the other: once all bytes' time.
  death.transfer_s = 8e-3 * static_cast<double>(death.bytes) / options.kbit_s;
  return death;
}

// Requests without an outcome, beyond those that may be under way; told or delivered twice.
void Account(Town& town, uint64_t window) {
  std::map<std::pair<unsigned, unsigned>, std::pair<uint64_t, uint64_t>> open;  // highest, settled
  uint64_t answered = 0, failed = 0, twice = 0, undelivered = 0, lost = 0;
  for (const auto& [key, one] : town.heard()) {
    const auto& [pipeline, boot, number] = key;
    auto& [highest, settled] = open[{pipeline, boot}];
    highest = std::max<uint64_t>(highest, number);
    settled += one.answered + one.failed > 0 ? 1 : 0;
    answered += one.answered > 0 ? 1 : 0;
    failed += one.failed > 0 ? 1 : 0;
    twice += one.delivered > 1 || one.answered + one.failed > 1 ? 1 : 0;
    undelivered += one.answered > 0 && one.delivered == 0 ? 1 : 0;
  }
  for (const auto& [source, count] : open)
    lost += count.first - count.second > window ? count.first - count.second - window : 0;
  std::printf(
      "requests: %llu answered, %llu failed and their callers told, %llu lost, %llu twice, "
      "%llu answered but not delivered\n",
      static_cast<unsigned long long>(answered), static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(lost), static_cast<unsigned long long>(twice),
      static_cast<unsigned long long>(undelivered));
}

void Kills(Town& town, const Options& options, const std::vector<Device>& mortal) {
  std::mt19937 random(options.seed);
  std::vector<Death> deaths;
  for (int i = 0; i < options.kills; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500 + random() % 3000));
    const Device& device = mortal[random() % mortal.size()];
    deaths.push_back(KillOne(town, device, options));
    const Death& d = deaths.back();
    std::printf(
        "%3d %-8s back %.2f s: noticed %.2f, plan and switch %.2f, of it %llu B of chunks "
        "(%.2f s)\n",
        i + 1, device.name, d.total_s, d.notice_s, d.switch_s,
        static_cast<unsigned long long>(d.bytes), d.transfer_s);
    std::fflush(stdout);
    if (!town.Start(device.name, device.kind, device.on)) throw std::runtime_error("no restart");
    WaitFor([&] { return town.space().View().steady; }, 60s);
  }
  std::this_thread::sleep_for(5s);
  const auto most = [&](auto of) {
    double value = 0;
    for (const Death& d : deaths) value = std::max(value, of(d));
    return value;
  };
  std::printf(
      "%zu deaths: service back after %.2f s at most; noticed after %.2f s at most; plan and "
      "switch less the transfer %.2f s at most\n",
      deaths.size(), most([](const Death& d) { return d.total_s; }),
      most([](const Death& d) { return d.notice_s; }),
      most([](const Death& d) { return d.switch_s - d.transfer_s; }));
  Account(town, 3 * 6);
  const auto view = town.space().View();
  std::printf("members %zu, epoch %u\n", view.members.size(), view.epoch);
}

serve::CoordinatorOptions Foreseeing(const plan::Link& link) {
  serve::CoordinatorOptions options;
  options.default_link = link;
  serve::Foresee(options, {});
  return options;
}

int Run(const Options& options) {
  const plan::Link link{.bit_s = options.kbit_s * 1e3, .overhead_s = options.overhead_us * 1e-6};
  Town town({.kbit_s = options.kbit_s, .overhead_us = options.overhead_us}, Foreseeing(link));
  std::vector<Device> mortal;
  for (Device device : kDevices) {
    if (!options.boards) device.on = "host";
    if (!town.Start(device.name, device.kind, device.on)) return 1;
    const std::string name = device.name;
    if (name != "ear" && name != "ring") mortal.push_back(device);
  }
  const auto all = [&] { return town.space().View().members.size() == std::size(kDevices); };
  if (!WaitFor(all, 30s)) return 1;
  const bool near = options.kills == 0 && options.boards;
  for (const Tenant& tenant : near ? kBoardTenants : kTenants) town.space().Add(PipelineOf(tenant));
  const auto answers = [&] {
    for (const auto& pipeline : town.space().View().pipelines)
      if (pipeline.answered == 0) return false;
    return true;
  };
  if (!WaitFor(answers, 60s)) throw std::runtime_error("no answers after 60 s");
  if (options.kills > 0) {
    Kills(town, options, mortal);
    return 0;
  }
  return Throughput(town, options) ? 0 : 1;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  covey::bench::Options options;
  CLI::App app("A running space against its plan, and while nodes die");
  app.add_option("--seconds", options.seconds, "of measuring");
  app.add_option("--kills", options.kills, "deaths instead");
  app.add_option("--kbit", options.kbit_s, "of every link");
  app.add_option("--overhead-us", options.overhead_us, "of a message");
  app.add_option("--seed", options.seed, "of the deaths");
  app.add_flag("!--no-boards", options.boards, "all nodes as processes");
  CLI11_PARSE(app, argc, argv);
  try {
    return covey::bench::Run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_composition_run: %s\n", error.what());
    return 1;
  }
}
