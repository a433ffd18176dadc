// A Report in words for a terminal and in JSON for a program.
#include <algorithm>

#include "apps/covey/io/table.hpp"
#include "apps/covey/model/report.hpp"

namespace covey::app {
namespace {

// What of an op's tensors is quantised how: the output, and the weights if it has some.
std::string OpQuantisation(const ReportOp& op) {
  std::string text = op.outputs.empty() ? "-" : QuantisationText(op.outputs[0]);
  for (size_t i = 1; i < op.inputs.size() && i < 2; ++i) {
    if (op.inputs[i].constant && !op.inputs[i].scales.empty()) {
      text += "; weights " + QuantisationText(op.inputs[i]);
    }
  }
  return text;
}

std::string Shapes(const std::vector<ReportTensor>& tensors, size_t limit) {
  std::string text;
  for (size_t i = 0; i < tensors.size() && i < limit; ++i) {
    text += (i > 0 ? " " : "") + ShapeText(tensors[i]);
  }
  return text;
}

void DescribePorts(const char* what, const std::vector<ReportTensor>& tensors, std::string& text) {
  for (const ReportTensor& tensor : tensors) {
    text += std::string(what) + " " + ShapeText(tensor) + "  " + QuantisationText(tensor) + "  '" +
            tensor.name + "'\n";
  }
}

Json TensorList(const std::vector<ReportTensor>& tensors) {
  Json list = Json::array();
  for (const ReportTensor& tensor : tensors) list.push_back(ToJson(tensor));
  return list;
}

Json OrNull(const std::optional<uint64_t>& number) { return number ? Json(*number) : Json(); }

}  // namespace

std::string ReportText(const Report& report) {
  const bool forms = std::any_of(report.ops.begin(), report.ops.end(),
                                 [](const ReportOp& op) { return !op.weights.empty(); });
  std::string text = report.path + ": " + report.format + ", " + Thousands(report.file_bytes) +
                     " bytes" + (report.name.empty() ? "" : ", '" + report.name + "'") + "\n";
  DescribePorts("input ", report.inputs, text);
  DescribePorts("output", report.outputs, text);
  std::vector<std::string> head = {">#", "op", "inputs", "output", ">MACs", ">weight bytes"};
  if (forms) head.emplace_back("weights as");
  head.emplace_back("quantisation");
  Table table(head);
  for (size_t i = 0; i < report.ops.size(); ++i) {
    const ReportOp& op = report.ops[i];
    const bool known = op.op != "none";
    std::vector<std::string> row = {std::to_string(i),
                                    known ? op.op : op.source_op + " (engine lacks it)",
                                    Shapes(op.inputs, 3),
                                    Shapes(op.outputs, 1),
                                    op.macs > 0 ? Thousands(op.macs) : "-",
                                    op.weight_bytes > 0 ? Thousands(op.weight_bytes) : "-"};
    if (forms) row.push_back(op.weights.empty() ? "-" : op.weights);
    row.push_back(OpQuantisation(op));
    table.Add(row);
  }
  text += '\n' + table.Text() + '\n';
  text += "ops           " + Thousands(report.ops.size()) + '\n';
  text += "MACs          " + Thousands(report.macs) + '\n';
  text += "weight bytes  " + Thousands(report.weight_bytes) + '\n';
  if (report.arena_bytes) {
    text += "arena bytes   " + Thousands(*report.arena_bytes) + " (no plan needs fewer than " +
            Thousands(*report.arena_lower_bound) + "; tensors that share nothing need " +
            Thousands(*report.arena_apart) + ")\n";
    text += "image bytes   " + Thousands(*report.image_bytes) + '\n';
  } else {
    text += "int8 engine   cannot run it: " + report.no_image + '\n';
  }
  if (!report.labels.empty()) {
    text += "labels       ";
    for (const std::string& label : report.labels) text += " " + label;
    text += '\n';
  }
  return text;
}

Json ToJson(const ReportTensor& tensor) {
  Json json = {{"name", tensor.name},
               {"dtype", DTypeName(tensor.dtype)},
               {"dims", tensor.dims},
               {"constant", tensor.constant}};
  if (tensor.scales.size() == 1) {
    json["scale"] = tensor.scales[0];
    json["zero_point"] = tensor.zero_points.empty() ? 0 : tensor.zero_points[0];
  } else if (tensor.scales.size() > 1) {
    json["channels"] = tensor.scales.size();
  }
  return json;
}

Json ToJson(const Report& report) {
  Json ops = Json::array();
  for (const ReportOp& op : report.ops) {
    ops.push_back({{"op", op.op},
                   {"name", op.name},
                   {"source_op", op.source_op},
                   {"inputs", TensorList(op.inputs)},
                   {"outputs", TensorList(op.outputs)},
                   {"macs", op.macs},
                   {"weight_bytes", op.weight_bytes}});
    if (!op.weights.empty()) ops.back()["weights"] = op.weights;
  }
  Json json = {{"model", report.path},
               {"format", report.format},
               {"name", report.name},
               {"file_bytes", report.file_bytes},
               {"inputs", TensorList(report.inputs)},
               {"outputs", TensorList(report.outputs)},
               {"macs", report.macs},
               {"weight_bytes", report.weight_bytes},
               {"arena_bytes", OrNull(report.arena_bytes)},
               {"arena_lower_bound", OrNull(report.arena_lower_bound)},
               {"arena_apart", OrNull(report.arena_apart)},
               {"image_bytes", OrNull(report.image_bytes)},
               {"labels", report.labels},
               {"ops", std::move(ops)}};
  if (!report.no_image.empty()) json["no_image"] = report.no_image;
  return json;
}

}  // namespace covey::app
