// SessionTest: a host session with a small local model, and LiveAgent: an agent that serves "one".
//
//   LiveAgent agent;
//   ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
#pragma once

#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"
#include "covey/covey.hpp"
#include "serve/test_agent.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::api {

using serve::test::ScriptedAgent;

class SessionTest : public testing::Test {
 protected:
  // The sample image adds a constant to its input: any small local model will do here.
  void LoadLocal() {
    const auto image = wire::WriteImage(wire::SampleContents());
    dir_.Write("local.covey",
               std::string_view(reinterpret_cast<const char*>(image.data()), image.size()));
    const auto loaded = session_.Load("local", (dir_.path() / "local.covey").string());
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto models = session_.Models();
    ASSERT_TRUE(models);
    ASSERT_EQ(models.value().size(), 1U);
  }
  // The local model's own input, as zeros; an agent's reply does not depend on it.
  std::vector<HostTensor> LocalInput() {
    const wire::ImageContents contents = wire::SampleContents();
    std::vector<HostTensor> inputs;
    for (uint16_t index : contents.inputs) {
      const wire::ImageTensor& tensor = contents.tensors[index];
      size_t bytes = DTypeBytes(tensor.dtype);
      for (int32_t dim : tensor.dims) bytes *= static_cast<size_t>(dim);
      inputs.push_back({tensor.name, static_cast<ElementType>(tensor.dtype), tensor.dims,
                        std::vector<std::byte>(bytes)});
    }
    return inputs;
  }

  serve::test::NoLog no_log_;
  TempDir dir_;
  Session session_ = Session::Open({}).value();
};

class LiveAgent {
 public:
  LiveAgent() : LiveAgent(0) {}
  explicit LiveAgent(uint16_t port) {
    dir_.Write("one.covey", "add one");
    agent_ = std::make_unique<serve::Agent>(serve::AgentConfig{.models = dir_.path(), .port = port},
                                            serve::test::AddOneBackends());
    DiagText diag;
    EXPECT_TRUE(agent_->Start(diag).ok()) << diag.Text();
  }
  uint16_t port() const { return agent_->port(); }
  std::string place() const { return "agent tcp://127.0.0.1:" + std::to_string(port()); }

 private:
  serve::test::NoLog no_log_;
  TempDir dir_;
  std::unique_ptr<serve::Agent> agent_;
};

}  // namespace covey::api
