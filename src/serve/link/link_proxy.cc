#include "serve/link/link_proxy.hpp"

#include <array>
#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <deque>
#include <thread>

namespace covey::serve {
namespace {

using asio::ip::tcp;
using Now = std::chrono::steady_clock;
using Error = std::error_code;

constexpr size_t kPieceBytes = 16384, kMostWaiting = 256 << 10;
constexpr size_t kHandshakeBytes = 60;
constexpr double kFarAway = 86'400;  // what never arrives is looked at again tomorrow

// The model with this process's clock, and what came through.
struct SharedLink {
  explicit SharedLink(const LinkProxyConfig& config)
      : model(config.shape, config.seed, config.events) {}
  Now::time_point Arrival(plan::Way way, size_t bytes) {
    return At(model.Arrives(way, bytes, std::chrono::duration<double>(Now::now() - began).count()));
  }
  Now::time_point At(double s) const {
    return began + std::chrono::duration_cast<Now::duration>(
                       std::chrono::duration<double>(std::isfinite(s) ? s : kFarAway));
  }
  double Seconds() const { return std::chrono::duration<double>(Now::now() - began).count(); }

  plan::LinkModel model;
  Now::time_point began = Now::now();
  std::atomic<uint64_t> connections{0}, through[2] = {0, 0};
};

// One connection and its twin at the target.
class Pair : public std::enable_shared_from_this<Pair> {
 public:
  Pair(tcp::socket client, asio::io_context& io, SharedLink& link)
      : link_(link),
        client_(std::move(client)),
        server_(io),
        opened_(io),
        ways_{Flow(io), Flow(io)} {}

  void Begin(const tcp::resolver::results_type& target) {
    asio::async_connect(server_, target, [self = shared_from_this()](Error error, const auto&) {
      if (error) return self->Close();
      self->Open();
    });
  }
  void Close() {
    Error ignored;
    client_.close(ignored);
    server_.close(ignored);
    opened_.cancel();
    for (Flow& flow : ways_) flow.timer.cancel();
  }

 private:
  struct Piece {
    Now::time_point arrives;
    std::vector<char> bytes;
  };
  struct Flow {
    explicit Flow(asio::io_context& io) : timer(io) {}
    asio::steady_timer timer;
    std::deque<Piece> waiting;
    std::array<char, kPieceBytes> buffer;
    size_t waiting_bytes = 0;
    bool reading = false, writing = false, ended = false;
  };

  // Opening a connection takes a round trip.
  void Open() {
    Error ignored;
    client_.set_option(tcp::no_delay(true), ignored);
    server_.set_option(tcp::no_delay(true), ignored);
    const double there = link_.model.Arrives(plan::Way::kUp, kHandshakeBytes, link_.Seconds());
    opened_.expires_at(link_.At(link_.model.Arrives(plan::Way::kDown, kHandshakeBytes, there)));
    opened_.async_wait([self = self_of()](Error error) {
      if (error) return;
      self->Read(plan::Way::kUp);
      self->Read(plan::Way::kDown);
    });
  }
  std::shared_ptr<Pair> self_of() { return shared_from_this(); }
  tcp::socket& From(plan::Way way) { return way == plan::Way::kUp ? client_ : server_; }
  tcp::socket& To(plan::Way way) { return way == plan::Way::kUp ? server_ : client_; }
  Flow& Of(plan::Way way) { return ways_[static_cast<size_t>(way)]; }

  void Read(plan::Way way) {
    Flow& flow = Of(way);
    if (flow.reading || flow.ended || flow.waiting_bytes >= kMostWaiting) return;
    flow.reading = true;
    From(way).async_read_some(
        asio::buffer(flow.buffer),
        [self = self_of(), way](Error error, size_t size) { self->Took(way, error, size); });
  }
  void Took(plan::Way way, Error error, size_t size) {
    Flow& flow = Of(way);
    flow.reading = false;
    if (error) {
      flow.ended = true;
      if (error != asio::error::eof) return Close();
    } else {
      link_.through[static_cast<size_t>(way)] += size;
      flow.waiting_bytes += size;
      flow.waiting.push_back(
          {link_.Arrival(way, size), {flow.buffer.data(), flow.buffer.data() + size}});
      Read(way);
    }
    Deliver(way);
  }
  void Deliver(plan::Way way) {
    Flow& flow = Of(way);
    if (flow.writing) return;
    if (flow.waiting.empty()) {
      Error ignored;
      if (flow.ended) To(way).shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    flow.writing = true;
    flow.timer.expires_at(flow.waiting.front().arrives);
    flow.timer.async_wait([self = self_of(), way](Error error) {
      if (error) return;
      asio::async_write(self->To(way), asio::buffer(self->Of(way).waiting.front().bytes),
                        [self, way](Error failed, size_t) { self->Delivered(way, failed); });
    });
  }
  void Delivered(plan::Way way, Error error) {
    Flow& flow = Of(way);
    flow.writing = false;
    if (error) return Close();
    flow.waiting_bytes -= flow.waiting.front().bytes.size();
    flow.waiting.pop_front();
    Read(way);
    Deliver(way);
  }

  SharedLink& link_;
  tcp::socket client_, server_;
  asio::steady_timer opened_;
  std::array<Flow, 2> ways_;
};

}  // namespace

struct LinkProxy::State {
  explicit State(LinkProxyConfig given)
      : config(std::move(given)), link(config), acceptor(io), resolver(io) {}

  void Accept() {
    acceptor.async_accept([this](Error error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        ++link.connections;
        auto pair = std::make_shared<Pair>(std::move(socket), io, link);
        std::erase_if(pairs, [](const auto& one) { return one.expired(); });
        pairs.push_back(pair);
        pair->Begin(target);
      }
      Accept();
    });
  }

  LinkProxyConfig config;
  SharedLink link;
  asio::io_context io;
  tcp::acceptor acceptor;
  tcp::resolver resolver;
  tcp::resolver::results_type target;
  std::vector<std::weak_ptr<Pair>> pairs;
  std::thread thread;
};

LinkProxy::LinkProxy(LinkProxyConfig config) : state_(std::make_unique<State>(std::move(config))) {}

LinkProxy::~LinkProxy() { Stop(); }

Status LinkProxy::Start(Diag& diag) {
  State& s = *state_;
  const LinkProxyConfig& c = s.config;
  Error error;
  const auto fail = [&](const std::string& subject, Code code, const char* words) {
    const std::string problem = std::string(words) + ": " + error.message();
    diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
    return Status(code, words);
  };
  const std::string to = c.to_host + ":" + std::to_string(c.to_port);
  s.target = s.resolver.resolve(c.to_host, std::to_string(c.to_port), error);
  if (error) return fail(to, Code::kNotFound, "no such host");
  const auto here = s.resolver.resolve(c.host, std::to_string(c.port), error);
  const std::string from = c.host + ":" + std::to_string(c.port);
  if (error || here.empty()) return fail(from, Code::kNotFound, "no such host");
  const tcp::endpoint endpoint = here.begin()->endpoint();
  s.acceptor.open(endpoint.protocol(), error);
  if (!error) s.acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) s.acceptor.bind(endpoint, error);
  if (!error) s.acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(from, Code::kUnavailable, "cannot listen there");
  s.link.began = Now::now();
  s.Accept();
  s.thread = std::thread([&s] { s.io.run(); });
  return OkStatus();
}

void LinkProxy::Stop() {
  State& s = *state_;
  if (!s.thread.joinable()) return;
  asio::post(s.io, [&s] {
    Error ignored;
    s.acceptor.close(ignored);
    for (const auto& pair : s.pairs) {
      if (const auto alive = pair.lock()) alive->Close();
    }
  });
  s.thread.join();
}

uint16_t LinkProxy::port() const {
  Error error;
  return state_->acceptor.local_endpoint(error).port();
}

LinkTraffic LinkProxy::traffic() const {
  const SharedLink& link = state_->link;
  return {link.connections, link.through[0], link.through[1]};
}

}  // namespace covey::serve
