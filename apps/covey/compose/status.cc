#include "apps/covey/compose/status.hpp"

#include <array>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

using namespace std::chrono_literals;
constexpr size_t kMostBytes = 16U << 20;

}  // namespace

Status StatusServer::Start(const std::string& host, uint16_t port, std::function<Json()> view) {
  COVEY_TRY_ASSIGN(serve::Listener listener, serve::Listener::Open(host, port));
  listener_.emplace(std::move(listener));
  view_ = std::move(view);
  thread_ = std::thread([this] { Serve(); });
  return OkStatus();
}

StatusServer::~StatusServer() {
  stop_ = true;
  if (listener_) listener_->Wake();
  if (thread_.joinable()) thread_.join();
}

void StatusServer::Serve() {
  while (!stop_) {
    auto socket = listener_->Accept(serve::Never());
    if (!socket.ok()) continue;
    const std::string text = view_().dump(-1, ' ', false, Json::error_handler_t::replace);
    // Who reads too slowly reads no more: the next one waits.
    (void)(*socket).Send(std::as_bytes(std::span(text)), serve::DeadlineIn(2s));
  }
}

Expected<Json> ReadStatus(const HostPort& at) {
  auto socket = serve::Socket::Connect(at.host, at.port, serve::DeadlineIn(5s));
  if (!socket.ok())
    return MakeError(socket.status().code(), at.text() + ": no space answers (" +
                                                 socket.status().message() +
                                                 "); is `covey compose` running?");
  std::string text;
  std::array<std::byte, 16384> buffer;
  while (text.size() < kMostBytes) {
    const auto count = (*socket).Receive(buffer, serve::DeadlineIn(5s));
    if (!count.ok()) break;
    text.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  Json view = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!view.is_object() || !view.contains("pipelines") || !view.contains("nodes"))
    return MakeError(Code::kDataLoss, at.text() + ": found " + std::to_string(text.size()) +
                                          " bytes that are no space's status");
  return view;
}

}  // namespace covey::app
