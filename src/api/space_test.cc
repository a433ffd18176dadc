#include "covey/space.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "serve/space/host_node.hpp"
#include "serve/space/switch_server.hpp"

namespace covey {
namespace {

using namespace std::chrono_literals;

// A switch and nodes of this process.
class Town {
 public:
  Town() {
    net_ = *serve::SwitchServer::Open("127.0.0.1", 0, 1, {.kbit_s = 100000});
    threads_.emplace_back([this] { net_->Run(); });
  }
  ~Town() {
    for (const auto& node : nodes_) node->Stop();
    net_->Stop();
    for (std::thread& thread : threads_) thread.join();
  }
  void Add(const std::string& name, const std::string& kind) {
    nodes_.push_back(*serve::HostNode::Open(
        {.name = name, .kind = kind, .join = *serve::UdpAddress::Of("127.0.0.1", net_->port())}));
    threads_.emplace_back([at = nodes_.back().get()] { at->Run(); });
  }
  std::string join() const { return "127.0.0.1:" + std::to_string(net_->port()); }

 private:
  std::unique_ptr<serve::SwitchServer> net_;
  std::vector<std::unique_ptr<serve::HostNode>> nodes_;
  std::vector<std::thread> threads_;
};

bool WaitFor(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!done() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  return done();
}

TEST(SpaceApi, RunsAPipelineWithoutNamingAnAccelerator) {
  Town town;
  town.Add("watch", "m4");
  town.Add("glasses", "m33");
  auto space = Space::Join({.join = town.join(), .link_kbit_s = 100000});
  ASSERT_TRUE(space) << space.error().message;
  ASSERT_TRUE(WaitFor([&] { return space.value().Devices().size() == 2; }));
  const auto registered = space.value().Register({.name = "digits",
                                                  .model = COVEY_SPACE_MODEL,
                                                  .source = "watch",
                                                  .target = "m33",
                                                  .requests = 3});
  ASSERT_TRUE(registered) << registered.error().message;
  ASSERT_TRUE(WaitFor([&] { return space.value().Pipelines()[0].answered == 3; }))
      << space.value().Pipelines()[0].refused;
  const PipelineState state = space.value().Pipelines()[0];
  EXPECT_EQ(state.source, "watch");
  EXPECT_EQ(state.target, "glasses");
  EXPECT_FALSE(state.chunks.empty());
  EXPECT_EQ(state.failed, 0u);
  EXPECT_GT(space.value().Epoch(), 0u);
}

TEST(SpaceApi, RefusesNonsenseInWords) {
  EXPECT_FALSE(Space::Join({.join = "nowhere"}));
  EXPECT_FALSE(Space::Join({.join = "127.0.0.1:99999"}));
  Town town;
  auto space = Space::Join({.join = town.join()});
  ASSERT_TRUE(space);
  const auto missing = space.value().Register({.name = "a", .model = "no/such.tflite"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("no/such.tflite"), std::string::npos);
  EXPECT_FALSE(space.value().Register({.name = "", .model = COVEY_SPACE_MODEL}));
  EXPECT_FALSE(space.value().Register({.name = "a", .model = COVEY_SPACE_MODEL, .weight = 0}));
  EXPECT_FALSE(space.value().Register({.name = "a", .model = COVEY_SPACE_MODEL, .deadline = 0ns}));
}

TEST(SpaceApi, SaysWhyAPipelineDoesNotRun) {
  Town town;
  town.Add("watch", "m4");
  auto space = Space::Join({.join = town.join()});
  ASSERT_TRUE(space);
  ASSERT_TRUE(space.value().Register(
      {.name = "a", .model = COVEY_SPACE_MODEL, .source = "watch", .target = "nobody"}));
  EXPECT_TRUE(WaitFor([&] {
    return space.value().Pipelines()[0].refused.find("target") != std::string::npos;
  })) << space.value().Pipelines()[0].refused;
}

}  // namespace
}  // namespace covey
