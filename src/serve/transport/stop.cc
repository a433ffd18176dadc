#include "serve/transport/stop.hpp"

#include <sys/eventfd.h>

namespace covey::serve {

Stop::Stop() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Stop::Set() {
  std::lock_guard lock(mutex_);
  set_ = true;
  if (fd_.valid()) (void)eventfd_write(fd_.get(), 1);
  if (socket_ != nullptr) socket_->ShutdownBoth();
}

Stop::Guard::Guard(Stop* stop, Socket& socket) : stop_(stop) {
  if (stop_ == nullptr) return;
  std::lock_guard lock(stop_->mutex_);
  stop_->socket_ = &socket;
  if (stop_->set_) socket.ShutdownBoth();
}

Stop::Guard::~Guard() {
  if (stop_ == nullptr) return;
  std::lock_guard lock(stop_->mutex_);
  stop_->socket_ = nullptr;
}

}  // namespace covey::serve
