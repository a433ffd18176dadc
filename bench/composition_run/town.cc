#include "bench/composition_run/town.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/host/diag_text.hpp"

namespace covey::bench {

using namespace std::chrono_literals;
using serve::UdpAddress;
using std::chrono::steady_clock;

Town::Town(const serve::LinkShape& shape, serve::CoordinatorOptions options) {
  auto net = serve::SwitchServer::Open("127.0.0.1", 0, 7, shape);
  if (!net.ok()) throw std::runtime_error(net.status().message());
  net_ = *std::move(net);
  auto space =
      serve::LiveSpace::Open(std::move(options), *UdpAddress::Of("127.0.0.1", net_->port()));
  if (!space.ok()) throw std::runtime_error(space.status().message());
  space_ = *std::move(space);
  threads_.emplace_back([this] { net_->Run(); });
  threads_.emplace_back([this] { space_->Run(); });
}

Town::~Town() {
  while (!nodes_.empty()) Kill(nodes_.begin()->first);
  space_->Stop();
  net_->Stop();
  for (std::thread& thread : threads_) thread.join();
}

bool Town::Start(const std::string& name, const std::string& kind, const std::string& on) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->on = on;
  DiagText diag;
  auto child = serve::Child::Start(
      {COVEY_BINARY, "node", "--name", name, "--device", kind, "--on", on, "--show", "--json",
       "--join", "127.0.0.1:" + std::to_string(net_->port())},
      {}, diag);
  if (!child.ok()) {
    std::cerr << diag.Text() << "\n";
    return false;
  }
  node->child = *std::move(child);
  std::string said;
  while (said.find("\"joining\"") == std::string::npos) {
    if (node->child->Read(said, steady_clock::now() + 60s).ok()) continue;
    std::cerr << name << " did not start: " << said << "\n";
    return false;
  }
  node->listener = std::thread([this, at = node.get()] { Listen(*at); });
  nodes_[name] = std::move(node);
  return true;
}

void Town::Kill(const std::string& name) {
  Node& node = *nodes_.at(name);
  node.child->Kill();
  node.stop = true;
  node.listener.join();
  nodes_.erase(name);
}

void Town::Listen(Node& node) {
  std::string pending;
  while (!node.stop) {
    const Status status = node.child->Read(pending, steady_clock::now() + 100ms);
    if (status.code() == Code::kUnavailable) return;
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      TakeLine(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
  }
}

void Town::TakeLine(const std::string& text) {
  const auto line = nlohmann::json::parse(text, nullptr, false);
  if (!line.is_object() || !line.contains("request")) return;
  const std::string event = line.value("event", "");
  const unsigned pipeline = line.value("pipeline", 0U);
  const RequestKey key{pipeline, line.value("source_boot", 0U), line.value("request", 0U)};
  const std::lock_guard lock(mutex_);
  Heard& one = heard_[key];
  if (event == "delivered") ++one.delivered;
  if (event == "failed") ++one.failed;
  if (event != "answered") return;
  ++one.answered;
  last_answer_[pipeline] = steady_clock::now();
}

std::map<RequestKey, Heard> Town::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

steady_clock::time_point Town::last_answer(unsigned pipeline) {
  const std::lock_guard lock(mutex_);
  return last_answer_[pipeline];
}

}  // namespace covey::bench
