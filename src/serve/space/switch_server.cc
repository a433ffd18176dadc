#include "serve/space/switch_server.hpp"

#include <array>

#include "serve/transport/steady_clock.hpp"

namespace covey::serve {

Result<std::unique_ptr<SwitchServer>> SwitchServer::Open(const std::string& host, uint16_t port,
                                                         uint64_t seed, const LinkShape& shape) {
  COVEY_TRY_ASSIGN(UdpSocket socket, UdpSocket::Open(host, port));
  return std::unique_ptr<SwitchServer>(new SwitchServer(std::move(socket), seed, shape));
}

void SwitchServer::Run() {
  SteadyClock clock;
  std::array<std::byte, 2048> buffer;
  while (!stop_) {
    (void)socket_.Wait(core_.next_ns());
    while (const auto got = socket_.Receive(buffer)) {
      const auto ends = wire::node::ReadEnds(got->bytes);
      if (!ends.ok()) continue;
      where_[ends->from] = got->from;
      core_.Take(clock.NowNs(), got->bytes);
    }
    while (const auto out = core_.Due(clock.NowNs())) {
      const auto found = where_.find(out->to);
      if (found != where_.end()) (void)socket_.Send(found->second, out->frame);
    }
  }
}

void SwitchServer::Stop() {
  stop_ = true;
  socket_.Wake();
}

}  // namespace covey::serve
