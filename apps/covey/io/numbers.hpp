// Checks of numbers on the command line, in words that a user can act on.
//
//   command->add_option("--ram", bytes, "...")->transform(WholeBytes());
//   command->add_option("--deadline", seconds, "...")->check(NumberFrom(0.001, 3600));
//
// CLI11's own ranges let nan through, and huge integers saturate.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace covey::app {

// A whole number of bytes from 0 to 2^40; 64k is 65536, 2M is 2097152. For Option::transform.
CLI::Validator WholeBytes();

// A whole number from 0 to `most`, as a seed is.
CLI::Validator WholeNumber(uint64_t most = UINT64_MAX);

// A finite number from `low` to `high`.
CLI::Validator NumberFrom(double low, double high);

}  // namespace covey::app
