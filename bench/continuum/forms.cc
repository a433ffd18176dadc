// What choosing the form of a picture by the link brings: a board that sends raw pixels, or JPEG
// that it writes itself.
#include "micro/route/forms.hpp"

#include <algorithm>
#include <ostream>

#include "apps/covey/io/table.hpp"
#include "bench/continuum/tables.hpp"
#include "plan/link/link_model.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using Json = nlohmann::json;

// The device's JPEG writer on the Cortex-M33, colour at half size (src/micro/jpeg), and the board's
// modelled 1.6 cycles an instruction at 120 MHz.
constexpr double kInstructionsPerPixel = 145, kUsPerInstruction = 1.6 / 120;
constexpr size_t kReply = 60;
constexpr int kWarm = 100;

double Mean(const std::vector<size_t>& values) {
  double sum = 0;
  for (const size_t value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

// Of every second picture, from `first` on, that answer as the raw one did.
double Agrees(const FormTrace& form, const FormTrace& raw, size_t first) {
  double same = 0, all = 0;
  for (size_t i = first; i < raw.classes.size(); i += 2)
    same += form.classes[i] == raw.classes[i], all += 1;
  return same / all;
}

struct Sent {
  double ms = 0, bytes = 0, agrees = 0, right = 0;
  std::vector<int> used;
};

// Pictures that did not choose, over and over; `fixed`: one form for all, -1: chosen by the link.
Sent SendAll(const std::vector<FormTrace>& traces, const std::vector<micro::SendForm>& forms,
             const plan::LinkShape& shape, double agent_ms, uint16_t keep, int fixed) {
  constexpr int kRequests = 2'000;
  micro::FormChooser chooser;
  plan::LinkModel link(shape, 1);
  Sent sum;
  sum.used.resize(forms.size());
  double now_s = 1;
  for (int n = 0; n < kRequests + kWarm; ++n) {
    const size_t i = (2 * static_cast<size_t>(n) + 1) % (traces[0].classes.size() / 2 * 2);
    const size_t f = fixed >= 0 ? static_cast<size_t>(fixed) : chooser.Choose(forms, keep);
    link.Reseed(1'000'003 + static_cast<uint64_t>(n));
    double at_s = now_s + forms[f].encode_us / 1e6;
    const double sent_s = at_s;
    at_s = link.Arrives(plan::Way::kUp, traces[f].bytes[i], at_s) + agent_ms / 1e3;
    at_s = link.Arrives(plan::Way::kDown, kReply, at_s);
    chooser.Sent(static_cast<uint32_t>(traces[f].bytes[i]),
                 static_cast<uint32_t>((at_s - sent_s) * 1e6 - agent_ms * 1e3));
    if (n >= kWarm) {
      sum.ms += (at_s - now_s) * 1e3 / kRequests;
      sum.bytes += static_cast<double>(traces[f].bytes[i]) / kRequests;
      sum.agrees += (traces[f].classes[i] == traces[0].classes[i]) / double{kRequests};
      sum.right += traces[f].right[i] / double{kRequests};
      ++sum.used[f];
    }
    now_s = at_s + 0.5;
  }
  return sum;
}

}  // namespace

Json FormsTable(const std::string& title, const std::vector<FormTrace>& traces, double agent_ms,
                double keep, const Printing& printing) {
  std::vector<micro::SendForm> forms;
  for (const FormTrace& trace : traces) {
    const bool raw = &trace == &traces.front();
    const double us = static_cast<double>(trace.pixels) * kInstructionsPerPixel * kUsPerInstruction;
    forms.push_back({.bytes = static_cast<uint32_t>(Mean(trace.bytes)),
                     .encode_us = raw ? 0 : static_cast<uint32_t>(us),
                     .agrees = static_cast<uint16_t>(Agrees(trace, traces[0], 0) * kOne)});
  }
  const auto part = static_cast<uint16_t>(keep * kOne);
  printing.out << title << ", sent by a board as raw pixels or as JPEG that it writes ("
               << Fixed(forms.back().encode_us / 1e3, 1) << " ms, modelled); at least "
               << Percent(keep) << " of the answers kept on the pictures that choose\n";
  app::Table table({"link", ">raw ms", ">bytes", "best fixed form", ">ms", ">chosen ms", ">bytes",
                    ">answers kept", ">right", ">raw right", ">chosen / raw", "most used"});
  Json json = Json::array();
  double worst = 0, least = 1;
  std::string where;
  for (const plan::LinkShape& shape : plan::LinkPresets()) {
    const Sent raw = SendAll(traces, forms, shape, agent_ms, part, 0);
    Sent best = raw;
    size_t which = 0;
    for (size_t f = 1; f < forms.size(); ++f) {
      if (forms[f].agrees < part) continue;
      const Sent one = SendAll(traces, forms, shape, agent_ms, part, static_cast<int>(f));
      if (one.ms < best.ms) best = one, which = f;
    }
    const Sent chosen = SendAll(traces, forms, shape, agent_ms, part, -1);
    const auto most = std::max_element(chosen.used.begin(), chosen.used.end());
    table.Add({shape.name, Fixed(raw.ms, 1), Fixed(raw.bytes, 0), traces[which].form,
               Fixed(best.ms, 1), Fixed(chosen.ms, 1), Fixed(chosen.bytes, 0),
               Percent(chosen.agrees), Percent(chosen.right), Percent(raw.right),
               Fixed(chosen.ms / raw.ms, 3),
               traces[static_cast<size_t>(most - chosen.used.begin())].form});
    json.push_back({{"link", shape.name},
                    {"raw_ms", raw.ms},
                    {"best_fixed", traces[which].form},
                    {"best_fixed_ms", best.ms},
                    {"chosen_ms", chosen.ms},
                    {"chosen_bytes", chosen.bytes},
                    {"answers_kept", chosen.agrees}});
    if (chosen.ms / best.ms > worst) worst = chosen.ms / best.ms, where = shape.name;
    least = std::min(least, chosen.ms / raw.ms);
  }
  printing.out << table.Text() << "\n";
  printing.bars.State(title + ": forms chosen by link, time over the best fixed form's", worst,
                      "worst link: " + where);
  printing.bars.State("... over raw pixels'", least, "best link");
  return json;
}

}  // namespace covey::bench
