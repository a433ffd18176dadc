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
#include "core/profile.hpp"
#include "core/status.hpp"
#include "serve/measure/interval.hpp"
#include "serve/measure/quantiles.hpp"

namespace covey::serve {

inline constexpr size_t kMaxProfileBytes = size_t{1} << 20;
inline constexpr size_t kMaxPlaceProfiles = 256;
inline constexpr size_t kMaxProfileName = 128;

// The stated energy model of the device, as far as a request goes by it.
struct EnergyProfile {
  double compute_uj = 0;  // of a request that is answered here
  double waiting_mw = 0;  // while another place answers
  double radio_nj_per_byte = 0;
};

struct PlaceProfile {
  std::string name, model, place;
  bool local = true;  // the device itself: nothing is sent
  uint64_t samples = 0;
  std::optional<Estimate> accuracy;   // top-1 against labels
  std::optional<Estimate> agreement;  // top-1 with the reference network
  bool approximate = false;           // a variant that may differ from the model it stands for
  bool modelled = false;              // the times are modelled, not measured
  Quantiles compute_ms;               // pre-processing and network, as the place says
  Quantiles latency_ms;               // end to end, over the link it was measured on
  double missed = 0;                  // share of requests without an answer
  double sent_bytes = 0, received_bytes = 0;  // frames, mean of a request
  std::optional<EnergyProfile> energy;
  uint64_t memory_bytes = 0, flash_bytes = 0;  // on the device; 0: unknown
};

// Answer locally, keep what is sure enough, ask the other for the rest.
struct CascadeProfile {
  std::string local, remote;         // names of place profiles
  Calibration calibration;           // of the local answer's confidence, and where to cut
  double temperature = 1;            // that fits best, for those who would rather use it
  double accuracy = 0, traffic = 0;  // expected: of all requests; share that is sent
  double target = 0;                 // of the remote's accuracy, asked for
  // Expected calibration error: of the confidence as it is, with the temperature, by the table.
  double error_before = 0, error_tempered = 0, error_after = 0;
};

// A way to send pictures to a place, and how often its answer stays that of the picture as it is.
struct FormProfile {
  std::string profile;                   // the place's
  std::string form;                      // serve/preprocess/form.hpp
  double sent_bytes = 0, encode_ms = 0;  // of a request, mean; median, where it was measured
  Estimate agreement;
};

struct Profiles {
  std::vector<PlaceProfile> places;
  std::vector<CascadeProfile> cascades;
  std::vector<FormProfile> forms;
  const PlaceProfile* Find(std::string_view name) const;
};

// The numbers that the router decides by (core/profile.hpp). Accuracy is agreement where there are
// no labels; a place of which neither is known gets the interval from nothing to all.
Profile ToProfile(const PlaceProfile& place);

std::string WriteProfiles(const Profiles& profiles);
Result<Profiles> ReadProfiles(std::string_view text, const std::string& file, Diag& diag);
Result<Profiles> ReadProfileFile(const std::string& path, Diag& diag);

}  // namespace covey::serve
