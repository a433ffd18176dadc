// covey models AGENT: what an agent serves.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/place/target.hpp"
#include "apps/covey/place/tensors.hpp"
#include "serve/client/client.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string agent;
  double deadline_s = 10;
  bool json = false;
};

struct Row {
  serve::ModelSummary summary;
  serve::ModelInfo info;  // empty if the model has an error
};

Expected<std::vector<Row>> Ask(const HostPort& agent, double deadline_s) {
  serve::Client client({.host = agent.host, .port = agent.port});
  const serve::Deadline deadline =
      serve::DeadlineIn(std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>(deadline_s)));
  const std::string name = "agent " + agent.text();
  DiagText diag;
  const auto models = client.ListModels(deadline, diag);
  if (!models.ok()) return Explain(name, models.status(), diag);
  std::vector<Row> rows;
  for (const serve::ModelSummary& summary : *models) {
    Row row{summary, {}};
    if (summary.error.empty()) {
      const auto info = client.DescribeModel(summary.name, deadline, diag);
      if (!info.ok()) return Explain(name + ": " + summary.name, info.status(), diag);
      row.info = *info;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json Tensors(const std::vector<serve::TensorInfo>& tensors) {
  Json list = Json::array();
  for (const serve::TensorInfo& tensor : tensors) {
    Json one = {{"name", tensor.name},
                {"dtype", DTypeName(static_cast<DType>(tensor.type))},
                {"dims", tensor.dims}};
    if (tensor.scale != 0) {
      one["scale"] = tensor.scale;
      one["zero_point"] = tensor.zero_point;
    }
    list.push_back(std::move(one));
  }
  return list;
}

Json ToJson(const Row& row) {
  Json json = {{"name", row.summary.name}, {"backend", row.summary.backend}};
  if (!row.summary.error.empty()) {
    json["error"] = row.summary.error;
    return json;
  }
  json["inputs"] = Tensors(row.info.inputs);
  json["outputs"] = Tensors(row.info.outputs);
  json["labels"] = row.info.labels;
  json["classifies"] = row.info.classifies;
  json["file_bytes"] = row.info.file_bytes;
  if (row.info.arena_bytes > 0) json["arena_bytes"] = row.info.arena_bytes;
  return json;
}

void PrintTable(const std::vector<Row>& rows) {
  Table table({"model", "backend", "inputs", "outputs", ">classes", ">arena bytes", ">file bytes"});
  for (const Row& row : rows) {
    const serve::ModelInfo& info = row.info;
    if (!row.summary.error.empty()) {
      table.Add({row.summary.name, "-", "cannot be served: " + row.summary.error});
      continue;
    }
    table.Add({row.summary.name, row.summary.backend, InputsText(info.inputs),
               InputsText(info.outputs), info.classifies ? std::to_string(info.labels) : "-",
               info.arena_bytes > 0 ? Thousands(info.arena_bytes) : "-",
               Thousands(info.file_bytes)});
  }
  std::cout << table.Text();
}

int Models(const Options& options) {
  std::string text = options.agent;
  if (text.rfind("agent:", 0) == 0) text.erase(0, 6);  // As --on writes it.
  const Expected<HostPort> agent = ParseHostPort("AGENT", text);
  if (!agent) {
    PrintFailure(agent.error(), options.json);
    return kUsage;
  }
  const Expected<std::vector<Row>> rows = Ask(agent.value(), options.deadline_s);
  if (!rows) return Fail(rows.error(), options.json);
  if (!options.json) {
    PrintTable(rows.value());
    return kDone;
  }
  Json list = Json::array();
  for (const Row& row : rows.value()) list.push_back(ToJson(row));
  PrintJson(std::cout, {{"agent", agent.value().text()}, {"models", std::move(list)}});
  return kDone;
}

}  // namespace

void AddModels(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("models", "List the models that an agent serves");
  command->add_option("AGENT", options->agent, "HOST:PORT")->required();
  command->add_option("--deadline", options->deadline_s, "seconds that it may take (default 10)")
      ->check(NumberFrom(0.001, 3600));
  command->add_flag("--json", options->json, "print JSON");
  command->footer(
      "Examples:\n"
      "  covey models 127.0.0.1:7700\n"
      "  covey models edge.local:7700 --json | jq -r '.models[].name'");
  command->callback([=, &chosen] { chosen = [=] { return Models(*options); }; });
}

}  // namespace covey::app
