// covey split MODEL.onnx DATA: where a network may be cut, what crosses each cut as int8, and how
// many answers that keeps; with --at the two parts.
#include <CLI/CLI.hpp>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/data/entries.hpp"
#include "apps/covey/eval/options.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/compile.hpp"
#include "compiler/model_toml.hpp"
#include "compiler/split/onnx_split.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/measure/interval.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string model, data, at, output;
  SampleOptions samples;
  size_t most = 24;
  bool json = false;
};

struct Row {
  std::string tensor;
  std::vector<int32_t> dims;
  size_t bytes = 0;
  double head_share = 0;  // of the multiply-accumulates
  compiler::CutStep step;
  serve::Estimate agreement, top1;
};

Error Says(const std::string& thing, const Status& status, const DiagText& diag) {
  return Explain(thing, status, diag);
}

// The whole network with what stands around it, its bytes, and room for its parts.
class Splitter {
 public:
  static Expected<std::unique_ptr<Splitter>> Open(const Options& options) {
    auto splitter = std::unique_ptr<Splitter>(new Splitter(options));
    DiagText diag;
    auto onnx = serve::MakeOnnxBackend({}, diag);
    if (!onnx.ok()) return Says("onnx", onnx.status(), diag);
    splitter->backends_.push_back(*std::move(onnx));
    const Status loaded =
        serve::LoadEntry(options.model, splitter->backends_, splitter->whole_, diag);
    if (!loaded.ok()) return Says(options.model, loaded, diag);
    if (!splitter->whole_.classifier)
      return MakeError(Code::kFailedPrecondition,
                       options.model + ": " + splitter->whole_.no_classifier);
    Expected<std::vector<std::byte>> bytes = ReadFile(options.model);
    if (!bytes) return bytes.error();
    splitter->bytes_ = std::move(bytes).value();
    auto graph = compiler::ImportFile(options.model, diag);
    if (graph.ok()) splitter->macs_ = static_cast<double>(compiler::Summarise(*graph).macs);
    return splitter;
  }

  Expected<std::vector<std::string>> Cuts() const {
    DiagText diag;
    auto cuts = compiler::OnnxCuts(bytes_, diag);
    if (!cuts.ok()) return Says(options_.model, cuts.status(), diag);
    return *std::move(cuts);
  }

  // Every sample through the whole network: what a cut is compared with.
  Expected<void> AskWhole(const EvalSamples& samples) {
    Progress progress("whole network", samples.images.size());
    for (size_t i = 0; i < samples.images.size(); ++i) {
      DiagText diag;
      const Image& image = samples.images[i];
      HostTensor& input = inputs_.emplace_back();
      Status status = whole_.classifier->Prepare(
          {image.format, image.width, image.height, image.bytes}, input, diag);
      if (status.ok()) status = whole_.model->Run(std::span(&input, 1), outputs_, diag);
      if (status.ok()) status = whole_.classifier->Classes(outputs_, 1, classes_, diag);
      if (!status.ok()) return Says(samples.names[i], status, diag);
      wanted_.push_back(classes_[0].index);
      progress.Step();
    }
    return {};
  }

  // The step is chosen on every second sample, agreement counted on the others.
  Expected<Row> Measure(const std::string& tensor, const EvalSamples& samples) {
    Row row{.tensor = tensor, .dims = {}, .step = {}, .agreement = {}, .top1 = {}};
    Expected<Parts> floats = Load(tensor, {});
    if (!floats) return floats.error();
    const Expected<void> ranged = FindStep(floats.value(), row);
    if (!ranged) return ranged.error();
    Expected<Parts> parts = Load(tensor, row.step);
    if (!parts) return parts.error();
    double same = 0, right = 0, count = 0;
    for (size_t i = 1; i < inputs_.size(); i += 2) {
      const Expected<uint32_t> said = AskParts(parts.value(), inputs_[i]);
      if (!said) return said.error();
      same += said.value() == wanted_[i], count += 1;
      if (!samples.labels.empty()) right += static_cast<int>(said.value()) == samples.labels[i];
    }
    row.agreement = serve::ShareOf(same, count);
    if (!samples.labels.empty()) row.top1 = serve::ShareOf(right, count);
    return row;
  }

  // head.onnx, and a folder that an agent serves.
  Expected<void> Write(const Row& row) const {
    DiagText diag;
    const auto parts = compiler::SplitOnnx(bytes_, row.tensor, row.step, diag);
    if (!parts.ok()) return Says(options_.model, parts.status(), diag);
    const std::string name = fs::path(options_.model).stem().string();
    const fs::path folder = fs::path(options_.output) / (name + "-tail");
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return MakeError(Code::kUnavailable, folder.string() + ": " + error.message());
    const std::string toml = TailToml();
    for (const auto& [path, bytes] :
         {std::pair{fs::path(options_.output) / (name + "-head.onnx"),
                    std::span<const std::byte>(parts->head)},
          std::pair{folder / (name + "-tail.onnx"), std::span<const std::byte>(parts->tail)},
          std::pair{folder / "model.toml", std::as_bytes(std::span(toml))}}) {
      const Expected<void> written = WriteFile(path.string(), bytes);
      if (!written) return written;
    }
    return {};
  }

 private:
  struct Parts {
    std::unique_ptr<serve::Model> head, tail;
    double head_macs = 0;
  };
  explicit Splitter(const Options& options) : options_(options) {}

  Expected<Parts> Load(const std::string& tensor, const compiler::CutStep& step) {
    DiagText diag;
    const auto split = compiler::SplitOnnx(bytes_, tensor, step, diag);
    if (!split.ok()) return Says(options_.model, split.status(), diag);
    Parts parts;
    for (const bool head : {true, false}) {
      const fs::path path = scratch_.path() / (head ? "head.onnx" : "tail.onnx");
      const Expected<void> written = WriteFile(path.string(), head ? split->head : split->tail);
      if (!written) return written.error();
      auto model = backends_[0]->Load(path, diag);
      if (!model.ok())
        return Says(options_.model + " cut at '" + tensor + "'", model.status(), diag);
      (head ? parts.head : parts.tail) = *std::move(model);
      NoDiag ignored;
      if (!head || step.scale > 0) continue;
      auto graph = compiler::ImportFile(path, ignored);
      if (graph.ok()) parts.head_macs = static_cast<double>(compiler::Summarise(*graph).macs);
    }
    return parts;
  }

  Expected<void> FindStep(Parts& parts, Row& row) {
    float low = 0, high = 0;
    for (size_t i = 0; i < inputs_.size(); i += 2) {
      DiagText diag;
      const Status status = parts.head->Run(std::span(&inputs_[i], 1), between_, diag);
      if (!status.ok()) return Says(row.tensor, status, diag);
      if (between_[0].type != ElementType::kFloat32)
        return MakeError(Code::kUnimplemented, "'" + row.tensor + "' is not float32");
      row.dims = between_[0].dims;
      row.bytes = between_[0].data.size() / sizeof(float);
      for (size_t k = 0; k < row.bytes; ++k) {
        float value = 0;
        std::memcpy(&value, between_[0].data.data() + k * sizeof(float), sizeof value);
        low = std::min(low, value), high = std::max(high, value);
      }
    }
    row.step = compiler::StepFor(low, high);
    row.step.dims = row.dims;
    row.head_share = macs_ > 0 ? parts.head_macs / macs_ : 0;
    return {};
  }

  Expected<uint32_t> AskParts(Parts& parts, const HostTensor& input) {
    DiagText diag;
    Status status = parts.head->Run(std::span(&input, 1), between_, diag);
    if (status.ok()) {
      between_[0].name = parts.tail->inputs()[0].name;
      status = parts.tail->Run(std::span(between_).first(1), outputs_, diag);
    }
    if (status.ok()) status = whole_.classifier->Classes(outputs_, 1, classes_, diag);
    if (!status.ok()) return Says(options_.model, status, diag);
    return classes_[0].index;
  }

  std::string TailToml() const {
    NoDiag ignored;
    const fs::path path = compiler::FindModelToml(options_.model);
    const auto whole = compiler::ReadModelToml(path, ignored);
    const bool logits = whole.ok() && whole->kind == compiler::OutputKind::kLogits;
    std::string text = "[model]\nbackend = \"onnx\"\n[output]\nkind = ";
    text += logits ? "\"logits\"\n" : "\"probabilities\"\n";
    if (!whole.ok() || whole->labels.empty()) return text;
    text += "labels = [";
    for (size_t i = 0; i < whole->labels.size(); ++i)
      text += (i > 0 ? ", " : "") + Json(whole->labels[i]).dump();
    return text + "]\n";
  }

  const Options& options_;
  TempDir scratch_;
  std::vector<std::unique_ptr<serve::Backend>> backends_;
  serve::Entry whole_;
  std::vector<std::byte> bytes_;
  double macs_ = 0;
  std::vector<HostTensor> inputs_, outputs_, between_;
  std::vector<ClassScore> classes_;
  std::vector<uint32_t> wanted_;
};

std::string DimsText(const std::vector<int32_t>& dims) {
  std::string text;
  for (const int32_t dim : dims) text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text;
}

void Print(const Options& options, const std::vector<Row>& rows, bool labelled) {
  Table table({"cut", "shape", ">bytes, int8", ">head's MACs %", ">agrees % (95 %)", ">top-1 %"});
  Json list = Json::array();
  for (const Row& row : rows) {
    table.Add({row.tensor, DimsText(row.dims), std::to_string(row.bytes),
               Fixed(100 * row.head_share, 1),
               Fixed(100 * row.agreement.value, 1) + " (" + Fixed(100 * row.agreement.low, 1) +
                   "-" + Fixed(100 * row.agreement.high, 1) + ")",
               labelled ? Fixed(100 * row.top1.value, 1) : ""});
    Json json = {{"cut", row.tensor},
                 {"dims", row.dims},
                 {"bytes", row.bytes},
                 {"head_macs_share", row.head_share},
                 {"scale", row.step.scale},
                 {"zero_point", row.step.zero_point},
                 {"agreement",
                  {{"value", row.agreement.value},
                   {"low", row.agreement.low},
                   {"high", row.agreement.high}}}};
    if (labelled) json["top1"] = row.top1.value;
    list.push_back(std::move(json));
  }
  if (options.json) {
    PrintJson(std::cout, {{"model", options.model}, {"data", options.data}, {"cuts", list}});
  } else {
    std::cout << table.Text();
  }
}

int Split(const Options& options) {
  RemoveTempDirsOnSignal();
  if (options.at.empty() != options.output.empty()) {
    PrintFailure(MakeError(Code::kInvalidArgument, "--at and -o: expected both or neither"),
                 options.json);
    return kUsage;
  }
  if (FileEnding(options.model) != ".onnx")
    return Fail(
        MakeError(Code::kInvalidArgument,
                  options.model + ": expected a float .onnx network (ONNX Runtime runs it)"),
        options.json);
  const Expected<EvalSamples> samples = ReadEvalSamples(options.data, options.samples);
  if (!samples) return Fail(samples.error(), options.json);
  if (samples.value().images.size() < 2)
    return Fail(MakeError(Code::kInvalidArgument, options.data + ": found 1 sample, expected many"),
                options.json);
  const Expected<std::unique_ptr<Splitter>> splitter = Splitter::Open(options);
  if (!splitter) return Fail(splitter.error(), options.json);
  Expected<std::vector<std::string>> cuts = splitter.value()->Cuts();
  if (!cuts) return Fail(cuts.error(), options.json);
  if (!options.at.empty()) cuts = std::vector<std::string>{options.at};
  const Expected<void> asked = splitter.value()->AskWhole(samples.value());
  if (!asked) return Fail(asked.error(), options.json);
  // A deep network has more cuts than anyone reads: some, evenly, and the last.
  std::vector<Row> rows;
  const size_t count = cuts.value().size(), most = std::min(options.most, count);
  Progress progress("cuts", most);
  for (size_t k = 0; k < most; ++k) {
    const std::string& tensor = cuts.value()[(k + 1) * count / most - 1];
    Expected<Row> row = splitter.value()->Measure(tensor, samples.value());
    if (!row) return Fail(row.error(), options.json);
    rows.push_back(std::move(row).value());
    progress.Step();
  }
  if (!options.output.empty()) {
    const Expected<void> written = splitter.value()->Write(rows[0]);
    if (!written) return Fail(written.error(), options.json);
  }
  Print(options, rows, !samples.value().labels.empty());
  return kDone;
}

constexpr char kFooter[] =
    "With --at and -o it writes NAME-head.onnx (picture in, int8 out) and NAME-tail/, a folder "
    "for\n"
    "an agent's repository that takes the int8 tensor.\n"
    "Examples:\n"
    "  covey split resnet56.onnx test.bin --type cifar10\n"
    "  covey split mobilenet.onnx photos/ --labels labels.csv --samples 100 --cuts 12 --json\n"
    "  covey split mobilenet.onnx photos/ --at relu11 -o parts/";

}  // namespace

void AddSplit(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "split", "Cut a float network in two with one int8 tensor between, and measure the cuts");
  command->add_option("MODEL", options->model, "a float .onnx network with its model.toml")
      ->required();
  command->add_option("DATA", options->data, "samples, as for covey eval")->required();
  command->add_option("--cuts", options->most, "most cuts to measure, spread evenly (default 24)")
      ->check(CLI::Range(1, 10000));
  command->add_option("--at", options->at, "this cut alone");
  command->add_option("-o,--output", options->output, "write the two parts into this folder");
  AddSampleOptions(*command, options->samples);
  command->add_flag("--json", options->json, "print JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Split(*options); }; });
}

}  // namespace covey::app
