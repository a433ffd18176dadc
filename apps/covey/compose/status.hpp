// StatusServer gives whoever connects the space's view as JSON, and closes; ReadStatus asks it.
//
//   StatusServer status;
//   COVEY_TRY(status.Start("127.0.0.1", 7802, [&] { return ViewJson(space->View()); }));
//   Expected<Json> view = ReadStatus({"127.0.0.1", 7802});
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "apps/covey/io/json.hpp"
#include "apps/covey/place/target.hpp"
#include "covey/covey.hpp"
#include "serve/transport/socket.hpp"

namespace covey::app {

class StatusServer {
 public:
  StatusServer() = default;
  ~StatusServer();
  Status Start(const std::string& host, uint16_t port, std::function<Json()> view);
  uint16_t port() const { return listener_ ? listener_->port() : 0; }

 private:
  void Serve();

  std::function<Json()> view_;
  std::optional<serve::Listener> listener_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Expected<Json> ReadStatus(const HostPort& at);

}  // namespace covey::app
