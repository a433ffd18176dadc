// Profiles are what is known of every (model, place): how accurate, how fast, how much is sent.
// `covey eval` writes them, the router chooses by them. The file is docs/spec/profiles.md.
//
//   Profiles profiles;
//   profiles.places.push_back({.name = "mcu", .model = "resnet8", .place = "board:m4", ...});
//   std::string text = WriteProfiles(profiles);
//   COVEY_TRY_ASSIGN(Profiles read, ReadProfiles(text, "profiles.toml", diag));
//
// Reading is for hostile bytes: size, counts, keys, types and ranges are checked once, here.
// Errors: kDataLoss (no TOML), kInvalidArgument (a key, a type, a number, a name that is no
// profile's), kResourceExhausted (too large); the Finding names file and line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/measure/interval.hpp"
#include "serve/measure/quantiles.hpp"

namespace covey::serve {

inline constexpr size_t kMaxProfileBytes = size_t{1} << 20;
inline constexpr size_t kMaxPlaceProfiles = 256;
inline constexpr size_t kMaxProfileName = 128;

struct PlaceProfile {
  std::string name, model, place;
  bool local = true;  // the device itself: nothing is sent
  uint64_t samples = 0;
  std::optional<Estimate> accuracy;           // top-1 against labels
  std::optional<Estimate> agreement;          // top-1 with the reference network
  bool modelled = false;                      // the times are modelled, not measured
  Quantiles compute_ms;                       // in the engine, as the place says
  Quantiles latency_ms;                       // end to end, over the link it was measured on
  double missed = 0;                          // share of requests without an answer
  double sent_bytes = 0, received_bytes = 0;  // frames, mean of a request
  std::optional<double> energy_uj;            // of the device, stated model, mean of a request
};

// Answer locally, keep what is sure enough, ask the other for the rest.
struct CascadeProfile {
  std::string local, remote;                 // names of place profiles
  double temperature = 1;                    // of the local answer's confidence
  double threshold = 1;                      // kept if the calibrated confidence is at least this
  double accuracy = 0, traffic = 0;          // expected: of all requests; share that is sent
  double target = 0;                         // of the remote's accuracy, asked for
  double error_before = 0, error_after = 0;  // expected calibration error
};

struct Profiles {
  std::vector<PlaceProfile> places;
  std::vector<CascadeProfile> cascades;
  const PlaceProfile* Find(std::string_view name) const;
};

std::string WriteProfiles(const Profiles& profiles);
Result<Profiles> ReadProfiles(std::string_view text, const std::string& file, Diag& diag);
Result<Profiles> ReadProfileFile(const std::string& path, Diag& diag);

}  // namespace covey::serve
