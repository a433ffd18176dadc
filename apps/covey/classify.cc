// covey classify IMAGE...: JPEG or PNG files through the application's own API (include/covey).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/place/board_classify.hpp"
#include "apps/covey/place/place.hpp"
#include "core/host/temp_dir.hpp"
#include "covey/covey.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

struct Options {
  std::vector<std::string> images;
  std::vector<std::string> on{"host"};
  std::string model, fallback;
  uint32_t top_k = 1;
  std::string profiles, prefer = "latency";
  double deadline_s = 5, max_latency_s = 0, min_accuracy = 0, keep = 0.99;
  bool automatic = false, exact_only = false, never_late = false, hedge = false;
  bool explain = false, json = false;
};

double Milliseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

// "auto agent tcp://a:7700 agent tcp://b:7700", as SetPlace has it.
std::string PlaceOf(const Options& options, const std::vector<Target>& targets) {
  std::string place = options.automatic ? "auto" : "";
  for (const Target& target : targets) {
    if (!place.empty()) place += ' ';
    place += target.kind == Target::Kind::kAgent ? "agent tcp://" + target.agent.text() : "local";
  }
  return place;
}

// The session with its place set. The local model has the name that its profile has.
Expected<Session> OpenSession(const Options& options, const std::vector<Target>& targets) {
  Expected<Session> session = Session::Open({});
  if (!session) return session;
  const bool agent = targets.front().kind == Target::Kind::kAgent;
  const std::string local = agent ? options.fallback : options.model;
  const std::string name = local.empty() ? "" : serve::ModelNameOf(local);
  if (!local.empty()) {
    const Expected<void> loaded = session.value().Load(name, local);
    if (!loaded) return loaded.error();
  }
  if (!options.profiles.empty()) {
    const Expected<void> read = session.value().LoadProfiles(options.profiles);
    if (!read) return read.error();
  }
  const Expected<void> set =
      session.value().SetPlace(PlaceOf(options, targets), agent ? options.model : name);
  if (!set) return set.error();
  return session;
}

Json ToJson(const std::string& image, const Answer& answer) {
  Json classes = Json::array();
  for (const ClassScore& one : answer.classes) {
    classes.push_back({{"index", one.index}, {"label", one.label}, {"confidence", one.confidence}});
  }
  Json json = {{"image", image},
               {"classes", std::move(classes)},
               {"place", answer.place},
               {"model", answer.model},
               {"fell_back", answer.fell_back},
               {"latency_ms", Milliseconds(answer.latency)},
               {"compute_ms", Milliseconds(answer.compute)}};
  json["reason"] = answer.reason;
  json["expected_ms"] = Milliseconds(answer.expected);
  json["likely"] = answer.likely;
  json["expected_accuracy"] = answer.expected_accuracy;
  json["distrusts"] = answer.distrusts;
  if (answer.sent_bytes > 0) {
    json["form"] = answer.form;
    json["sent_bytes"] = answer.sent_bytes;
  }
  json["hedged"] = answer.hedged;
  if (answer.fell_back) json["fallback_reason"] = answer.fallback_reason;
  return json;
}

void AddRows(const std::string& image, const Answer& answer, Table& table) {
  bool first = true;
  for (const ClassScore& one : answer.classes) {
    const std::string label = one.label.empty() ? "class " + std::to_string(one.index) : one.label;
    const std::string place = answer.place + (answer.fell_back ? " (fell back)" : "");
    table.Add({first ? image : "", label, Fixed(static_cast<double>(one.confidence), 4),
               first ? place : "", first ? Fixed(Milliseconds(answer.latency), 1) : ""});
    first = false;
  }
}

// Why each picture was answered where it was.
std::string Explain(const std::string& image, const Answer& answer) {
  std::string text = image + ": " + answer.model + " at " + answer.place + ": " + answer.reason;
  if (answer.expected.count() > 0)
    text += "; expected " + Fixed(Milliseconds(answer.expected), 1) + " ms, " +
            Fixed(answer.likely * 100, 1) + " % likely to meet the request, " +
            Fixed(answer.expected_accuracy * 100, 1) + " % right";
  if (answer.fell_back) text += "; fell back: " + answer.fallback_reason;
  for (const std::string& words : answer.distrusts) text += "; distrusts: " + words;
  return text;
}

Expected<Answer> ClassifyFile(Session& session, const Options& options, const std::string& path) {
  const Expected<Image> image = Image::File(path);
  if (!image) return image.error();
  CallOptions call;
  call.top_k = options.top_k;
  call.deadline = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(options.deadline_s));
  call.sla.max_latency = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(options.max_latency_s));
  call.sla.min_accuracy = options.min_accuracy / 100;
  call.sla.prefer = options.prefer == "accuracy" ? Prefer::kAccuracy
                    : options.prefer == "energy" ? Prefer::kEnergy
                                                 : Prefer::kLatency;
  call.sla.exact_only = options.exact_only;
  call.sla.never_late = options.never_late;
  call.sla.keep_answers = options.keep;
  call.sla.hedge = options.hedge;
  call.fallback = options.fallback.empty() ? Fallback::kFail : Fallback::kLocal;
  Expected<Answer> answer = session.Classify(image.value(), call);
  if (!answer) return Error{answer.error().code, path + ": " + answer.error().message};
  return answer;
}

using Answers = std::vector<Expected<Answer>>;  // one an image

// Every image is tried.
Answers ClassifyAll(Session& session, const Options& options) {
  Answers answers;
  for (const std::string& path : options.images) {
    answers.push_back(ClassifyFile(session, options, path));
  }
  return answers;
}

// The exit code tells whether all images were answered.
int Print(const Answers& answers, const Options& options) {
  Json list = Json::array();
  Table table({"image", "class", ">confidence", "place", ">latency ms"});
  int code = kDone;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) {
      code = Fail(answers[i].error(), options.json);
      continue;
    }
    list.push_back(ToJson(options.images[i], answers[i].value()));
    AddRows(options.images[i], answers[i].value(), table);
  }
  if (options.json) {
    PrintJson(std::cout, {{"answers", std::move(list)}});
  } else if (!list.empty()) {
    std::cout << table.Text();
    for (size_t i = 0; options.explain && i < answers.size(); ++i) {
      if (answers[i]) std::cout << Explain(options.images[i], answers[i].value()) << "\n";
    }
  }
  return code;
}

// Several are agents, for the router to choose from.
Expected<std::vector<Target>> ParseTargets(const Options& options) {
  std::vector<Target> targets;
  for (const std::string& text : options.on) {
    const Expected<Target> target = ParseTarget(text);
    if (!target) return target.error();
    const Expected<void> board = CheckBoard(target.value());
    if (!board) return board.error();
    targets.push_back(target.value());
    const bool agents = std::all_of(targets.begin(), targets.end(), [](const Target& one) {
      return one.kind == Target::Kind::kAgent;
    });
    if (targets.size() > 1 && !(agents && options.automatic))
      return Error{static_cast<uint32_t>(Code::kInvalidArgument),
                   "--on " + text + ": several places are agents, and chosen from with --auto"};
  }
  return targets;
}

int Classify(const Options& options) {
  RemoveTempDirsOnSignal();
  const Expected<std::vector<Target>> targets = ParseTargets(options);
  if (!targets) {
    PrintFailure(targets.error(), options.json);
    return kUsage;
  }
  const Target& first = targets.value().front();
  if (first.kind == Target::Kind::kBoard) {
    std::vector<NamedImage> images;
    for (const std::string& path : options.images) images.push_back({path, Image::File(path)});
    const Expected<Answers> answers =
        ClassifyOnBoard(first.board, options.model, images, options.top_k, {});
    return answers ? Print(answers.value(), options) : Fail(answers.error(), options.json);
  }
  Expected<Session> session = OpenSession(options, targets.value());
  if (!session) return Fail(session.error(), options.json);
  return Print(ClassifyAll(session.value(), options), options);
}

// What a router goes by; without --auto there is none that would hear them.
void AddWishes(CLI::App& command, Options& options) {
  CLI::Option* const automatic =
      command.add_flag("--auto", options.automatic,
                       "a model file's variants, and with agents --fallback's model or the agents: "
                       "whichever meets the wishes below");
  command.add_option("--max-latency", options.max_latency_s, "seconds, as wanted")
      ->check(NumberFrom(0, 3600))
      ->needs(automatic);
  command.add_option("--min-accuracy", options.min_accuracy, "per cent, as profiled")
      ->check(NumberFrom(0, 100))
      ->needs(automatic);
  command.add_option("--prefer", options.prefer, "latency (default), accuracy or energy")
      ->check(CLI::IsMember({"latency", "accuracy", "energy"}))
      ->needs(automatic);
  command.add_flag("--exact-only", options.exact_only,
                   "no approximate variants, and pictures sent without loss");
  command
      .add_flag("--never-late", options.never_late,
                "an answer after --max-latency is worth nothing")
      ->needs(automatic);
  command
      .add_flag("--hedge", options.hedge,
                "the fallback may work beside an agent that is late; the first "
                "acceptable answer counts")
      ->needs(automatic);
}

}  // namespace

void AddClassify(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "classify",
      "Tell what is on pictures (JPEG, PNG), here, on an emulated board or on an agent");
  command->add_option("IMAGE", options->images, "JPEG or PNG files")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--on", options->on,
                   "host (default), board:m33|m4|m55|rv32 or agent:HOST:PORT; with --auto up to "
                   "three agents")
      ->allow_extra_args(false);
  command
      ->add_option("--model", options->model,
                   "on host and boards a .tflite, .onnx or .covey file, on an agent a model's name")
      ->required();
  command->add_option("--top-k", options->top_k, "how many classes to tell (default 1)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--deadline", options->deadline_s, "seconds a picture may take (default 5)")
      ->check(NumberFrom(0.001, 3600));
  command->add_option("--fallback", options->fallback,
                      "on an agent: a model file that answers here if the agent does not");
  AddWishes(*command, *options);
  command
      ->add_option("--keep", options->keep,
                   "on agents: a picture is sent smaller only in a form of --profiles that leaves "
                   "at least this part of the answers as they are (default 0.99)")
      ->check(NumberFrom(0, 1));
  command->add_option("--profiles", options->profiles,
                      "what covey eval measured, for --auto, and covey forms, for what is sent");
  command->add_flag("--explain", options->explain, "say why each picture went where it went");
  command->add_flag("--json", options->json, "print JSON");
  command->footer(
      "Examples:\n"
      "  covey classify cat.jpg --model resnet8.covey\n"
      "  covey classify cat.jpg dog.jpg --model resnet8.covey --on board:m33\n"
      "  covey classify *.png --on agent:edge.local:7700 --model resnet56 --top-k 3\n"
      "  covey classify cat.jpg --on agent:edge.local:7700 --model resnet56 --fallback "
      "resnet8.covey\n"
      "  covey classify *.png --on agent:edge.local:7700 --model resnet56 --fallback resnet8.covey "
      "--auto --max-latency 0.05 --prefer accuracy --explain\n"
      "  covey classify *.png --model net.covey --auto --max-latency 0.002 --prefer accuracy "
      "--profiles profiles.toml --explain\n"
      "  covey classify *.png --on agent:edge.local:7700 --model resnet56 --profiles profiles.toml "
      "--keep 0.95 --explain\n"
      "  covey classify *.png --on agent:a:7700 --on agent:b:7700 --model resnet56 --auto");
  command->callback([=, &chosen] { chosen = [=] { return Classify(*options); }; });
}

}  // namespace covey::app
