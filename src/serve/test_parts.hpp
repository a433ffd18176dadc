// Parts for the tests of serve/ and api/: a backend whose model is a few lines here, so that tests
// decide how long it runs and what it answers.
#pragma once

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "core/host/temp_dir.hpp"
#include "serve/agent/agent.hpp"
#include "serve/backends/backend.hpp"
#include "serve/backends/match.hpp"

namespace covey::serve::test {

// (1,4) uint8 in, (1,4) uint8 out: each byte plus one. `before` runs first, in Run's thread.
class AddOneModel final : public Model {
 public:
  explicit AddOneModel(std::function<void()> before) : before_(std::move(before)) {}
  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  ClassifierHints hints() const override {
    return {.output = wire::OutputKind::kProbabilities,
            .labels = {"a", "b", "c", "d"},
            .pixel_table = {}};
  }
  Status RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override {
    InputSet set;
    COVEY_TRY(MatchInputs(inputs, inputs_, set, diag));
    if (before_) before_();
    outputs.resize(1);
    outputs[0] = {"out",
                  ElementType::kUint8,
                  {1, 4},
                  {set.tensor[0]->data.begin(), set.tensor[0]->data.end()}};
    for (std::byte& byte : outputs[0].data)
      byte = static_cast<std::byte>(static_cast<uint8_t>(byte) + 1);
    return OkStatus();
  }

 private:
  std::function<void()> before_;
  std::vector<TensorInfo> inputs_{{"in", ElementType::kUint8, {1, 4}, 0, 0}};
  std::vector<TensorInfo> outputs_{{"out", ElementType::kUint8, {1, 4}, 1.0F / 255, 0}};
};

// Loads any file that begins with "add one"; refuses others.
class AddOneBackend final : public Backend {
 public:
  explicit AddOneBackend(std::function<void()> before = {}) : before_(std::move(before)) {}
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<Model>> Load(const std::filesystem::path& path, Diag& diag) override {
    std::string text;
    std::ifstream file(path);
    std::getline(file, text);
    if (text != "add one") {
      diag.Report({.subject = path.c_str(), .problem = "is no model"});
      return Status(Code::kDataLoss, "no model");
    }
    return std::unique_ptr<Model>(std::make_unique<AddOneModel>(before_));
  }

 private:
  std::function<void()> before_;
};

// What a test provokes is no news.
struct NoLog {
  NoLog() { spdlog::set_level(spdlog::level::off); }
};

inline std::vector<std::unique_ptr<Backend>> AddOneBackends(std::function<void()> before = {}) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<AddOneBackend>(std::move(before)));
  return backends;
}

inline HostTensor FourBytes(uint8_t first) {
  HostTensor tensor{"in", ElementType::kUint8, {1, 4}, std::vector<std::byte>(4)};
  for (size_t i = 0; i < 4; ++i) tensor.data[i] = static_cast<std::byte>(first + i);
  return tensor;
}

// A moment that one thread waits for and another brings about.
class Signal {
 public:
  void Set() {
    value_ = true;
    value_.notify_all();
  }
  void Wait() const { value_.wait(false); }
  bool IsSet() const { return value_; }

 private:
  std::atomic<bool> value_{false};
};

}  // namespace covey::serve::test
