// Agent serves a model repository over the wire: accepts TCP connections, answers
// covey.v1.Inference.
//
//   serve::Agent agent(config, backends);
//   COVEY_TRY(agent.Start(diag));   // listens; agent.port() is known from here on
//   ...                             // until a signal
//   agent.Stop();                   // no new requests, those running are answered, then closed
//
// Threads: one for each connection (capped), so that a request is read, run and answered without a
// hand-over; at most `workers` inferences run at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/backends/backend.hpp"

namespace covey::serve {

struct AgentConfig {
  std::filesystem::path models;  // the repository
  std::string host = "127.0.0.1";
  uint16_t port = 7700;  // 0: any free one
  uint32_t max_message_bytes = 4U << 20;
  int max_connections = 256;
  int workers = 0;  // 0: one a core
  std::chrono::seconds idle_timeout{300};
  std::chrono::seconds drain_timeout{10};
};

class Agent {
 public:
  Agent(AgentConfig config, std::vector<std::unique_ptr<Backend>> backends);
  ~Agent();
  Status Start(Diag& diag);
  uint16_t port() const;
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace covey::serve
