#include "serve/transport/stop.hpp"

#include <sys/eventfd.h>

namespace covey::serve {

Stop::Stop() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Stop::Set() {
  set_ = true;
  if (fd_.valid()) (void)eventfd_write(fd_.get(), 1);
}

}  // namespace covey::serve
