#include "apps/covey/eval/report.hpp"

#include "apps/covey/io/quantiles.hpp"
#include "apps/covey/io/table.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

Json EstimateJson(const serve::Estimate& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

void Put(Json& json, const char* key, const std::optional<serve::Estimate>& e) {
  if (e) json[key] = EstimateJson(*e);
}

Json RowJson(const EvalRow& row, const EvalSamples& samples, bool first) {
  const serve::PlaceMetrics& m = row.metrics;
  Json json = {{"name", row.pair.name},  {"model", row.pair.model}, {"place", row.pair.target.text},
               {"backend", row.backend}, {"trials", m.trials},      {"missed", m.missed},
               {"changed", m.changed}};
  Put(json, "top1", m.top1);
  Put(json, "top1_agreement", m.agree1);
  Put(json, "top3_agreement", m.agree3);
  Put(json, "confidence_deviation", m.deviation);
  json["latency_kind"] = LatencyKind(row);
  if (m.has_compute) json["inference_ms"] = ToJson(m.compute_ms);
  json["latency_ms"] = ToJson(m.latency_ms);
  json["mean_latency_ms"] = EstimateJson(m.mean_latency_ms);
  Put(json, "correct_per_ms", m.efficiency);
  if (const auto miss = FirstMiss(row))
    json["first_missed"] = {{"sample", samples.names[miss->sample]}, {"why", miss->why}};
  json["sent_bytes"] = m.sent_bytes;
  json["received_bytes"] = m.received_bytes;
  if (row.energy_uj) json["energy_uj"] = *row.energy_uj;
  if (first) return json;
  Json& against = json["against_first"];
  Put(against, "top1", row.against_first.top1);
  Put(against, "top1_agreement", row.against_first.agree1);
  against["latency_ratio"] = EstimateJson(row.against_first.latency_ratio);
  return json;
}

std::string Cell(const std::optional<serve::Estimate>& e, double scale, int digits) {
  return e ? Fixed(scale * e->value, digits) : "";
}
std::string Range(const std::optional<serve::Estimate>& e, double scale, int digits) {
  if (!e) return "";
  return Fixed(scale * e->value, digits) + " (" + Fixed(scale * e->low, digits) + "-" +
         Fixed(scale * e->high, digits) + ")";
}

std::string CsvText(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string to = "\"";
  for (const char c : text) to += c == '"' ? "\"\"" : std::string(1, c);
  return to + "\"";
}

std::string CsvTrial(const Evaluation& all, const EvalRow& row, size_t i, size_t round) {
  const serve::Trial& t = row.trials[i][round];
  const auto ranked = [&](size_t k) {
    return t.answered && k < t.top.size() ? std::to_string(t.top[k].index) : std::string();
  };
  std::string line = CsvText(row.pair.name) + "," + CsvText(all.samples.names[i]) + "," +
                     std::to_string(round) + ",";
  if (!all.samples.labels.empty()) line += std::to_string(all.samples.labels[i]);
  line += std::string(",") + (t.answered ? "1" : "0") + "," + ranked(0) + "," +
          (t.answered && !t.top.empty() ? Fixed(t.top[0].confidence, 6) : "") + "," + ranked(1) +
          "," + ranked(2) + ",";
  if (!all.reference_says.empty()) {
    const serve::Probabilities& reference = all.reference_says[i];
    line += std::to_string(serve::LikeliestOf(reference)) + ",";
    if (t.answered && !t.top.empty()) line += Fixed(serve::DeviationOf(t, reference), 6);
  } else {
    line += ",";
  }
  line += "," + (t.compute_ms ? Fixed(*t.compute_ms, 6) : std::string()) + "," +
          Fixed(t.latency_ms, 6) + "," + LatencyKind(row) + "," + std::to_string(t.sent_bytes) +
          "," + std::to_string(t.received_bytes) + "," + CsvText(t.why) + "\n";
  return line;
}

// Both ways as one number, weighted by what a request sends and gets.
double RadioOf(const Evaluation& evaluation, const serve::PlaceMetrics& m) {
  const double bytes = m.sent_bytes + m.received_bytes;
  if (bytes <= 0) return 0;
  return (evaluation.energy.send_nj_per_byte * m.sent_bytes +
          evaluation.energy.receive_nj_per_byte * m.received_bytes) /
         bytes;
}

}  // namespace

std::optional<Miss> FirstMiss(const EvalRow& row) {
  for (size_t i = 0; i < row.trials.size(); ++i)
    for (const serve::Trial& trial : row.trials[i])
      if (!trial.answered) return Miss{i, trial.why};
  return {};
}

std::string LatencyKind(const EvalRow& row) { return row.modelled ? "modelled" : "measured"; }

Json ToJson(const Evaluation& evaluation) {
  Json rows = Json::array();
  for (const EvalRow& row : evaluation.rows)
    rows.push_back(RowJson(row, evaluation.samples, rows.empty()));
  Json json = {{"data", evaluation.data},
               {"samples", evaluation.samples.images.size()},
               {"labels", !evaluation.samples.labels.empty()},
               {"rounds", evaluation.rounds}};
  json["reference"] = evaluation.reference.empty() ? Json() : Json(evaluation.reference);
  json["energy_model"] = {{"active_mw", evaluation.energy.active_mw},
                          {"waiting_mw", evaluation.energy.waiting_mw},
                          {"send_nj_per_byte", evaluation.energy.send_nj_per_byte},
                          {"receive_nj_per_byte", evaluation.energy.receive_nj_per_byte}};
  if (!evaluation.notes.empty()) json["notes"] = evaluation.notes;
  if (!evaluation.stopped.empty()) json["stopped"] = evaluation.stopped;
  json["pairs"] = std::move(rows);
  return json;
}

std::string TrialsCsv(const Evaluation& evaluation) {
  std::string text =
      "pair,sample,round,label,answered,class,confidence,second,third,reference_class,"
      "confidence_deviation,inference_ms,latency_ms,latency_kind,sent_bytes,received_bytes,why\n";
  for (size_t i = 0; i < evaluation.samples.images.size(); ++i)
    for (size_t round = 0; round < evaluation.rounds; ++round)
      for (const EvalRow& row : evaluation.rows) text += CsvTrial(evaluation, row, i, round);
  return text;
}

std::string FiguresText(const Evaluation& evaluation) {
  Table table({"pair", ">top-1 % (95 %)", ">agree 1", ">agree 3", ">deviation", ">missed",
               ">inference ms", ">latency ms", ">p99", "latency", ">correct/ms", ">sent B",
               ">energy uJ"});
  for (const EvalRow& row : evaluation.rows) {
    const serve::PlaceMetrics& m = row.metrics;
    const auto answered = [&m](double ms) { return m.missed < m.trials ? Fixed(ms, 3) : ""; };
    table.Add({row.pair.name, Range(m.top1, 100, 1), Cell(m.agree1, 100, 1), Cell(m.agree3, 100, 1),
               Cell(m.deviation, 1, 4), std::to_string(m.missed),
               m.has_compute ? Fixed(m.compute_ms.median, 3) : "", answered(m.latency_ms.median),
               answered(m.latency_ms.p99), LatencyKind(row), Cell(m.efficiency, 1, 5),
               Fixed(m.sent_bytes, 0), row.energy_uj ? Fixed(*row.energy_uj, 0) : ""});
  }
  std::string text = table.Text();
  for (const std::string& note : evaluation.notes) text += note + "\n";
  for (const EvalRow& row : evaluation.rows) {
    if (const auto miss = FirstMiss(row))
      text += row.pair.name + " missed " + std::to_string(row.metrics.missed) + " of " +
              std::to_string(row.metrics.trials) + ", first " +
              evaluation.samples.names[miss->sample] + ": " + miss->why + "\n";
  }
  return text;
}

serve::Profiles ProfilesOf(const Evaluation& evaluation) {
  serve::Profiles profiles;
  for (const EvalRow& row : evaluation.rows) {
    const serve::PlaceMetrics& m = row.metrics;
    const bool agent = row.pair.target.kind == Target::Kind::kAgent;
    std::optional<serve::EnergyProfile> energy;
    if (row.energy_uj)
      energy = {agent ? 0 : *row.energy_uj, evaluation.energy.waiting_mw, RadioOf(evaluation, m)};
    profiles.places.push_back(
        {.name = row.pair.name,
         .model = agent ? row.pair.model : serve::ModelNameOf(row.pair.model),
         .place = row.pair.target.text,
         .local = !agent,
         .samples = m.pictures,
         .accuracy = m.top1,
         .agreement = m.agree1,
         .approximate = row.approximate,
         .modelled = row.modelled,
         .compute_ms = m.place_ms,
         .latency_ms = m.latency_ms,
         .missed =
             m.trials == 0 ? 0 : static_cast<double>(m.missed) / static_cast<double>(m.trials),
         .sent_bytes = m.sent_bytes,
         .received_bytes = m.received_bytes,
         .energy = energy,
         .memory_bytes = row.memory_bytes,
         .flash_bytes = row.flash_bytes});
  }
  return profiles;
}

}  // namespace covey::app
