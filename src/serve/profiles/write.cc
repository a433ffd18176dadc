#include <charconv>
#include <cmath>

#include "serve/profiles/profiles.hpp"

namespace covey::serve {
namespace {

std::string Quoted(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string to = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\', to += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      to += "\\u00", to += kHex[byte >> 4], to += kHex[byte & 15];
    } else {
      to += c;
    }
  }
  return to + "\"";
}

// The shortest text that reads back as the same number; TOML wants a point or an exponent.
std::string Number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  std::string number(text, error == std::errc() ? end : text);
  if (number.find_first_of(".en") == std::string::npos) number += ".0";
  return number;
}

std::string Text(const Estimate& e) {
  return "{ value = " + Number(e.value) + ", low = " + Number(e.low) +
         ", high = " + Number(e.high) + " }\n";
}
std::string Text(const Quantiles& q) {
  return "{ min = " + Number(q.min) + ", median = " + Number(q.median) +
         ", p90 = " + Number(q.p90) + ", p99 = " + Number(q.p99) + ", max = " + Number(q.max) +
         " }\n";
}

void Append(const PlaceProfile& place, std::string& to) {
  to += "\n[[profile]]\nname = " + Quoted(place.name) + "\nmodel = " + Quoted(place.model) +
        "\nplace = " + Quoted(place.place) +
        "\nwhere = " + (place.local ? "\"local\"" : "\"agent\"") +
        "\nsamples = " + std::to_string(place.samples) + "\n";
  if (place.accuracy) to += "accuracy = " + Text(*place.accuracy);
  if (place.agreement) to += "agreement = " + Text(*place.agreement);
  if (place.approximate) to += "approximate = true\n";
  to += std::string("latency_kind = ") + (place.modelled ? "\"modelled\"" : "\"measured\"") + "\n";
  to += "compute_ms = " + Text(place.compute_ms);
  to += "latency_ms = " + Text(place.latency_ms);
  to += "missed = " + Number(place.missed) + "\nsent_bytes = " + Number(place.sent_bytes) +
        "\nreceived_bytes = " + Number(place.received_bytes) + "\n";
  if (place.energy)
    to += "energy = { compute_uj = " + Number(place.energy->compute_uj) +
          ", waiting_mw = " + Number(place.energy->waiting_mw) +
          ", radio_nj_per_byte = " + Number(place.energy->radio_nj_per_byte) + " }\n";
  if (place.memory_bytes > 0) to += "memory_bytes = " + std::to_string(place.memory_bytes) + "\n";
  if (place.flash_bytes > 0) to += "flash_bytes = " + std::to_string(place.flash_bytes) + "\n";
}

void Append(const CascadeProfile& c, std::string& to) {
  to += "\n[[cascade]]\nlocal = " + Quoted(c.local) + "\nremote = " + Quoted(c.remote) +
        "\npoints = [";
  for (size_t i = 0; i < c.calibration.count; ++i)
    to += (i > 0 ? ", [" : "[") + Number(c.calibration.points[i].confidence / 1e4) + ", " +
          Number(c.calibration.points[i].right / 1e4) + "]";
  to += "]\nkeep_at = " + Number(c.calibration.keep_at / 1e4) +
        "\ntemperature = " + Number(c.temperature) + "\naccuracy = " + Number(c.accuracy) +
        "\ntraffic = " + Number(c.traffic) + "\ntarget = " + Number(c.target) +
        "\nerror_before = " + Number(c.error_before) +
        "\nerror_tempered = " + Number(c.error_tempered) +
        "\nerror_after = " + Number(c.error_after) + "\n";
}

void Append(const FormProfile& form, std::string& to) {
  to += "\n[[form]]\nprofile = " + Quoted(form.profile) + "\nform = " + Quoted(form.form) +
        "\nsent_bytes = " + Number(form.sent_bytes) + "\nencode_ms = " + Number(form.encode_ms) +
        "\nagreement = " + Text(form.agreement);
}

}  // namespace

const PlaceProfile* Profiles::Find(std::string_view name) const {
  for (const PlaceProfile& place : places)
    if (place.name == name) return &place;
  return nullptr;
}

std::string WriteProfiles(const Profiles& profiles) {
  std::string text = "version = 1\n";
  for (const PlaceProfile& place : profiles.places) Append(place, text);
  for (const CascadeProfile& cascade : profiles.cascades) Append(cascade, text);
  for (const FormProfile& form : profiles.forms) Append(form, text);
  return text;
}

}  // namespace covey::serve
