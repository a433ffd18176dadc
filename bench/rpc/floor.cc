// The floor under every protocol: a length and the bytes, blocking sockets, one write a message.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "bench/rpc/echo.hpp"
#include "bench/rpc/way.hpp"

namespace covey::bench {
namespace {

void Require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("floor: ") + what + " failed");
}

bool ReadAll(int fd, void* to, size_t size) {
  return size == 0 || recv(fd, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

bool WriteAll(int fd, std::span<const std::byte> bytes) {
  uint32_t length = static_cast<uint32_t>(bytes.size());
  iovec parts[2] = {{&length, sizeof length}, {const_cast<std::byte*>(bytes.data()), bytes.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  // A blocking socket takes all of it in one call.
  return sendmsg(fd, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof length + bytes.size());
}

bool ReadMessage(int fd, std::vector<std::byte>& message) {
  uint32_t length = 0;
  if (!ReadAll(fd, &length, sizeof length)) return false;
  message.resize(length);
  return ReadAll(fd, message.data(), length);
}

void NoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class Floor final : public Way {
 public:
  Floor() {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    Require(bind(listener_, generic, size) == 0 && listen(listener_, 1) == 0 &&
                getsockname(listener_, generic, &size) == 0,
            "listen");
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    Require(connect(client_, generic, size) == 0, "connect");
    NoDelay(client_);
    server_ = std::thread([this] { Serve(); });
  }
  ~Floor() override {
    close(client_);
    server_.join();
    close(listener_);
  }
  const char* name() const override { return "raw TCP (floor)"; }
  void Call(std::span<const std::byte> request, std::vector<std::byte>& reply) override {
    Require(WriteAll(client_, request) && ReadMessage(client_, reply), "call");
  }

 private:
  void Serve() {
    const int fd = accept(listener_, nullptr, nullptr);
    NoDelay(fd);
    std::vector<std::byte> request, reply(kReplyBytes);
    while (ReadMessage(fd, request)) {
      Answer(request, reply);
      if (!WriteAll(fd, reply)) break;
    }
    close(fd);
  }

  int listener_ = -1, client_ = -1;
  std::thread server_;
};

}  // namespace

std::unique_ptr<Way> MakeFloor() { return std::make_unique<Floor>(); }

}  // namespace covey::bench
