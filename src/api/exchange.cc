#include "api/exchange.hpp"

#include <system_error>

namespace covey::api {
namespace {

// They queue for one connection; what was dropped is over in a moment.
constexpr size_t kMostRunning = 8;

}  // namespace

void Exchange::Do(serve::Client& client) {
  status_ = call_->AskAgent(client, model_, deadline_, reply_, diag_, &stop_);
  {
    std::lock_guard lock(mutex_);
    over_ = true;
    answered_ = status_.ok();
  }
  ended_.notify_all();
}

bool Exchange::WaitUntil(serve::Deadline moment) {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return over_; };
  if (moment == serve::Never()) {
    ended_.wait(lock, is_over);
    return true;
  }
  return ended_.wait_until(lock, moment, is_over);
}

Exchanges::~Exchanges() {
  for (Running& one : running_) one.exchange->Drop();
  for (Running& one : running_) one.thread.join();
}

std::shared_ptr<Exchange> Exchanges::Start(std::unique_ptr<Call> call, serve::Client& client,
                                           const std::string& model, serve::Deadline deadline) {
  std::lock_guard lock(mutex_);
  running_.remove_if([](Running& one) {
    if (!one.exchange->WaitUntil({})) return false;
    one.thread.join();
    return true;
  });
  if (running_.size() >= kMostRunning) return nullptr;
  auto exchange = std::make_shared<Exchange>(std::move(call), model, deadline);
  try {
    running_.push_back({exchange, std::thread([exchange, &client] { exchange->Do(client); })});
  } catch (const std::system_error&) {
    return nullptr;  // no thread left
  }
  return exchange;
}

}  // namespace covey::api
