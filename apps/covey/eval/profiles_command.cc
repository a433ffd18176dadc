// covey profiles FILE: what covey eval, calibrate and forms know, and the same for a board.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "micro/forms/jpeg_forms.hpp"
#include "serve/preprocess/form.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::app {
namespace {

constexpr size_t kMostVariants = 3;  // of a device's session

struct Options {
  std::string file, local, agent, target = "text";
  bool json = false;
};

// What one board session can use of a file.
struct BoardProfiles {
  const serve::PlaceProfile *local = nullptr, *agent = nullptr;
  std::vector<const serve::PlaceProfile*> variants;  // in their order
  const serve::CascadeProfile* cascade = nullptr;
  std::vector<std::pair<serve::Form, const serve::FormProfile*>> forms;
};

Error NoProfile(const Options& options, const std::string& name, const char* where) {
  return MakeError(Code::kNotFound, options.file + ": found no profile '" + name + "' of " + where);
}

const serve::PlaceProfile* FindPlace(const serve::Profiles& profiles, const std::string& name,
                                     bool local) {
  for (const serve::PlaceProfile& one : profiles.places)
    if (one.local == local && (name.empty() || one.name == name)) return &one;
  return nullptr;
}

// Those that a device can write, the largest first; a device keeps eight, spread over the sizes.
void ChooseForms(const serve::Profiles& profiles, BoardProfiles& board) {
  for (const serve::FormProfile& one : profiles.forms) {
    if (one.profile != board.agent->name) continue;
    DiagText silent;  // The reader of profiles has seen that it is one.
    const auto form = serve::ParseForm(one.form, silent);
    if (!form.ok() || form->kind != serve::Form::Kind::kJpeg || form->short_side > 0) continue;
    board.forms.emplace_back(*form, &one);
  }
  std::stable_sort(board.forms.begin(), board.forms.end(), [](const auto& a, const auto& b) {
    return a.second->sent_bytes > b.second->sent_bytes;
  });
  const size_t most = micro::JpegForms::kMost, found = board.forms.size();
  if (found <= most) return;
  for (size_t i = 0; i < most; ++i) board.forms[i] = board.forms[i * (found - 1) / (most - 1)];
  board.forms.resize(most);
}

Expected<BoardProfiles> ForBoard(const serve::Profiles& profiles, const Options& options) {
  BoardProfiles board;
  board.local = FindPlace(profiles, options.local, true);
  board.agent = FindPlace(profiles, options.agent, false);
  if (!options.local.empty() && board.local == nullptr)
    return NoProfile(options, options.local, "a local place");
  if (!options.agent.empty() && board.agent == nullptr)
    return NoProfile(options, options.agent, "an agent");
  if (board.local == nullptr && board.agent == nullptr)
    return MakeError(Code::kNotFound, options.file + ": found no profile, expected one at least");
  for (size_t i = 1; board.local != nullptr && i <= kMostVariants; ++i) {
    const std::string model = board.local->model + "#" + std::to_string(i);
    const auto found = std::find_if(
        profiles.places.begin(), profiles.places.end(), [&](const serve::PlaceProfile& one) {
          return one.local && one.model == model && one.place == board.local->place;
        });
    if (found == profiles.places.end()) break;  // A device takes them in their order.
    board.variants.push_back(&*found);
  }
  if (board.agent != nullptr) ChooseForms(profiles, board);
  for (const serve::CascadeProfile& one : profiles.cascades)
    if (board.local != nullptr && board.agent != nullptr && one.local == board.local->name &&
        one.remote == board.agent->name)
      board.cascade = &one;
  return board;
}

std::string Percent(uint16_t part) { return Fixed(part / 100.0, 2); }

void PrintConsoleRow(const std::string& row, const Profile& p, std::ostream& out) {
  const std::string begin = "config profile " + row + " ";
  out << begin << "accuracy " << Percent(p.accuracy.mid) << " " << Percent(p.accuracy.low) << " "
      << Percent(p.accuracy.high) << "\n";
  if (p.compute.p50_us > 0)
    out << begin << "compute " << p.compute.p50_us << " " << p.compute.p90_us << " "
        << p.compute.p99_us << "\n";
  if (p.up_bytes > 0) out << begin << "sent " << p.up_bytes << " " << p.down_bytes << "\n";
  if (p.energy_uj > 0 || p.wait_uw > 0)
    out << begin << "energy " << p.energy_uj << " " << p.energy_nj_per_byte << " " << p.wait_uw
        << "\n";
}

// Lines to type on the console of the classify firmware.
void PrintConsole(const BoardProfiles& board, std::ostream& out) {
  if (board.local != nullptr) PrintConsoleRow("local", serve::ToProfile(*board.local), out);
  for (size_t i = 0; i < board.variants.size(); ++i)
    PrintConsoleRow("variant" + std::to_string(i + 1), serve::ToProfile(*board.variants[i]), out);
  if (board.agent != nullptr) PrintConsoleRow("agent", serve::ToProfile(*board.agent), out);
  for (const auto& [form, measured] : board.forms)
    out << "config form " << form.Text() << " " << Fixed(measured->sent_bytes, 0) << " "
        << Fixed(100 * measured->agreement.value, 2) << "\n";
}

std::string Initialiser(const Profile& p) {
  constexpr const char* kKinds[] = {"kLocal", "kAgent", "kSpace", "kCascade"};
  std::ostringstream out;
  out << "{.place = covey::PlaceKind::" << kKinds[static_cast<size_t>(p.place)]
      << ",\n     .accuracy = {" << p.accuracy.low << ", " << p.accuracy.mid << ", "
      << p.accuracy.high << "},\n     .samples = " << p.samples
      << ",\n     .up_bytes = " << p.up_bytes << ",\n     .down_bytes = " << p.down_bytes
      << ",\n     .compute = {" << p.compute.p50_us << ", " << p.compute.p90_us << ", "
      << p.compute.p99_us << "},\n     .energy_uj = " << p.energy_uj
      << ",\n     .energy_nj_per_byte = " << p.energy_nj_per_byte
      << ",\n     .wait_uw = " << p.wait_uw << ",\n     .memory_bytes = " << p.memory_bytes
      << ",\n     .flash_bytes = " << p.flash_bytes
      << ",\n     .approximate = " << (p.approximate ? "true" : "false")
      << ",\n     .kept = " << p.kept << ",\n     .modelled = " << (p.modelled ? "true" : "false")
      << "}";
  return out.str();
}

void PrintCascade(const BoardProfiles& board, std::ostream& out) {
  const serve::CascadeProfile& cascade = *board.cascade;
  Profile both = serve::ToProfile(*board.agent);
  both.place = PlaceKind::kCascade;
  const auto part = [](double share) {
    return static_cast<uint16_t>(std::clamp(share, 0.0, 1.0) * kOne + 0.5);
  };
  const double half = (both.accuracy.high - both.accuracy.low) / (2.0 * kOne);
  both.accuracy = {part(cascade.accuracy - half), part(cascade.accuracy),
                   part(cascade.accuracy + half)};
  both.kept = part(1 - cascade.traffic);
  out << "inline constexpr covey::Profile kCascadeProfile =\n    " << Initialiser(both)
      << ";\ninline constexpr covey::Calibration kCalibration = {\n    .points = {";
  const Calibration& calibration = cascade.calibration;
  for (size_t i = 0; i < calibration.count; ++i)
    out << (i > 0 ? ", " : "") << "{" << calibration.points[i].confidence << ", "
        << calibration.points[i].right << "}";
  out << "},\n    .count = " << int{calibration.count}
      << ",\n    .keep_at = " << calibration.keep_at << ",\n    .error = " << calibration.error
      << "};\n";
}

// Tables for a device's covey_parts and JpegForms.
void PrintCpp(const BoardProfiles& board, std::ostream& out) {
  out << "// Written by covey profiles.\n#pragma once\n\n#include \"core/profile.hpp\"\n"
         "#include \"micro/forms/jpeg_forms.hpp\"\n\n";
  if (board.local != nullptr)
    out << "inline constexpr covey::Profile kLocalProfile =\n    "
        << Initialiser(serve::ToProfile(*board.local)) << ";\n";
  if (!board.variants.empty()) {
    out << "inline constexpr covey::Profile kVariantProfiles[] = {\n";
    for (const serve::PlaceProfile* one : board.variants) {
      Profile profile = serve::ToProfile(*one);
      profile.approximate = true;
      out << "    " << Initialiser(profile) << ",\n";
    }
    out << "};\n";
  }
  if (board.agent != nullptr)
    out << "inline constexpr covey::Profile kAgentProfile =\n    "
        << Initialiser(serve::ToProfile(*board.agent)) << ";\n";
  if (board.cascade != nullptr) PrintCascade(board, out);
  if (board.forms.empty()) return;
  out << "inline constexpr covey::micro::JpegProfile kAgentForms[] = {\n";
  for (const auto& [form, measured] : board.forms) {
    const double kept = std::min(measured->agreement.value * kOne, kOne - 1.0);
    out << "    {.quality = " << form.jpeg.quality
        << ", .half_colours = " << (form.jpeg.half_colour ? "true" : "false")
        << ", .bare = " << (form.jpeg.bare ? "true" : "false") << ", .agrees = " << Fixed(kept, 0)
        << ", .bytes = " << Fixed(measured->sent_bytes, 0) << "},\n";
  }
  out << "};\n";
}

Json ShareJson(const std::optional<serve::Estimate>& e) {
  if (!e) return nullptr;
  return {{"value", e->value}, {"low", e->low}, {"high", e->high}};
}

void PrintAll(const serve::Profiles& profiles) {
  Json places = Json::array(), forms = Json::array();
  for (const serve::PlaceProfile& one : profiles.places)
    places.push_back({{"name", one.name},
                      {"model", one.model},
                      {"place", one.place},
                      {"local", one.local},
                      {"accuracy", ShareJson(one.accuracy)},
                      {"agreement", ShareJson(one.agreement)},
                      {"compute_ms", one.compute_ms.median},
                      {"latency_ms", one.latency_ms.median},
                      {"sent_bytes", one.sent_bytes}});
  for (const serve::FormProfile& one : profiles.forms)
    forms.push_back({{"profile", one.profile},
                     {"form", one.form},
                     {"sent_bytes", one.sent_bytes},
                     {"encode_ms", one.encode_ms},
                     {"agreement", ShareJson(one.agreement)}});
  PrintJson(std::cout, {{"profiles", std::move(places)}, {"forms", std::move(forms)}});
}

void PrintTables(const serve::Profiles& profiles) {
  const auto share = [](const std::optional<serve::Estimate>& e) {
    return e ? Fixed(100 * e->value, 1) : std::string();
  };
  Table places({"profile", "model", "place", ">right %", ">agrees %", ">compute ms", ">latency ms",
                ">sent bytes"});
  for (const serve::PlaceProfile& one : profiles.places)
    places.Add({one.name, one.model, one.place, share(one.accuracy), share(one.agreement),
                Fixed(one.compute_ms.median, 2), Fixed(one.latency_ms.median, 2),
                Fixed(one.sent_bytes, 0)});
  std::cout << places.Text();
  if (profiles.forms.empty()) return;
  Table forms({"profile", "form", ">sent bytes", ">encode ms", ">agrees %"});
  for (const serve::FormProfile& one : profiles.forms)
    forms.Add({one.profile, one.form, Fixed(one.sent_bytes, 0), Fixed(one.encode_ms, 2),
               Fixed(100 * one.agreement.value, 1)});
  std::cout << "\n" << forms.Text();
}

int PrintProfiles(const Options& options) {
  DiagText diag;
  const Result<serve::Profiles> profiles = serve::ReadProfileFile(options.file, diag);
  if (!profiles.ok()) return Fail(Explain(options.file, profiles.status(), diag), options.json);
  if (options.json) {
    PrintAll(*profiles);
  } else if (options.target == "text") {
    PrintTables(*profiles);
  } else {
    const Expected<BoardProfiles> board = ForBoard(*profiles, options);
    if (!board) return Fail(board.error(), options.json);
    (options.target == "console" ? PrintConsole : PrintCpp)(board.value(), std::cout);
  }
  return kDone;
}

constexpr char kFooter[] =
    "For a board: one local profile with its variants, one agent's profile, and of its forms the\n"
    "JPEGs of full size, which boards write themselves, at most eight.\n"
    "Examples:\n"
    "  covey profiles profiles.toml\n"
    "  covey profiles profiles.toml --for console        # lines for the classify firmware\n"
    "  covey profiles profiles.toml --for c++ --local mcu --agent edge > profiles.hpp";

}  // namespace

void AddProfiles(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "profiles", "Show what was measured of places and forms, and write it for a board");
  command->add_option("FILE", options->file, "that covey eval --profiles wrote")->required();
  CLI::Option* const target =
      command->add_option("--for", options->target, "text (default), console or c++")
          ->check(CLI::IsMember({"text", "console", "c++"}));
  command
      ->add_option("--local", options->local,
                   "the profile of the board's own model (default: the first local one)")
      ->needs(target);
  command
      ->add_option("--agent", options->agent,
                   "the profile of the agent (default: the first agent's)")
      ->needs(target);
  command->add_flag("--json", options->json, "print JSON: everything");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return PrintProfiles(*options); }; });
}

}  // namespace covey::app
