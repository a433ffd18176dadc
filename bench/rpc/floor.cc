#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

#include "core/diag.hpp"
#include "rival.hpp"

namespace covey::bench {
namespace {

void ReadAll(int fd, void* to, size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = recv(fd, at, size, 0);
    if (n <= 0) return;
    at += n;
    size -= static_cast<size_t>(n);
  }
}

// Length and bytes in one write.
void WriteAll(int fd, const void* from, size_t size) {
  auto length = static_cast<uint32_t>(size);
  iovec parts[2] = {{&length, sizeof length}, {const_cast<void*>(from), size}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
  if (n < static_cast<ssize_t>(sizeof length)) return;
  auto done = static_cast<size_t>(n) - sizeof length;
  while (done < size) {
    const ssize_t more = send(fd, static_cast<const char*>(from) + done, size - done, MSG_NOSIGNAL);
    if (more <= 0) return;
    done += static_cast<size_t>(more);
  }
}

class Floor final : public Rival {
 public:
  explicit Floor(size_t request_bytes) : inputs_(MakeInputs(request_bytes)) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, any, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, any, &size) != 0)
      Fail("floor: listen");
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client_, any, size) != 0) Fail("floor: connect");
    server_ = accept(listener, nullptr, nullptr);
    close(listener);
    const int on = 1;
    for (int fd : {client_, server_}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    thread_ = std::thread([this, request_bytes] { Serve(request_bytes); });
  }
  ~Floor() override {
    shutdown(client_, SHUT_RDWR);
    thread_.join();
    close(client_);
    close(server_);
  }

  void Call() override {
    WriteAll(client_, inputs_[0].data.data(), inputs_[0].data.size());
    uint32_t length = 0;
    ReadAll(client_, &length, sizeof length);
    if (length != kReplyBytes) Fail("floor: reply");
    reply_.resize(length);
    ReadAll(client_, reply_.data(), length);
  }

 private:
  void Serve(size_t request_bytes) {
    const std::unique_ptr<serve::Model> model = MakeModel(request_bytes);
    std::vector<HostTensor> inputs = MakeInputs(request_bytes);
    std::vector<HostTensor> outputs;
    NoDiag diag;
    for (;;) {
      uint32_t length = 0;
      ReadAll(server_, &length, sizeof length);
      if (length != request_bytes) return;
      ReadAll(server_, inputs[0].data.data(), length);
      if (!model->Run(inputs, outputs, diag).ok()) Fail("floor: run");
      WriteAll(server_, outputs[0].data.data(), outputs[0].data.size());
    }
  }

  std::vector<HostTensor> inputs_;
  std::vector<char> reply_;
  int client_ = -1, server_ = -1;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Rival> MakeFloor(size_t request_bytes) {
  return std::make_unique<Floor>(request_bytes);
}

}  // namespace covey::bench
