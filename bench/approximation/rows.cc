#include "bench/approximation/rows.hpp"

#include <algorithm>

#include "apps/covey/io/table.hpp"

namespace covey::bench {

using app::Fixed;
using app::Json;
using app::Thousands;

namespace {

std::string Percent(double part) { return Fixed(100 * part, 2); }

Json ToJson(const compiler::Proportion& p) {
  return {{"value", p.value}, {"low", p.low}, {"high", p.high}};
}
compiler::Proportion ProportionFrom(const Json& json) {
  return {json.at("value"), json.at("low"), json.at("high")};
}

}  // namespace

std::string TableOf(const Network& network, const std::vector<Row>& rows,
                    const std::vector<std::string>& boards) {
  std::vector<std::string> header{network.name, ">top-1 % (95 %)", ">less exact (95 %)", ">MACs"};
  for (const std::string& board : boards) {
    header.push_back(">" + board + " instructions");
    header.push_back(">ms");
  }
  header.insert(header.end(), {">flash", ">arena", "recipe"});
  app::Table table(header);
  for (const Row& row : rows) {
    std::vector<std::string> cells{row.name};
    if (row.report) {
      const compiler::Proportion &top1 = row.report->top1, &off = row.report->difference;
      cells.push_back(Percent(top1.value) + " (" + Percent(top1.low) + " to " + Percent(top1.high) +
                      ")");
      cells.push_back(Percent(off.value) + " (" + Percent(off.low) + " to " + Percent(off.high) +
                      ")");
    } else {
      cells.insert(cells.end(), {"-", "-"});
    }
    cells.push_back(Thousands(row.macs));
    for (const std::string& board : boards) {
      const auto at = std::find_if(row.boards.begin(), row.boards.end(),
                                   [&](const BoardFigures& one) { return one.board == board; });
      if (at != row.boards.end()) {
        cells.insert(cells.end(), {Thousands(at->instructions),
                                   at->milliseconds > 0 ? Fixed(at->milliseconds, 1) : "-"});
      } else {
        cells.insert(cells.end(),
                     {row.known > 0 && board == "m4" ? Thousands(row.known) : "-", "-"});
      }
    }
    cells.insert(cells.end(), {row.flash > 0 ? Thousands(row.flash) : "-",
                               row.arena > 0 ? Thousands(row.arena) : "-", row.recipe});
    table.Add(cells);
  }
  return table.Text();
}

Json ToJson(const Network& network, const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    Json boards = Json::array();
    for (const BoardFigures& one : row.boards)
      boards.push_back({{"board", one.board},
                        {"instructions", one.instructions},
                        {"chip", one.chip},
                        {"modelled_ms", one.milliseconds}});
    Json json = {{"name", row.name},         {"recipe", row.recipe},     {"macs", row.macs},
                 {"flash_bytes", row.flash}, {"arena_bytes", row.arena}, {"boards", boards}};
    if (row.known > 0) json["m4_instructions_by_others"] = row.known;
    if (row.report) {
      json["top1"] = ToJson(row.report->top1);
      json["difference"] = ToJson(row.report->difference);
      json["agreement"] = row.agreement;
    }
    if (row.select) json["selection_difference"] = ToJson(row.select->difference);
    list.push_back(json);
  }
  return {{"network", network.name}, {"rows", list}};
}

std::vector<Row> RowsOf(const Json& json) {
  std::vector<Row> rows;
  for (const Json& from : json.at("rows")) {
    Row& row = rows.emplace_back();
    row.name = from.at("name"), row.recipe = from.at("recipe"), row.macs = from.at("macs");
    row.flash = from.at("flash_bytes"), row.arena = from.at("arena_bytes");
    row.known = from.value("m4_instructions_by_others", uint64_t{0});
    for (const Json& board : from.at("boards"))
      row.boards.push_back({.board = board.at("board"),
                            .instructions = board.at("instructions"),
                            .milliseconds = board.at("modelled_ms"),
                            .chip = board.at("chip")});
    if (from.contains("top1")) {
      row.report = {ProportionFrom(from.at("top1")), ProportionFrom(from.at("difference"))};
      row.agreement = from.at("agreement");
    }
  }
  return rows;
}

}  // namespace covey::bench
