// Reads layer tables from text: one row a layer, columns by the names of the first line, lines that
// start with # are comments (docs/guide/composition.md lists the columns).
//
//   COVEY_TRY_ASSIGN(std::vector<CsvModel> models, ReadModelsCsv(text, diag));
//
// Errors: kInvalidArgument, with a Finding that names the line and the column.
#pragma once

#include <string_view>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "plan/cost/layer.hpp"

namespace covey::plan {

// A row's own figures, to hold ours against.
struct CsvRow {
  int64_t kernels = 0, columns = 0, processors = 0, passes = 0, cycles = 0, cut_bytes = 0;
  int64_t line = 0;
};

struct CsvModel {
  LayerTable table;
  std::vector<CsvRow> rows;
};

Result<std::vector<CsvModel>> ReadModelsCsv(std::string_view text, Diag& diag);

}  // namespace covey::plan
