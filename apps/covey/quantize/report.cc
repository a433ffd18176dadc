#include "apps/covey/quantize/report.hpp"

#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

std::string Percent(double part) { return Fixed(100 * part, 2) + " %"; }

std::string Line(const char* name, size_t correct, size_t samples, compiler::Proportion p) {
  return std::string(name) + " top-1 " + Percent(p.value) + " (" + std::to_string(correct) +
         " of " + std::to_string(samples) + "; 95 % interval " + Percent(p.low) + " to " +
         Percent(p.high) + ")\n";
}

Json ToJson(compiler::Proportion p) {
  return {{"value", p.value}, {"low", p.low}, {"high", p.high}};
}

Json ToJson(const Accuracy& accuracy) {
  return {{"samples", accuracy.samples},           {"float_correct", accuracy.float_correct},
          {"int8_correct", accuracy.int8_correct}, {"float_top1", ToJson(accuracy.floats)},
          {"int8_top1", ToJson(accuracy.int8)},    {"difference", ToJson(accuracy.difference)}};
}

}  // namespace

Accuracy AccuracyOf(const std::vector<float>& floats, const std::vector<float>& int8,
                    const std::vector<int>& labels) {
  Accuracy accuracy;
  accuracy.samples = labels.size();
  accuracy.float_correct = compiler::Correct(floats, labels);
  accuracy.int8_correct = compiler::Correct(int8, labels);
  accuracy.floats = compiler::ProportionOf(accuracy.float_correct, labels.size());
  accuracy.int8 = compiler::ProportionOf(accuracy.int8_correct, labels.size());
  accuracy.difference = compiler::PairedDifference(floats, int8, labels);
  return accuracy;
}

std::string Text(const QuantiseReport& report) {
  const compiler::Quantised& q = report.quantised;
  std::string text;
  Table table({"choice", ">SQNR, dB", ">same answer", ""});
  for (const compiler::Candidate& c : q.candidates) {
    table.Add({c.what, Fixed(c.sqnr_db, 2), Percent(c.agree), c.taken ? "taken" : ""});
  }
  text += table.Text();
  for (const std::string& note : q.notes) text += note + "\n";
  text += "ranges from " + std::to_string(q.calibrate_samples) + " samples, choices by " +
          std::to_string(q.select_samples) +
          (q.disjoint ? " others\n" : ", the same ones: give at least six\n");
  if (q.wide_tensors > 0) {
    const double slower =
        static_cast<double>(q.instructions) / static_cast<double>(q.narrow_instructions) - 1;
    text += std::to_string(q.wide_tensors) + " tensors are int16: about " + Percent(slower) +
            " more instructions, by estimate\n";
  }
  if (report.accuracy) {
    const Accuracy& a = *report.accuracy;
    text += Line("float", a.float_correct, a.samples, a.floats);
    text += Line("int8 ", a.int8_correct, a.samples, a.int8);
    text += "int8 less float " + Percent(a.difference.value) + " (paired 95 % interval " +
            Percent(a.difference.low) + " to " + Percent(a.difference.high) + ")\n";
  }
  return text + report.output + ": " + Thousands(report.image_bytes) + " bytes\n";
}

Json ToJson(const QuantiseReport& report) {
  const compiler::Quantised& q = report.quantised;
  Json candidates = Json::array(), layers = Json::array();
  for (const compiler::Candidate& c : q.candidates) {
    candidates.push_back(
        {{"what", c.what}, {"sqnr_db", c.sqnr_db}, {"agree", c.agree}, {"taken", c.taken}});
  }
  for (const compiler::LayerReport& layer : q.layers) {
    layers.push_back({{"op", layer.op},
                      {"name", layer.name},
                      {"sqnr_db", layer.sqnr_db},
                      {"low", layer.range.lo},
                      {"high", layer.range.hi},
                      {"bias_corrected", layer.corrected},
                      {"dtype", layer.wide ? "int16" : "int8"}});
    if (layer.alone_db > 0) layers.back()["alone_db"] = layer.alone_db;
  }
  Json json = {{"model", report.model},
               {"output", report.output},
               {"image_bytes", report.image_bytes},
               {"method", compiler::RangeMethodName(q.method)},
               {"equalised", q.equalised},
               {"bias_corrected", q.bias_corrected},
               {"calibrate_samples", q.calibrate_samples},
               {"select_samples", q.select_samples},
               {"disjoint", q.disjoint},
               {"sqnr_db", q.sqnr_db},
               {"agree", q.agree},
               {"wide_tensors", q.wide_tensors},
               {"estimated_instructions", q.instructions},
               {"estimated_instructions_int8", q.narrow_instructions},
               {"candidates", candidates},
               {"layers", layers},
               {"notes", q.notes}};
  if (report.accuracy) json["accuracy"] = ToJson(*report.accuracy);
  return json;
}

}  // namespace covey::app
