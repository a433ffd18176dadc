// What a remote call adds to the engine call itself: Covey beside a raw TCP floor and gRPC, on
// loopback, interleaved call by call, so that all meet the same machine.
//
//   bench_rpc [--calls N] [--check]        --check: exit 1 unless the bars below are met
//
// Bars: Covey's median at most 1.6 times the floor's, and under half of gRPC's.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/diag.hpp"
#include "rival.hpp"
#include "serve/backends/match.hpp"

namespace covey::bench {
namespace {

class BenchModel final : public serve::Model {
 public:
  explicit BenchModel(size_t request_bytes)
      : inputs_{{"in", ElementType::kUint8, {static_cast<int32_t>(request_bytes)}, 0, 0}},
        outputs_{{"out", ElementType::kUint8, {static_cast<int32_t>(kReplyBytes)}, 0, 0}} {}
  const std::vector<serve::TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<serve::TensorInfo>& outputs() const override { return outputs_; }
  Status RunViews(std::span<const serve::InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override {
    serve::InputSet set;
    COVEY_TRY(serve::MatchInputs(inputs, inputs_, set, diag));
    outputs.resize(1);
    outputs[0].name = outputs_[0].name;
    outputs[0].type = outputs_[0].type;
    outputs[0].dims = outputs_[0].dims;
    outputs[0].data.assign(kReplyBytes, set.tensor[0]->data.back());
    return OkStatus();
  }

 private:
  std::vector<serve::TensorInfo> inputs_, outputs_;
};

// The engine call itself, which every rival makes too.
class Engine final : public Rival {
 public:
  explicit Engine(size_t request_bytes)
      : model_(MakeModel(request_bytes)), inputs_(MakeInputs(request_bytes)) {}
  void Call() override {
    NoDiag diag;
    if (!model_->Run(inputs_, outputs_, diag).ok()) Fail("engine");
  }

 private:
  std::unique_ptr<serve::Model> model_;
  std::vector<HostTensor> inputs_, outputs_;
};

double MicrosecondsOf(Rival& rival) {
  const auto begin = std::chrono::steady_clock::now();
  rival.Call();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
      .count();
}

struct Row {
  const char* name;
  std::unique_ptr<Rival> rival;
  std::vector<double> us = {};

  double Quantile(double q) {
    const auto at =
        us.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(us.size() - 1));
    std::nth_element(us.begin(), at, us.end());
    return *at;
  }
};

bool Compare(size_t request_bytes, int calls) {
  Row rows[] = {{"engine call", std::make_unique<Engine>(request_bytes)},
                {"raw TCP floor", MakeFloor(request_bytes)},
                {"covey", MakeCovey(request_bytes)},
                {"gRPC sync", MakeGrpc(request_bytes)}};
  const int warm_up = std::max(20, calls / 10);
  for (int i = 0; i < calls + warm_up; ++i) {
    for (Row& row : rows) {
      const double us = MicrosecondsOf(*row.rival);
      if (i >= warm_up) row.us.push_back(us);
    }
  }
  const double engine = rows[0].Quantile(0.5);
  const double floor = rows[1].Quantile(0.5) - engine;
  const double covey = rows[2].Quantile(0.5) - engine;
  const double grpc = rows[3].Quantile(0.5) - engine;
  std::printf("\nrequest %zu B, reply %zu B, %d calls each; added time over the engine call, us\n",
              request_bytes, kReplyBytes, calls);
  std::printf("  %-14s %10s %10s %10s %12s\n", "", "median", "p90", "p99", "x floor");
  for (Row& row : rows) {
    if (&row == rows) continue;
    std::printf("  %-14s %10.1f %10.1f %10.1f %12.2f\n", row.name, row.Quantile(0.5) - engine,
                row.Quantile(0.9) - engine, row.Quantile(0.99) - engine,
                (row.Quantile(0.5) - engine) / floor);
  }
  const bool met = covey <= 1.6 * floor && covey < 0.5 * grpc;
  std::printf("  covey / floor = %.2f (bar 1.60), covey / gRPC = %.2f (bar 0.50): %s\n",
              covey / floor, covey / grpc, met ? "met" : "NOT met");
  return met;
}

}  // namespace

std::unique_ptr<serve::Model> MakeModel(size_t request_bytes) {
  return std::make_unique<BenchModel>(request_bytes);
}

std::vector<HostTensor> MakeInputs(size_t request_bytes) {
  return {{"in",
           ElementType::kUint8,
           {static_cast<int32_t>(request_bytes)},
           std::vector<std::byte>(request_bytes, std::byte{7})}};
}

void Fail(const char* what) {
  std::fprintf(stderr, "bench_rpc: %s\n", what);
  std::exit(1);
}

}  // namespace covey::bench

int main(int argc, char** argv) {
  int calls = 3000;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--check") == 0) {
      check = true;
    } else if (std::strcmp(argv[i], "--calls") == 0 && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      calls = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: bench_rpc [--calls N] [--check]\n");
      return 2;
    }
  }
  spdlog::set_level(spdlog::level::warn);
  const bool small = covey::bench::Compare(1024, calls);
  const bool large = covey::bench::Compare(150'528, calls);
  return check && !(small && large) ? 1 : 0;
}
