#include "serve/space/host_node.hpp"

#include <array>
#include <random>

#include "kernels/ref/table.hpp"
#include "serve/space/sample.hpp"

namespace covey::serve {

Result<std::unique_ptr<HostNode>> HostNode::Open(const HostNodeOptions& options) {
  COVEY_TRY_ASSIGN(UdpSocket socket, UdpSocket::Open("0.0.0.0", 0));
  return std::unique_ptr<HostNode>(new HostNode(options, std::move(socket)));
}

HostNode::HostNode(const HostNodeOptions& options, UdpSocket socket)
    : options_(options),
      socket_(std::move(socket)),
      port_(socket_, options.join),
      flash_(options.flash_bytes),
      ram_(options.ram_bytes),
      node_({.clock = clock_,
             .port = port_,
             .sensor = *this,
             .outlet = *this,
             .diag = diag_,
             .kernels = kernels::RefKernels(),
             .flash = flash_.bytes(),
             .ram = ram_.bytes()},
            {.mac = MacOf(options_.name),
             .name = options_.name.c_str(),
             .kind = options_.kind.c_str(),
             .boot = std::random_device{}()}) {}

void HostNode::Run() {
  std::array<std::byte, 2048> buffer;
  while (!stop_) {
    (void)socket_.Wait(node_.next_ns());
    while (const auto got = socket_.Receive(buffer)) node_.Take(got->bytes);
    node_.Turn();
  }
}

void HostNode::Stop() {
  stop_ = true;
  socket_.Wake();
}

void HostNode::Read(uint16_t, uint32_t seed, uint32_t request, std::span<std::byte> to) {
  micro::SampleInput(seed, request, to);
}
void HostNode::Delivered(const micro::Request& request, std::span<const std::byte> output) {
  if (options_.tell) options_.tell("delivered", request, output);
}
void HostNode::Answered(const micro::Request& request) {
  if (options_.tell) options_.tell("answered", request, {});
}
void HostNode::Failed(const micro::Request& request, Status why) {
  const std::string_view words = why.message();
  if (options_.tell) options_.tell("failed", request, std::as_bytes(std::span(words)));
}

}  // namespace covey::serve
