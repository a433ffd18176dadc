// What nodes that only stand for devices go by: an address made of a name.
#pragma once

#include <string>

#include "micro/node/sample.hpp"
#include "wire/node/frame.hpp"

namespace covey::serve {

// Of one node, administered locally; the same name gives the same address.
wire::node::Mac MacOf(const std::string& name);

}  // namespace covey::serve
