// The tables of CompareAll: policies beside each other over each link, and their scores over seeds.
#include <algorithm>
#include <array>
#include <ostream>

#include "apps/covey/io/table.hpp"
#include "bench/continuum/tables.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Table;
using Json = nlohmann::json;

std::string Used(const Row& row) {
  std::string text;
  int all = 0;
  for (const int used : row.used) all += used;
  for (const int used : row.used)
    text += (text.empty() ? "" : " ") + Fixed(all > 0 ? 100.0 * used / all : 0, 0);
  return text;
}

void Add(const Row& row, Table& table) {
  table.Add({row.name, Percent(row.accuracy), Fixed(row.mean_ms, 1), Fixed(row.p99_ms, 1),
             Fixed(row.correct_per_ms * 1e3, 2), Fixed(row.bytes, 0), Fixed(row.energy_uj / 1e3, 2),
             Used(row)});
}

Json ToJson(const Row& row) {
  return {{"name", row.name},
          {"accuracy", row.accuracy},
          {"mean_ms", row.mean_ms},
          {"p99_ms", row.p99_ms},
          {"correct_per_ms", row.correct_per_ms},
          {"bytes", row.bytes},
          {"energy_uj", row.energy_uj},
          {"scores", row.scores}};
}

// Where the router stands, for one SLA over one link, by seed.
struct Standing {
  std::string best;  // fixed choice, of the first seed
  Seeds fixed, oracle, informed, limit, hedging;
  Seeds hedged, one_core, over_fixed, over_routed, one_core_routed;  // routed, hedging allowed
};

double Over(double a, double b) { return b > 0 ? a / b : 0; }

Standing StandingOf(const std::vector<Comparison>& seeds, size_t s) {
  Standing standing;
  for (const Comparison& one : seeds) {
    const Row& best = one.fixed[BestFixed(one, s)];
    if (standing.best.empty()) standing.best = best.name;
    const double routed = one.routed[s].scores[s], oracle = one.oracles[s].scores[s];
    const double informed = one.informed[s].scores[s];
    standing.fixed.values.push_back(Over(routed, best.scores[s]));
    standing.oracle.values.push_back(Over(routed, oracle));
    standing.informed.values.push_back(Over(routed, informed));
    standing.limit.values.push_back(Over(informed, oracle));
    standing.hedging.values.push_back(Over(one.hedging[s].scores[s], informed));
    const double hedged = one.hedged[s].scores[s], one_core = one.one_core[s].scores[s];
    standing.hedged.values.push_back(Over(hedged, oracle));
    standing.one_core.values.push_back(Over(one_core, oracle));
    standing.over_fixed.values.push_back(Over(hedged, best.scores[s]));
    standing.over_routed.values.push_back(Over(hedged, routed));
    standing.one_core_routed.values.push_back(Over(one_core, routed));
  }
  return standing;
}

std::string NameOf(const World& world, uint8_t place) {
  return place < world.names.size() ? world.names[place] : "none";
}

// Of the seed that the router did worst in, by SLA.
void PrintRegrets(const World& world, const std::vector<Comparison>& seeds,
                  const std::vector<Sla>& slas, std::ostream& out) {
  Table table({"SLA", ">seed", "reason", "asked first", "answered", ">requests", ">lost"});
  for (size_t s = 0; s < slas.size(); ++s) {
    const std::vector<double> stand = StandingOf(seeds, s).fixed.values;
    const auto worst = std::min_element(stand.begin(), stand.end()) - stand.begin();
    if (stand[static_cast<size_t>(worst)] <= 0) continue;
    for (const Regret& part : seeds[static_cast<size_t>(worst)].regrets[s])
      table.Add({slas[s].name, std::to_string(worst + 1), micro::ReasonText(part.reason),
                 NameOf(world, part.chosen), NameOf(world, part.answered),
                 std::to_string(part.requests), Percent(part.share, 2)});
  }
  out << "lost against the best fixed choice, of its score\n" << table.Text() << "\n";
}

void PrintPolicies(const Comparison& one, std::ostream& out, Json& json) {
  Table table({"policy", ">accuracy", ">mean ms", ">p99 ms", ">correct/s", ">bytes sent", ">mJ",
               "% by place"});
  for (const auto* rows : {&one.fixed, &one.routed, &one.hedged, &one.one_core, &one.oracles}) {
    for (const Row& row : *rows) {
      Add(row, table);
      json.push_back(ToJson(row));
    }
  }
  Add(one.clairvoyant, table);
  json.push_back(ToJson(one.clairvoyant));
  out << table.Text();
}

// The worst row of many, and where it is.
struct Worst {
  double value = 10;
  std::string where;
  void See(const Seeds& seeds, const std::string& name) {
    if (seeds.mean() <= 0 || seeds.mean() >= value) return;
    value = seeds.mean();
    where = name + ": " + seeds.Text();
  }
};

struct HedgingWorst {
  Worst oracle, fixed, routed, one_core;
};

// The router with hedging allowed: what it brings and what it costs, means of all seeds.
Json PrintHedging(const std::vector<Comparison>& seeds, const std::vector<Sla>& slas,
                  HedgingWorst& worst, const std::string& link, std::ostream& out) {
  Json json = Json::array();
  Table table({"hedging allowed", "/ oracle", "/ router without", "one core / without",
               ">both work", ">in vain ms", ">mean ms", ">p99 ms", ">bytes", ">mJ",
               ">without: mean ms", ">p99 ms", ">bytes", ">mJ"});
  for (size_t s = 0; s < slas.size(); ++s) {
    const Standing one = StandingOf(seeds, s);
    const auto mean = [&](auto rows, auto what) {
      double sum = 0;
      for (const Comparison& seed : seeds) sum += (seed.*rows)[s].*what;
      return sum / static_cast<double>(seeds.size());
    };
    const auto with = [&](auto what) { return mean(&Comparison::hedged, what); };
    const auto without = [&](auto what) { return mean(&Comparison::routed, what); };
    table.Add({slas[s].name, one.hedged.Text(), one.over_routed.Text(), one.one_core_routed.Text(),
               Percent(with(&Row::hedged)), Fixed(with(&Row::in_vain_ms), 1),
               Fixed(with(&Row::mean_ms), 1), Fixed(with(&Row::p99_ms), 1),
               Fixed(with(&Row::bytes), 0), Fixed(with(&Row::energy_uj) / 1e3, 2),
               Fixed(without(&Row::mean_ms), 1), Fixed(without(&Row::p99_ms), 1),
               Fixed(without(&Row::bytes), 0), Fixed(without(&Row::energy_uj) / 1e3, 2)});
    json.push_back({{"sla", slas[s].name},
                    {"over_oracle", one.hedged.values},
                    {"over_without", one.over_routed.values},
                    {"one_core_over_without", one.one_core_routed.values},
                    {"both_work", with(&Row::hedged)},
                    {"in_vain_ms", with(&Row::in_vain_ms)}});
    const std::string name = link + ", " + slas[s].name;
    worst.oracle.See(one.hedged, name), worst.fixed.See(one.over_fixed, name);
    worst.routed.See(one.over_routed, name), worst.one_core.See(one.one_core, name);
  }
  out << table.Text() << "\n";
  return json;
}

}  // namespace

Json CompareAll(const std::string& title, const World& world, const std::vector<Sla>& slas,
                int requests, const Printing& printing) {
  std::ostream& out = printing.out;
  Json all = Json::array();
  std::array<Worst, 4> worst;
  HedgingWorst hedging_worst;
  for (const plan::LinkShape& shape : plan::LinkPresets()) {
    std::vector<Comparison> seeds;
    for (int seed = printing.first_seed; seed < printing.first_seed + printing.seeds; ++seed)
      seeds.push_back(
          Compare(world, shape, slas, {.requests = requests, .seed = static_cast<uint64_t>(seed)}));
    const Comparison& first = seeds.front();
    out << title << " over " << shape.name << ", first seed\n";
    Json json{{"link", shape.name}, {"rows", Json::array()}, {"scores", Json::array()}};
    PrintPolicies(first, out, json["rows"]);
    if (printing.regrets) PrintRegrets(world, seeds, slas, out);
    Table table({"SLA", "judged by", "best fixed", "router / fixed", "router / oracle",
                 "router / no foresight", "no foresight / oracle", "hedging / no foresight"});
    for (size_t s = 0; s < slas.size(); ++s) {
      const Standing one = StandingOf(seeds, s);
      const bool none = one.fixed.most() == 0;  // 300 ms over a link that needs 366 ms
      const auto text = [none](const Seeds& of) { return none ? "none can" : of.Text(); };
      table.Add({slas[s].name, slas[s].score, one.best, text(one.fixed), text(one.oracle),
                 text(one.informed), text(one.limit), text(one.hedging)});
      const std::string name = shape.name + ", " + slas[s].name;
      worst[0].See(one.fixed, name), worst[1].See(one.oracle, name);
      worst[2].See(one.informed, name);
      if (one.oracle.mean() < 0.95) worst[3].See(one.limit, name);
      json["scores"].push_back({{"sla", slas[s].name},
                                {"best_fixed", one.best},
                                {"router_over_fixed", one.fixed.values},
                                {"router_over_oracle", one.oracle.values},
                                {"router_over_no_foresight", one.informed.values}});
    }
    out << table.Text() << "\n";
    if (world.cascade) json["hedging"] = PrintHedging(seeds, slas, hedging_worst, shape.name, out);
    if (world.cascade) {
      const Row &local = first.fixed[0], &remote = first.fixed[2], &cascade = first.fixed[3];
      const double gain = remote.correct_per_ms / local.correct_per_ms;
      const double keeps = cascade.accuracy / remote.accuracy;
      const double sends = cascade.bytes / remote.bytes;
      out << "offloading against the board alone: " << Fixed(gain, 2)
          << " times the correct predictions per millisecond; cascade: " << Percent(keeps)
          << " of full-remote accuracy at " << Percent(sends) << " of its traffic\n\n";
      if (shape.name == "wifi") {
        printing.bars.State("offloading from the board: correct/ms, times the board's", gain,
                            "wifi; the talk: about 2");
        printing.bars.AtLeast("cascade: of full-remote accuracy", 0.99, keeps, "wifi");
        printing.bars.AtMost("... of its traffic", 0.5, sends, "wifi");
      }
    }
    all.push_back(std::move(json));
  }
  out << "mean of " << printing.seeds << " seeds (least to most). oracle: foresees each place's "
      << "time for each request; no foresight: knows how\nthey are distributed, and keeps the best "
      << "place or the best wait before turning to the board: no rule that decides before the\n"
      << "request and asks one place at a time does better on the mean. no foresight / oracle: "
      << "what chance alone leaves; hedging: the board begins while the agent is waited for\n\n";
  printing.bars.AtLeast(title + ": router / best fixed", 0.98, worst[0].value, worst[0].where);
  printing.bars.AtLeast("... / foreseeing oracle", 0.95, worst[1].value, worst[1].where);
  if (worst[1].value < 0.95)
    printing.bars.State("... that no rule without foresight passes there", worst[3].value,
                        worst[3].where);
  printing.bars.AtLeast("... / oracle without foresight", 0.95, worst[2].value, worst[2].where);
  if (!world.cascade) return all;
  const HedgingWorst& hedged = hedging_worst;
  printing.bars.AtLeast("... hedging allowed / foreseeing oracle", 0.95, hedged.oracle.value,
                        hedged.oracle.where);
  printing.bars.AtLeast("... hedging allowed / best fixed", 0.98, hedged.fixed.value,
                        hedged.fixed.where);
  printing.bars.AtLeast("... hedging allowed / not allowed", 0.99, hedged.routed.value,
                        hedged.routed.where);
  printing.bars.State("... hedging on one core / foreseeing oracle", hedged.one_core.value,
                      hedged.one_core.where);
  return all;
}

}  // namespace covey::bench
