// What main() has built, for the console and its parts.
#pragma once

#include <span>

#include "common/ip/tcp_link.hpp"
#include "covey/micro.h"
#include "known.hpp"
#include "micro/run/engine.hpp"
#include "pictures.hpp"

namespace covey::classify {

using Words = std::span<const char* const>;

struct Parts {
  covey_session& session;
  Pictures& pictures;
  micro::Engine* engine;  // null without a model
  board::IpStack& stack;
  board::TcpLink& link;
  covey_parts& board;  // what the session opens with
  Known& known;
  micro::JpegForms& forms;
};

}  // namespace covey::classify
