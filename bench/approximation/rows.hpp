// Rows of the comparison: as a table, as JSON, and back from the JSON that an earlier run kept.
//
//   std::cout << TableOf(network, rows, {"m4", "m33"});
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "bench/approximation/sets.hpp"
#include "compiler/approximate/explorer.hpp"

namespace covey::bench {

struct BoardFigures {
  std::string board;
  uint64_t instructions = 0;
  double milliseconds = 0;
  std::string chip{};
};
struct Row {
  std::string name, recipe{};
  uint64_t macs = 0, flash = 0, arena = 0;
  std::optional<compiler::Accuracy> report{}, select{};
  double agreement = 1;  // with the exact network, on the report set
  std::vector<BoardFigures> boards{};
  uint64_t known = 0;  // instructions on the m4 that others measured
};

std::string TableOf(const Network& network, const std::vector<Row>& rows,
                    const std::vector<std::string>& boards);
app::Json ToJson(const Network& network, const std::vector<Row>& rows);
// Throws what the JSON library throws where it is no such JSON.
std::vector<Row> RowsOf(const app::Json& json);

}  // namespace covey::bench
