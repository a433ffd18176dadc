// covey forms DATA: how small a picture may be sent so that the answer stays, and which form is
// fastest over which link.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/eval/evaluate.hpp"
#include "apps/covey/eval/options.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/io/table.hpp"
#include "core/host/temp_dir.hpp"
#include "plan/link/link_model.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::app {
namespace {

constexpr uint64_t kLinkSeed = 1;

struct Options {
  std::string data, pair, profiles;
  std::vector<std::string> forms;
  std::vector<uint32_t> sizes;
  SampleOptions samples;
  PlaceOptions place;
  double keep = 0.99;
  bool json = false;
};

// What a form did, over samples that chose and samples that only count.
struct FormRow {
  Form form;
  std::vector<double> bytes, back, ms, encode_ms;  // one a sample: sent, received, at the place
  std::vector<double> agrees, right;
  size_t missed = 0;
  double typical_ms = 0, typical_encode_ms = 0;  // medians
};

// Every second sample chooses; the others prove.
bool Chooses(size_t i) { return i % 2 == 0; }

serve::Estimate ShareAmong(const std::vector<double>& hits, bool choosing) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < hits.size(); ++i)
    if (Chooses(i) == choosing) sum += hits[i], count += 1;
  return serve::ShareOf(sum, count);
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Mean of a request over the link, modelled, with the medians of encoding and place as measured.
double RequestMs(const FormRow& row, const plan::LinkShape& shape) {
  plan::LinkModel link(shape, kLinkSeed);
  double sum = 0, now = 0;
  for (size_t i = 0; i < row.bytes.size(); ++i) {
    const double there = link.Arrives(plan::Way::kUp, static_cast<size_t>(row.bytes[i]), now);
    const double back = link.Arrives(plan::Way::kDown, static_cast<size_t>(row.back[i]),
                                     there + row.typical_ms / 1000);
    sum += back - now + row.typical_encode_ms / 1000;
    now = back + 1;
  }
  return 1000 * sum / static_cast<double>(std::max<size_t>(row.bytes.size(), 1));
}

// The forms to try, unless the user names them.
Expected<std::vector<Form>> FormsOf(const Options& options) {
  std::vector<std::string> texts = options.forms;
  if (texts.empty()) {
    texts = {"file", "raw", "png"};
    for (const char* kind : {"jpeg", "bare"})
      for (const int quality : {99, 97, 95, 92, 90, 85, 80, 70, 50, 30})
        for (const char* colour : {"", ":420"})
          texts.push_back(kind + (":" + std::to_string(quality)) + colour);
  }
  std::vector<Form> forms;
  for (const std::string& text : texts) {
    const Expected<Form> form = ParseForm(text);
    if (!form) return form.error();
    forms.push_back(form.value());
    if (form.value().kind != Form::Kind::kJpeg || form.value().short_side > 0) continue;
    for (const uint32_t size : options.sizes) {
      forms.push_back(form.value());
      forms.back().short_side = size;
    }
  }
  return forms;
}

// What the place says to the samples as they are.
Expected<std::vector<uint32_t>> Wanted(Asker& asker, const EvalSamples& samples) {
  std::vector<uint32_t> wanted;
  for (size_t i = 0; i < samples.images.size(); ++i) {
    const serve::Trial trial = asker.Ask(i, samples.images[i], 1);
    if (!trial.answered || trial.top.empty())
      return MakeError(Code::kFailedPrecondition, samples.names[i] + ": " + trial.why);
    wanted.push_back(trial.top[0].index);
  }
  return wanted;
}

double Milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

Expected<void> Try(FormRow& row, size_t i, Asker& asker, const EvalSamples& samples,
                   uint32_t wanted) {
  const auto start = std::chrono::steady_clock::now();
  const Expected<Image> image = InForm(samples.images[i], row.form);
  if (!image) return Error{image.error().code, samples.names[i] + ": " + image.error().message};
  row.encode_ms.push_back(Milliseconds(std::chrono::steady_clock::now() - start));
  const serve::Trial trial = asker.Ask(i, image.value(), 1);
  row.missed += !trial.answered;
  const bool framed = trial.sent_bytes > 0;
  row.bytes.push_back(static_cast<double>(framed ? trial.sent_bytes : image.value().bytes.size()));
  row.back.push_back(static_cast<double>(trial.received_bytes));
  row.ms.push_back(trial.place_ms);
  row.agrees.push_back(trial.answered && trial.top[0].index == wanted);
  if (!samples.labels.empty()) row.right.push_back(serve::IsRight(trial, samples.labels[i]));
  return {};
}

// All forms of one sample before the next, so that what changes on this machine meets all alike.
Expected<std::vector<FormRow>> TryAll(const std::vector<Form>& forms, Asker& asker,
                                      const EvalSamples& samples) {
  const Expected<std::vector<uint32_t>> wanted = Wanted(asker, samples);
  if (!wanted) return wanted.error();
  std::vector<FormRow> rows;
  for (const Form& form : forms) {
    rows.emplace_back();
    rows.back().form = form;
  }
  Progress progress("try forms", samples.images.size());
  for (size_t i = 0; i < samples.images.size(); ++i) {
    for (FormRow& row : rows) {
      const Expected<void> tried = Try(row, i, asker, samples, wanted.value()[i]);
      if (!tried) return tried.error();
    }
    progress.Step();
  }
  for (FormRow& row : rows) {
    row.typical_ms = serve::QuantilesOf(row.ms).median;
    row.typical_encode_ms = serve::QuantilesOf(row.encode_ms).median;
  }
  return rows;
}

// The fastest form over a link of those that keep the answer; none keeps it: the sample as it is.
const FormRow* FastestOf(const std::vector<FormRow>& rows, const plan::LinkShape& link,
                         double keep) {
  const FormRow* best = nullptr;
  for (const FormRow& row : rows) {
    if (ShareAmong(row.agrees, true).value < keep) continue;
    if (best == nullptr || RequestMs(row, link) < RequestMs(*best, link)) best = &row;
  }
  return best;
}

// Over all samples: nothing is chosen here.
serve::Estimate AgreementOf(const FormRow& row) {
  double sum = 0;
  for (const double one : row.agrees) sum += one;
  return serve::ShareOf(sum, static_cast<double>(row.agrees.size()));
}

// Fewer bytes, and as many answers kept as by anything so small. Not every agent takes JPEG
// without its tables, so that one without them is no reason to leave out one with.
bool IsWorthSending(const FormRow& row, const std::vector<FormRow>& rows) {
  if (row.form.kind == Form::Kind::kFile) return false;
  return std::none_of(rows.begin(), rows.end(), [&](const FormRow& other) {
    if (!row.form.jpeg.bare && other.form.jpeg.bare) return false;
    return Mean(other.bytes) < Mean(row.bytes) &&
           AgreementOf(other).value >= AgreementOf(row).value;
  });
}

// The file with these forms, in the place of others of the same profile.
Expected<void> WriteForms(const Options& options, const std::string& name,
                          const std::vector<FormRow>& rows) {
  DiagText diag;
  Result<serve::Profiles> profiles = serve::ReadProfileFile(options.profiles, diag);
  if (!profiles.ok()) return Explain(options.profiles, profiles.status(), diag);
  const serve::PlaceProfile* const place = profiles->Find(name);
  if (place == nullptr || place->local)
    return MakeError(Code::kNotFound, options.profiles + ": found no profile '" + name +
                                          "' of an agent, expected one that covey eval wrote");
  std::erase_if(profiles->forms,
                [&](const serve::FormProfile& one) { return one.profile == name; });
  for (const FormRow& row : rows) {
    if (!IsWorthSending(row, rows)) continue;
    profiles->forms.push_back({.profile = name,
                               .form = row.form.Text(),
                               .sent_bytes = Mean(row.bytes),
                               .encode_ms = row.typical_encode_ms,
                               .agreement = AgreementOf(row)});
  }
  const std::string text = serve::WriteProfiles(*profiles);
  return WriteFile(options.profiles, std::as_bytes(std::span(text)));
}

Json ShareJson(const serve::Estimate& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

void PrintReport(const Options& options, const std::vector<FormRow>& rows) {
  Json forms = Json::array(), links = Json::array();
  for (const FormRow& row : rows) {
    Json json = {{"form", row.form.Text()},
                 {"bytes", Mean(row.bytes)},
                 {"encode_ms", row.typical_encode_ms},
                 {"place_ms", row.typical_ms},
                 {"missed", row.missed},
                 {"agreement_choosing", ShareJson(ShareAmong(row.agrees, true))},
                 {"agreement", ShareJson(ShareAmong(row.agrees, false))}};
    if (!row.right.empty()) json["top1"] = ShareJson(ShareAmong(row.right, false));
    forms.push_back(std::move(json));
  }
  for (const plan::LinkShape& link : plan::LinkPresets()) {
    const FormRow* best = FastestOf(rows, link, options.keep);
    Json json = {{"link", link.name}, {"form", best == nullptr ? Json() : Json(best->form.Text())}};
    if (best != nullptr) json["request_ms"] = RequestMs(*best, link);
    json["as_it_is_ms"] = RequestMs(rows[0], link);
    links.push_back(std::move(json));
  }
  PrintJson(std::cout, {{"data", options.data},
                        {"pair", options.pair},
                        {"keep", options.keep},
                        {"latency_kind", "modelled link, measured place"},
                        {"forms", std::move(forms)},
                        {"links", std::move(links)}});
}

std::string Percent(const serve::Estimate& e) {
  return Fixed(100 * e.value, 1) + " (" + Fixed(100 * e.low, 1) + "-" + Fixed(100 * e.high, 1) +
         ")";
}

void PrintText(const Options& options, const std::vector<FormRow>& rows) {
  std::vector<std::string> head = {"form", ">bytes", ">agrees %, choosing", ">agrees % (95 %)",
                                   ">top-1 %"};
  for (const plan::LinkShape& link : plan::LinkPresets()) head.push_back(">" + link.name + " ms");
  Table table(head);
  for (const FormRow& row : rows) {
    std::vector<std::string> cells = {
        row.form.Text(), Fixed(Mean(row.bytes), 0),
        Fixed(100 * ShareAmong(row.agrees, true).value, 1), Percent(ShareAmong(row.agrees, false)),
        row.right.empty() ? "" : Fixed(100 * ShareAmong(row.right, false).value, 1)};
    for (const plan::LinkShape& link : plan::LinkPresets()) {
      const bool best = FastestOf(rows, link, options.keep) == &row;
      cells.push_back((best ? "* " : "") + Fixed(RequestMs(row, link), 1));
    }
    table.Add(std::move(cells));
  }
  std::cout << table.Text() << "* the fastest over this link of those that keep "
            << Fixed(100 * options.keep, 1)
            << " % of the answers on the samples that choose; the others only count.\n"
               "Requests: link modelled, encoding and place measured on this machine.\n";
}

int Forms(const Options& options) {
  RemoveTempDirsOnSignal();
  const Expected<Pair> pair = ParsePair(options.pair);
  const Expected<std::vector<Form>> forms = pair ? FormsOf(options) : pair.error();
  if (!forms) {
    PrintFailure(forms.error(), options.json);
    return kUsage;
  }
  if (pair.value().target.kind == Target::Kind::kBoard) {
    PrintFailure(MakeError(Code::kInvalidArgument,
                           options.pair + ": found a board, expected host or an agent: what is "
                                          "sent is sent from a board"),
                 options.json);
    return kUsage;
  }
  const Expected<EvalSamples> samples = ReadEvalSamples(options.data, options.samples);
  if (!samples) return Fail(samples.error(), options.json);
  Expected<std::unique_ptr<Asker>> asker = OpenAsker(pair.value(), options.place);
  if (!asker) return Fail(asker.error(), options.json);
  const Expected<void> ready = asker.value()->Prepare(samples.value().images);
  if (!ready) return Fail(ready.error(), options.json);
  const Expected<std::vector<FormRow>> rows =
      TryAll(forms.value(), *asker.value(), samples.value());
  if (!rows) return Fail(rows.error(), options.json);
  if (!options.profiles.empty()) {
    const Expected<void> written = WriteForms(options, pair.value().name, rows.value());
    if (!written) return Fail(written.error(), options.json);
  }
  options.json ? PrintReport(options, rows.value()) : PrintText(options, rows.value());
  return kDone;
}

constexpr char kFooter[] =
    "FORM: file (as the sample is), raw (RGB pixels), png, jpeg:Q or bare:Q (without tables that "
    "every\n"
    "decoder knows), Q from 1 to 100; :420 for chroma at half size; @S for a short side of S "
    "pixels.\n"
    "Send so with covey eval ... --run MODEL@agent:HOST:PORT+FORM.\n"
    "Examples:\n"
    "  covey forms test.bin --type cifar10 --run resnet56@agent:127.0.0.1:7700\n"
    "  covey forms photos/ --labels labels.csv --run mobilenet.onnx --size 160 --size 128 --json\n"
    "  covey forms test.bin --type cifar10 --run edge=resnet56@agent:127.0.0.1:7700 --profiles "
    "profiles.toml\n"
    "  covey forms photos/ --run mobilenet.onnx --form raw --form jpeg:50:420@160 --keep 0.98";

}  // namespace

void AddForms(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "forms", "Find the smallest form of a picture that keeps the answer, for each link");
  command->add_option("DATA", options->data, "pictures, as for covey eval")->required();
  command->add_option("--run", options->pair, "[NAME=]MODEL@PLACE that answers")->required();
  command->add_option("--form", options->forms, "a form to try; by default a range of qualities")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--size", options->sizes, "try JPEG forms scaled to this short side too")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Range(8, 16384));
  command
      ->add_option("--keep", options->keep,
                   "least part of the answers that a form may keep (default 0.99)")
      ->check(NumberFrom(0, 1));
  command->add_option("--profiles", options->profiles,
                      "add what was found to this file of covey eval, for sessions to choose by");
  AddSampleOptions(*command, options->samples);
  AddPlaceOptions(*command, options->place);
  command->add_flag("--json", options->json, "print JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Forms(*options); }; });
}

}  // namespace covey::app
