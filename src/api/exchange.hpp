// Exchange is one call at an agent on a thread of its own, so that something else can be done
// meanwhile. Exchanges are those of one agent.
//
//   std::shared_ptr<Exchange> exchange = exchanges.Start(call.ToSend(), client, model, deadline);
//   if (!exchange->WaitUntil(soon)) RunLocally(exchange->answered());   // stops when it answered
//   if (exchange->over()) Use(exchange->reply()); else exchange->Drop();
//
// Memory: owns what it sends. Threads: any. Exchanges ends what is under way when it goes.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "api/calls.hpp"
#include "core/host/diag_text.hpp"
#include "serve/client/client.hpp"
#include "serve/transport/stop.hpp"

namespace covey::api {

class Exchange {
 public:
  Exchange(std::unique_ptr<Call> call, std::string model, serve::Deadline deadline)
      : call_(std::move(call)), model_(std::move(model)), deadline_(deadline) {}

  // True once it is over, with an answer or without.
  bool WaitUntil(serve::Deadline moment);
  // Set once there is an answer.
  const std::atomic<bool>& answered() const { return answered_; }
  // Whatever comes is not wanted any more, nobody waits.
  void Drop() { stop_.Set(); }

  // Once it is over.
  Status status() const { return status_; }
  Reply& reply() { return reply_; }
  DiagText& diag() { return diag_; }

 private:
  friend class Exchanges;
  void Do(serve::Client& client);

  const std::unique_ptr<Call> call_;
  const std::string model_;
  const serve::Deadline deadline_;
  serve::Stop stop_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::atomic<bool> answered_{false};
  Status status_ = OkStatus();
  Reply reply_;
  DiagText diag_;
};

class Exchanges {
 public:
  Exchanges() = default;
  ~Exchanges();
  // Null: too many are under way already. `client` outlives this.
  std::shared_ptr<Exchange> Start(std::unique_ptr<Call> call, serve::Client& client,
                                  const std::string& model, serve::Deadline deadline);

 private:
  struct Running {
    std::shared_ptr<Exchange> exchange;
    std::thread thread;
  };
  std::mutex mutex_;
  std::list<Running> running_;
};

}  // namespace covey::api
