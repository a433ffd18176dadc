#include "plan/cost/models_csv.hpp"

#include <charconv>
#include <map>
#include <string>

#include "plan/cost/resident_array.hpp"

namespace covey::plan {
namespace {

constexpr Status kInvalid(Code::kInvalidArgument, "models csv: an entry is wrong");
constexpr int64_t kMost = int64_t{1} << 40;

std::vector<std::string_view> Split(std::string_view line, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = line.find(by);
    parts.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return parts;
    line.remove_prefix(at + 1);
  }
}

// One line, by the names of its columns; remembers the first refusal.
class Row {
 public:
  Row(const std::map<std::string_view, size_t>& columns, std::vector<std::string_view> cells,
      int64_t line, Diag& diag)
      : columns_(columns), cells_(std::move(cells)), line_(line), diag_(diag) {}

  bool ok() const { return ok_; }

  std::string_view Text(std::string_view column) {
    const auto found = columns_.find(column);
    if (found == columns_.end() || found->second >= cells_.size()) {
      Refuse(column, "is missing");
      return {};
    }
    return cells_[found->second];
  }
  int64_t Number(std::string_view column) { return NumberIn(column, Text(column), 0); }
  int32_t Small(std::string_view column) {
    const int64_t value = Number(column);
    if (value > 1 << 20) Refuse(column, "is larger than 1048576");
    return static_cast<int32_t>(value);
  }
  // "2x1"
  void Pair(std::string_view column, int32_t& first, int32_t& second) {
    const std::vector<std::string_view> parts = Split(Text(column), 'x');
    if (parts.size() != 2) return Refuse(column, "is not ROWSxCOLUMNS");
    first = static_cast<int32_t>(NumberIn(column, parts[0], 1));
    second = static_cast<int32_t>(NumberIn(column, parts[1], 1));
  }
  std::vector<int> List(std::string_view column) {
    std::vector<int> list;
    for (std::string_view part : Split(Text(column), ' ')) {
      if (!part.empty()) list.push_back(static_cast<int>(NumberIn(column, part, kNetworkInput)));
    }
    return list;
  }
  void Refuse(std::string_view column, const char* what) {
    if (!ok_) return;
    ok_ = false;
    const std::string subject = "models csv line " + std::to_string(line_);
    const std::string problem = std::string(column) + " " + what;
    diag_.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  }

 private:
  int64_t NumberIn(std::string_view column, std::string_view text, int64_t least) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least ||
        value > kMost) {
      Refuse(column, "is not a whole number in range");
      return least;
    }
    return value;
  }

  const std::map<std::string_view, size_t>& columns_;
  std::vector<std::string_view> cells_;
  int64_t line_;
  Diag& diag_;
  bool ok_ = true;
};

LayerOp OpOf(Row& row) {
  const std::string_view text = row.Text("op");
  for (LayerOp op : {LayerOp::kConv2d, LayerOp::kConv1d, LayerOp::kConvTranspose2d,
                     LayerOp::kLinear, LayerOp::kDepthwise, LayerOp::kPassthrough}) {
    if (text == LayerOpName(op)) return op;
  }
  row.Refuse("op", "is unknown");
  return LayerOp::kPassthrough;
}

Layer LayerOf(Row& row) {
  Layer layer;
  layer.name = std::string(row.Text("name"));
  layer.op = OpOf(row);
  layer.inputs = row.List("in_seq");
  LayerShape& shape = layer.shape;
  shape.cin = row.Small("cin");
  shape.cout = row.Small("cout");
  shape.kernel_h = row.Small("kh");
  shape.kernel_w = row.Small("kw");
  shape.pad = row.Small("pad");
  row.Pair("pool", shape.pool_h, shape.pool_w);
  row.Pair("pool_stride", shape.pool_stride_h, shape.pool_stride_w);
  shape.in_h = row.Small("in_h");
  shape.in_w = row.Small("in_w");
  shape.out_h = row.Small("out_h");
  shape.out_w = row.Small("out_w");
  shape.flatten = row.Small("flatten") != 0;
  shape.weight_bits = row.Small("weight_bits");
  const bool eltwise = row.Text("eltwise") != "none";
  shape.operands = eltwise ? static_cast<int32_t>(layer.inputs.size()) : 1;
  layer.weight_bytes = row.Number("weight_bytes");
  layer.bias_bytes = row.Number("bias_bytes");
  layer.macs = row.Number("macs");
  layer.in_bytes = row.Number("in_bytes");
  layer.out_bytes = row.Number("out_bytes");
  layer.counted = {{"max78000", static_cast<double>(row.Number("cycles_max78000"))}};
  return layer;
}

}  // namespace

Result<std::vector<CsvModel>> ReadModelsCsv(std::string_view text, Diag& diag) {
  std::vector<CsvModel> models;
  std::map<std::string_view, size_t> columns;
  int64_t number = 0;
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    if (columns.empty()) {
      const std::vector<std::string_view> names = Split(line, ',');
      for (size_t i = 0; i < names.size(); ++i) columns[names[i]] = i;
      continue;
    }
    Row row(columns, Split(line, ','), number, diag);
    const std::string name(row.Text("model"));
    if (models.empty() || models.back().table.name != name) {
      models.push_back({});
      models.back().table.name = name;
      models.back().table.input_bytes = row.Number("in_bytes");
    }
    CsvModel& model = models.back();
    if (row.ok() && row.Number("layer") != model.table.size()) {
      row.Refuse("layer", "is not the next of its model");
    }
    model.table.layers.push_back(LayerOf(row));
    model.rows.push_back({row.Number("kernel_count"), row.Number("kernel_cols"),
                          row.Number("processors"), row.Number("passes"),
                          row.Number("cycles_max78000"), row.Number("cut_bytes"), number});
    if (!row.ok()) return kInvalid;
  }
  for (CsvModel& model : models) COVEY_TRY(FillCuts(model.table));
  return models;
}

}  // namespace covey::plan
