#include "serve/agent/agent.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "serve/agent/service.hpp"
#include "serve/repository/repository.hpp"
#include "serve/transport/frame_reader.hpp"

namespace covey::serve {
namespace {

// A frame that has begun must be complete within this; who sends slower holds a thread for nothing.
constexpr std::chrono::seconds kFrameTime{10};
constexpr std::chrono::seconds kSendTime{10};

struct Connection {
  uint64_t number = 0;
  Socket socket;
  std::thread thread;
  std::atomic<bool> done{false};
};

int WorkersOf(const AgentConfig& config) {
  if (config.workers > 0) return config.workers;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

struct Agent::State {
  State(AgentConfig c, std::vector<std::unique_ptr<Backend>> b)
      : config(std::move(c)), backends(std::move(b)) {}

  void AcceptLoop();
  void Admit(Socket socket);
  void Serve(Connection& connection);
  void Reap();

  AgentConfig config;
  std::vector<std::unique_ptr<Backend>> backends;  // outlives the models in the repository
  Repository repository;
  std::optional<Service> service;
  std::optional<Listener> listener;
  std::thread acceptor;
  std::atomic<bool> stopping{false};
  std::mutex mutex;  // of connections
  std::list<Connection> connections;
  uint64_t next_number = 1;
};

Agent::Agent(AgentConfig config, std::vector<std::unique_ptr<Backend>> backends)
    : state_(std::make_unique<State>(std::move(config), std::move(backends))) {}

Agent::~Agent() { Stop(); }

uint16_t Agent::port() const { return state_->listener ? state_->listener->port() : 0; }

Status Agent::Start(Diag& diag) {
  State& s = *state_;
  COVEY_TRY(s.repository.Open(s.config.models, s.backends, diag));
  for (const auto& [name, entry] : s.repository.entries()) {
    if (entry.error.empty()) {
      spdlog::info("model name={} backend={} bytes={} classifies={}", name, entry.backend,
                   entry.file_bytes, entry.classifier.has_value());
    } else {
      spdlog::warn("model name={} error=\"{}\"", name, entry.error);
    }
  }
  s.service.emplace(s.repository, WorkersOf(s.config), s.config.max_message_bytes);
  Result<Listener> listener = Listener::Open(s.config.host, s.config.port);
  if (!listener.ok()) {
    const std::string where = s.config.host + ":" + std::to_string(s.config.port);
    diag.Report({.subject = where.c_str(), .problem = listener.status().message()});
    return listener.status();
  }
  s.listener = *std::move(listener);
  spdlog::info("listen address={} port={} models={} workers={}", s.config.host, s.listener->port(),
               s.repository.entries().size(), WorkersOf(s.config));
  s.acceptor = std::thread([&s] { s.AcceptLoop(); });
  return OkStatus();
}

void Agent::State::AcceptLoop() {
  while (!stopping) {
    Result<Socket> socket = listener->Accept(Never());
    Reap();
    if (socket.ok()) {
      Admit(*std::move(socket));
    } else if (socket.status().code() == Code::kResourceExhausted) {
      spdlog::warn("accept error=\"{}\"", socket.status().message());
      // Nothing can be accepted until a connection ends; do not spin until then.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

void Agent::State::Admit(Socket socket) {
  std::lock_guard lock(mutex);
  if (stopping) return;
  if (connections.size() >= static_cast<size_t>(config.max_connections)) {
    spdlog::warn("refuse reason=\"max_connections\" limit={}", config.max_connections);
    return;
  }
  Connection& connection = connections.emplace_back();
  connection.number = next_number++;
  connection.socket = std::move(socket);
  try {
    connection.thread = std::thread([this, &connection] {
      Serve(connection);
      connection.done = true;
    });
  } catch (const std::system_error& error) {
    spdlog::warn("refuse reason=\"{}\"", error.what());
    connections.pop_back();
  }
}

void Agent::State::Serve(Connection& connection) {
  spdlog::debug("open connection={}", connection.number);
  Socket& socket = connection.socket;
  FrameReader reader(config.max_message_bytes);
  Desk desk(config.max_message_bytes);
  desk.connection = connection.number;
  Status end = OkStatus();
  while (end.ok()) {
    const Result<Frame> frame = reader.Next(socket, DeadlineIn(config.idle_timeout), kFrameTime);
    if (!frame.ok()) {
      end = frame.status();
    } else if (frame->header.type != wire::FrameType::kRequest || frame->header.stream % 2 == 0) {
      end = Status(Code::kInvalidArgument, "not a client's frame");
    } else {
      const std::span<const std::byte> reply = service->Answer(*frame, desk);
      end = socket.SendBoth(reply, desk.encoder.Tail(), DeadlineIn(kSendTime));
      if (frame->beyond_discard) end = Status(Code::kInvalidArgument, "too long to discard");
    }
  }
  // The peer sees the end now; the descriptor itself is closed when the thread has been joined, so
  // that Stop never touches a number that is someone else's by then.
  socket.ShutdownBoth();
  spdlog::debug("close connection={} reason=\"{}\"", connection.number, end.message());
}

void Agent::State::Reap() {
  std::lock_guard lock(mutex);
  for (auto it = connections.begin(); it != connections.end();) {
    if (it->done) {
      it->thread.join();
      it = connections.erase(it);
    } else {
      ++it;
    }
  }
}

void Agent::Stop() {
  State& s = *state_;
  if (!s.listener || s.stopping.exchange(true)) return;
  s.listener->Wake();
  s.acceptor.join();
  s.service->StopServing();
  {
    // Idle connections end now; one that is answering sends its reply first.
    std::lock_guard lock(s.mutex);
    for (Connection& connection : s.connections) connection.socket.ShutdownRead();
  }
  const Deadline drained = DeadlineIn(s.config.drain_timeout);
  auto all_done = [&s] {
    std::lock_guard lock(s.mutex);
    for (const Connection& connection : s.connections) {
      if (!connection.done) return false;
    }
    return true;
  };
  while (!all_done() && LeftNs(drained) > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (Connection& connection : s.connections) {
    connection.socket.ShutdownBoth();
    connection.thread.join();
  }
  s.connections.clear();
  spdlog::info("stopped");
}

}  // namespace covey::serve
