// As everywhere in this program: mixing both settings breaks the one definition rule.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <iterator>

#include "core/host/diag_text.hpp"
#include "core/host/toml.hpp"
#include "serve/preprocess/form.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::serve {
namespace {

constexpr double kMostMs = 1e9, kMostBytes = 1e12, kMostEnergy = 1e15;
constexpr double kMostTemperature = 1000, kMostPower = 1e6, kNothingKept = 2;
constexpr size_t kMaxCascades = 64, kMaxForms = 256;

// A table of the file: typed reads of keys that must be there, or may.
class Reader {
 public:
  Reader(const toml::table& table, std::string where, const std::string& file, Diag& diag)
      : table_(table), where_(std::move(where)), file_(file), diag_(diag) {}

  Status OnlyKeys(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_) {
      bool found = false;
      for (std::string_view name : known) found = found || key.str() == name;
      if (!found) return Wrong(node, std::string(key.str()), "is unknown");
    }
    return OkStatus();
  }
  Status Text(const char* key, std::string& to) const {
    const toml::node* node = table_.get(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<std::string>();
    if (!value || value->empty() || value->size() > kMaxProfileName)
      return Missing(node, key, "a text of 1 to " + std::to_string(kMaxProfileName) + " bytes");
    to = *value;
    return OkStatus();
  }
  Status Choice(const char* key, const char* yes, const char* no, bool& to) const {
    std::string text;
    COVEY_TRY(Text(key, text));
    if (text != yes && text != no)
      return Wrong(*table_.get(key), key,
                   "found '" + text + "', expected \"" + yes + "\" or \"" + no + "\"");
    to = text == yes;
    return OkStatus();
  }
  Status Whole(const char* key, uint64_t& to) const {
    const toml::node* node = table_.get(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<int64_t>();
    if (!value || *value < 0 || *value > int64_t{1} << 40)
      return Missing(node, key, "a whole number from 0 to 2^40");
    to = static_cast<uint64_t>(*value);
    return OkStatus();
  }
  Status Number(const char* key, double low, double high, double& to) const {
    const toml::node* node = table_.get(key);
    const auto value = node == nullptr || !node->is_number() ? std::nullopt : node->value<double>();
    if (!value || !std::isfinite(*value) || *value < low || *value > high)
      return Missing(node, key,
                     "a number from " + std::to_string(low) + " to " + std::to_string(high));
    to = *value;
    return OkStatus();
  }
  Status OptionalWhole(const char* key, uint64_t& to) const {
    return table_.get(key) == nullptr ? OkStatus() : Whole(key, to);
  }
  Status OptionalFlag(const char* key, bool& to) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return OkStatus();
    const auto value = node->value_exact<bool>();
    if (!value) return Wrong(*node, key, "expected true or false");
    to = *value;
    return OkStatus();
  }
  Status OptionalEnergy(const char* key, std::optional<EnergyProfile>& to) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return OkStatus();
    if (!node->is_table())
      return Wrong(*node, key, "expected { compute_uj, waiting_mw, radio_nj_per_byte }");
    const Reader in(*node->as_table(), where_ + "." + key, file_, diag_);
    COVEY_TRY(in.OnlyKeys({"compute_uj", "waiting_mw", "radio_nj_per_byte"}));
    EnergyProfile& energy = to.emplace();
    COVEY_TRY(in.Number("compute_uj", 0, kMostEnergy, energy.compute_uj));
    COVEY_TRY(in.Number("waiting_mw", 0, kMostPower, energy.waiting_mw));
    return in.Number("radio_nj_per_byte", 0, kMostPower, energy.radio_nj_per_byte);
  }
  // [[confidence, right], ...]: confidence rises, right never falls.
  Status Points(const char* key, Calibration& to) const {
    const toml::node* node = table_.get(key);
    const toml::array* list = node == nullptr ? nullptr : node->as_array();
    if (list == nullptr || list->size() > Calibration::kMaxPoints)
      return Missing(node, key, "at most 12 points [confidence, right]");
    for (const toml::node& item : *list) {
      const toml::array* pair = item.as_array();
      const auto confidence = PartOf(pair, 0), right = PartOf(pair, 1);
      if (!confidence || !right || pair->size() != 2)
        return Wrong(item, key, "expected [confidence, right], both from 0 to 1");
      const Calibration::Point* before = to.count > 0 ? &to.points[to.count - 1] : nullptr;
      if (before != nullptr && (before->confidence >= *confidence || before->right > *right))
        return Wrong(item, key, "expected a rising confidence, and right that never falls");
      to.points[to.count++] = {*confidence, *right};
    }
    return OkStatus();
  }
  Status Share(const char* key, Estimate& to) const {
    std::optional<Estimate> share;
    COVEY_TRY(OptionalShare(key, share));
    if (!share) return Missing(nullptr, key, "{ value, low, high }");
    to = *share;
    return OkStatus();
  }
  Status OptionalShare(const char* key, std::optional<Estimate>& to) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return OkStatus();
    if (!node->is_table()) return Wrong(*node, key, "expected { value, low, high }");
    const Reader in(*node->as_table(), where_ + "." + key, file_, diag_);
    COVEY_TRY(in.OnlyKeys({"value", "low", "high"}));
    Estimate& e = to.emplace();
    COVEY_TRY(in.Number("value", 0, 1, e.value));
    COVEY_TRY(in.Number("low", 0, 1, e.low));
    COVEY_TRY(in.Number("high", 0, 1, e.high));
    if (e.low <= e.value && e.value <= e.high) return OkStatus();
    return Wrong(*node, key, "expected low <= value <= high");
  }
  Status Times(const char* key, Quantiles& q) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr || !node->is_table())
      return Missing(node, key, "{ min, median, p90, p99, max }");
    const Reader in(*node->as_table(), where_ + "." + key, file_, diag_);
    COVEY_TRY(in.OnlyKeys({"min", "median", "p90", "p99", "max"}));
    COVEY_TRY(in.Number("min", 0, kMostMs, q.min));
    COVEY_TRY(in.Number("median", 0, kMostMs, q.median));
    COVEY_TRY(in.Number("p90", 0, kMostMs, q.p90));
    COVEY_TRY(in.Number("p99", 0, kMostMs, q.p99));
    COVEY_TRY(in.Number("max", 0, kMostMs, q.max));
    if (q.min <= q.median && q.median <= q.p90 && q.p90 <= q.p99 && q.p99 <= q.max)
      return OkStatus();
    return Wrong(*node, key, "expected min <= median <= p90 <= p99 <= max");
  }
  Status Wrong(const toml::node& node, const std::string& key, const std::string& problem) const {
    const std::string subject = file_ + ":" + std::to_string(node.source().begin.line);
    const std::string words = where_ + " " + key + ": " + problem;
    diag_.Report({.subject = subject.c_str(), .problem = words.c_str()});
    return Status(Code::kInvalidArgument, "profiles: an entry is wrong");
  }

 private:
  static std::optional<uint16_t> PartOf(const toml::array* pair, size_t i) {
    const toml::node* node = pair == nullptr ? nullptr : pair->get(i);
    const auto value = node == nullptr || !node->is_number() ? std::nullopt : node->value<double>();
    if (!value || !(*value >= 0 && *value <= 1)) return std::nullopt;
    return static_cast<uint16_t>(std::lround(*value * kOne));
  }
  Status Missing(const toml::node* node, const char* key, const std::string& expected) const {
    return Wrong(node == nullptr ? static_cast<const toml::node&>(table_) : *node, key,
                 (node == nullptr ? "is missing, expected " : "expected ") + expected);
  }

  const toml::table& table_;
  std::string where_;
  const std::string& file_;
  Diag& diag_;
};

Status ReadPlace(const Reader& in, PlaceProfile& to) {
  COVEY_TRY(
      in.OnlyKeys({"name", "model", "place", "where", "samples", "accuracy", "agreement",
                   "latency_kind", "compute_ms", "latency_ms", "missed", "sent_bytes",
                   "received_bytes", "energy", "memory_bytes", "flash_bytes", "approximate"}));
  COVEY_TRY(in.Text("name", to.name));
  COVEY_TRY(in.Text("model", to.model));
  COVEY_TRY(in.Text("place", to.place));
  COVEY_TRY(in.Choice("where", "local", "agent", to.local));
  COVEY_TRY(in.Whole("samples", to.samples));
  COVEY_TRY(in.OptionalShare("accuracy", to.accuracy));
  COVEY_TRY(in.OptionalShare("agreement", to.agreement));
  COVEY_TRY(in.Choice("latency_kind", "modelled", "measured", to.modelled));
  COVEY_TRY(in.Times("compute_ms", to.compute_ms));
  COVEY_TRY(in.Times("latency_ms", to.latency_ms));
  COVEY_TRY(in.Number("missed", 0, 1, to.missed));
  COVEY_TRY(in.Number("sent_bytes", 0, kMostBytes, to.sent_bytes));
  COVEY_TRY(in.Number("received_bytes", 0, kMostBytes, to.received_bytes));
  COVEY_TRY(in.OptionalEnergy("energy", to.energy));
  COVEY_TRY(in.OptionalFlag("approximate", to.approximate));
  COVEY_TRY(in.OptionalWhole("memory_bytes", to.memory_bytes));
  return in.OptionalWhole("flash_bytes", to.flash_bytes);
}

Status ReadCascade(const Reader& in, CascadeProfile& to) {
  COVEY_TRY(in.OnlyKeys({"local", "remote", "points", "keep_at", "temperature", "accuracy",
                         "traffic", "target", "error_before", "error_tempered", "error_after"}));
  COVEY_TRY(in.Text("local", to.local));
  COVEY_TRY(in.Text("remote", to.remote));
  COVEY_TRY(in.Points("points", to.calibration));
  double keep_at = 0;
  COVEY_TRY(in.Number("keep_at", 0, kNothingKept, keep_at));
  to.calibration.keep_at = static_cast<uint16_t>(std::lround(keep_at * kOne));
  COVEY_TRY(in.Number("temperature", 1 / kMostTemperature, kMostTemperature, to.temperature));
  COVEY_TRY(in.Number("accuracy", 0, 1, to.accuracy));
  COVEY_TRY(in.Number("traffic", 0, 1, to.traffic));
  COVEY_TRY(in.Number("target", 0, 1, to.target));
  COVEY_TRY(in.Number("error_before", 0, 1, to.error_before));
  COVEY_TRY(in.Number("error_tempered", 0, 1, to.error_tempered));
  COVEY_TRY(in.Number("error_after", 0, 1, to.error_after));
  to.calibration.error = static_cast<uint16_t>(std::lround(to.error_after * kOne));
  return OkStatus();
}

Status ReadForm(const Reader& in, FormProfile& to) {
  COVEY_TRY(in.OnlyKeys({"profile", "form", "sent_bytes", "encode_ms", "agreement"}));
  COVEY_TRY(in.Text("profile", to.profile));
  COVEY_TRY(in.Text("form", to.form));
  COVEY_TRY(in.Number("sent_bytes", 0, kMostBytes, to.sent_bytes));
  COVEY_TRY(in.Number("encode_ms", 0, kMostMs, to.encode_ms));
  return in.Share("agreement", to.agreement);
}

// The tables of one kind, each read by `read`.
template <typename T, typename Read>
Status ReadAll(const toml::table& root, const char* key, size_t most, std::vector<T>& to,
               const std::string& file, Diag& diag, Read read) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return OkStatus();
  const Reader whole(root, "profiles", file, diag);
  if (!node->is_array_of_tables() || node->as_array()->size() > most)
    return whole.Wrong(
        *node, key,
        "expected at most " + std::to_string(most) + " tables [[" + std::string(key) + "]]");
  for (const toml::node& item : *node->as_array()) {
    const Reader in(*item.as_table(), std::string("[[") + key + "]]", file, diag);
    COVEY_TRY(read(in, to.emplace_back()));
  }
  return OkStatus();
}

Status CheckNames(const Profiles& profiles, const Reader& whole, const toml::table& root) {
  for (size_t i = 0; i < profiles.places.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (profiles.places[i].name == profiles.places[k].name)
        return whole.Wrong(root, "profile", "two have the name '" + profiles.places[i].name + "'");
  for (const CascadeProfile& cascade : profiles.cascades) {
    const PlaceProfile* local = profiles.Find(cascade.local);
    const PlaceProfile* remote = profiles.Find(cascade.remote);
    if (local != nullptr && remote != nullptr && local != remote) continue;
    return whole.Wrong(root, "cascade",
                       "expected two different profiles, found '" + cascade.local + "' and '" +
                           cascade.remote + "'");
  }
  for (const FormProfile& form : profiles.forms) {
    const PlaceProfile* place = profiles.Find(form.profile);
    if (place == nullptr || place->local)
      return whole.Wrong(root, "form",
                         "expected the name of an agent's profile, found '" + form.profile + "'");
    DiagText why;
    if (!ParseForm(form.form, why).ok()) return whole.Wrong(root, "form", why.Text());
  }
  return OkStatus();
}

}  // namespace

Result<Profiles> ReadProfiles(std::string_view text, const std::string& file, Diag& diag) {
  if (text.size() > kMaxProfileBytes) {
    diag.Report({.subject = file.c_str(), .problem = "more than 1 MiB, expected profiles"});
    return Status(Code::kResourceExhausted, "profiles: too large");
  }
  const ParsedToml parsed = ParseToml(std::string(text));
  if (const auto& fault = parsed.fault) {
    const std::string subject = file + ":" + std::to_string(fault->line);
    diag.Report({.subject = subject.c_str(), .problem = fault->words.c_str()});
    return Status(Code::kDataLoss, "profiles: not TOML");
  }
  const toml::table& root = parsed.root;
  const Reader whole(root, "profiles", file, diag);
  COVEY_TRY(whole.OnlyKeys({"version", "profile", "cascade", "form"}));
  uint64_t version = 0;
  COVEY_TRY(whole.Whole("version", version));
  if (version != 1)
    return whole.Wrong(*root.get("version"), "version",
                       "found " + std::to_string(version) + ", expected 1");
  Profiles profiles;
  COVEY_TRY(ReadAll(root, "profile", kMaxPlaceProfiles, profiles.places, file, diag, ReadPlace));
  COVEY_TRY(ReadAll(root, "cascade", kMaxCascades, profiles.cascades, file, diag, ReadCascade));
  COVEY_TRY(ReadAll(root, "form", kMaxForms, profiles.forms, file, diag, ReadForm));
  COVEY_TRY(CheckNames(profiles, whole, root));
  return profiles;
}

Result<Profiles> ReadProfileFile(const std::string& path, Diag& diag) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    diag.Report({.subject = path.c_str(), .problem = "cannot be read"});
    return Status(Code::kNotFound, "profiles: no such file");
  }
  std::string text(kMaxProfileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return ReadProfiles(text, path, diag);
}

}  // namespace covey::serve
