#include "apps/covey/eval/asker.hpp"

#include <algorithm>
#include <chrono>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/place/board_classify.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/client/client.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

using Clock = std::chrono::steady_clock;

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<serve::Ranked> RankedOf(const std::vector<ClassScore>& classes) {
  std::vector<serve::Ranked> top;
  for (const ClassScore& one : classes)
    top.push_back({one.index, static_cast<double>(one.confidence)});
  return top;
}

class HostAsker final : public Asker {
 public:
  explicit HostAsker(serve::Entry entry) : entry_(std::move(entry)) {}
  std::string backend() const override { return entry_.backend; }
  uint64_t memory_bytes() const override { return entry_.model->arena_bytes(); }
  uint64_t flash_bytes() const override { return entry_.file_bytes; }
  std::vector<std::string> labels() const override { return entry_.classifier->labels(); }
  size_t classes() const override { return known_; }
  Expected<void> Prepare(std::span<const Image> images) override {
    // Warm; what is wrong shows when it counts.
    if (!images.empty()) known_ = Ask(0, images[0], kAllClasses).top.size();
    return {};
  }
  serve::Trial Ask(size_t, const Image& image, uint32_t top_k) override {
    serve::Trial trial;
    DiagText diag;
    const auto start = Clock::now();
    const serve::EncodedPicture picture{image.format, image.width, image.height, image.bytes};
    Status status = entry_.classifier->Prepare(picture, input_, diag);
    if (status.ok()) {
      const auto run = Clock::now();
      status = entry_.model->Run(std::span(&input_, 1), outputs_, diag);
      trial.compute_ms = MsSince(run);
    }
    if (status.ok()) status = entry_.classifier->Classes(outputs_, top_k, classes_, diag);
    trial.latency_ms = trial.place_ms = MsSince(start);
    trial.answered = status.ok();
    if (!status.ok()) {
      trial.why = Explain(entry_.name, status, diag).message;
      return trial;
    }
    trial.top = RankedOf(classes_);
    return trial;
  }

 private:
  serve::Entry entry_;
  HostTensor input_;
  std::vector<HostTensor> outputs_;
  std::vector<ClassScore> classes_;
  size_t known_ = 0;
};

class AgentAsker final : public Asker {
 public:
  AgentAsker(const Pair& pair, const PlaceOptions& options)
      : client_({.host = pair.target.agent.host, .port = pair.target.agent.port}),
        model_(pair.model),
        address_("agent tcp://" + pair.target.agent.text()),
        call_time_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.deadline_s))) {}

  Expected<void> Describe() {
    DiagText diag;
    const Result<serve::ModelInfo> info =
        client_.DescribeModel(model_, serve::DeadlineIn(call_time_), diag);
    if (!info.ok()) return Explain(address_, info.status(), diag);
    backend_ = info->backend;
    if (info->classifies) return {};
    return MakeError(Code::kFailedPrecondition,
                     address_ + ": model '" + model_ + "' is no classifier there");
  }
  std::string backend() const override { return backend_; }
  Expected<void> Prepare(std::span<const Image> images) override {
    if (!images.empty()) (void)Ask(0, images[0], 1);  // Connects.
    return {};
  }
  serve::Trial Ask(size_t, const Image& image, uint32_t top_k) override {
    serve::Trial trial;
    serve::ClassifyReply reply;
    DiagText diag;
    const serve::PictureCall call{.model = model_,
                                  .format = image.format,
                                  .width = image.width,
                                  .height = image.height,
                                  .top_k = std::min(top_k, wire::kMaxTopK),
                                  .bytes = image.bytes};
    const auto start = Clock::now();
    const Status status = client_.Classify(call, reply, serve::DeadlineIn(call_time_), diag);
    trial.latency_ms = MsSince(start);
    trial.answered = status.ok();
    if (!status.ok()) {
      trial.why = Explain(address_, status, diag).message;
      return trial;
    }
    trial.compute_ms = static_cast<double>(reply.timing.compute_ns) / 1e6;
    trial.place_ms = *trial.compute_ms + static_cast<double>(reply.timing.preprocess_ns) / 1e6;
    trial.sent_bytes = reply.traffic.sent_bytes;
    trial.received_bytes = reply.traffic.received_bytes;
    trial.top = RankedOf(reply.classes);
    return trial;
  }

 private:
  serve::Client client_;
  std::string model_, address_, backend_;
  std::chrono::nanoseconds call_time_;
};

class BoardAsker final : public Asker {
 public:
  BoardAsker(Pair pair, PlaceOptions options)
      : pair_(std::move(pair)), options_(std::move(options)) {}
  std::string backend() const override { return "int8"; }
  bool modelled() const override { return true; }
  size_t classes() const override {
    size_t most = 0;
    for (const auto& answer : answers_)
      if (answer) most = std::max(most, answer.value().classes.size());
    return most;
  }
  Expected<void> Prepare(std::span<const Image> images) override {
    std::vector<NamedImage> named;
    for (size_t i = 0; i < images.size(); ++i)
      named.push_back({"sample " + std::to_string(i), images[i]});
    auto answers = ClassifyOnBoard(pair_.target.board, pair_.model, named, kAllClasses, options_);
    if (!answers) return answers.error();
    answers_ = std::move(answers).value();
    return {};
  }
  serve::Trial Ask(size_t i, const Image&, uint32_t top_k) override {
    serve::Trial trial;
    const Expected<Answer>& answer = answers_[i];
    trial.answered = answer.has_value();
    if (!answer) {
      trial.why = answer.error().message;
      return trial;
    }
    trial.latency_ms = std::chrono::duration<double, std::milli>(answer.value().latency).count();
    trial.compute_ms = trial.place_ms = trial.latency_ms;
    trial.top = RankedOf(answer.value().classes);
    trial.top.resize(std::min<size_t>(trial.top.size(), top_k));
    return trial;
  }

 private:
  Pair pair_;
  PlaceOptions options_;
  std::vector<Expected<Answer>> answers_;
};

// Another asker, asked in another form. Making the form takes time too, here and not on a device.
class FormAsker final : public Asker {
 public:
  FormAsker(std::unique_ptr<Asker> inner, Form form) : inner_(std::move(inner)), form_(form) {}
  std::string backend() const override { return inner_->backend(); }
  bool modelled() const override { return inner_->modelled(); }
  uint64_t memory_bytes() const override { return inner_->memory_bytes(); }
  uint64_t flash_bytes() const override { return inner_->flash_bytes(); }
  std::vector<std::string> labels() const override { return inner_->labels(); }
  size_t classes() const override { return inner_->classes(); }
  Expected<void> Prepare(std::span<const Image> images) override {
    std::vector<Image> formed;
    for (const Image& image : images) {
      Expected<Image> one = InForm(image, form_);
      formed.push_back(one ? std::move(one).value() : image);  // Ask says what is wrong with it.
    }
    return inner_->Prepare(formed);
  }
  serve::Trial Ask(size_t i, const Image& image, uint32_t top_k) override {
    const auto start = Clock::now();
    const Expected<Image> formed = InForm(image, form_);
    const double took = MsSince(start);
    serve::Trial trial;
    trial.latency_ms = took;
    trial.why = formed ? "" : formed.error().message;
    if (!formed) return trial;
    trial = inner_->Ask(i, formed.value(), top_k);
    if (!modelled()) trial.latency_ms += took;
    return trial;
  }

 private:
  std::unique_ptr<Asker> inner_;
  Form form_;
};

Expected<std::unique_ptr<Asker>> OpenHostAsker(const Pair& pair, const PlaceOptions& options) {
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(serve::MakeInt8Backend());
  serve::OnnxSettings settings;
  settings.threads = options.threads;
  DiagText no_onnx;
  auto onnx = serve::MakeOnnxBackend(settings, no_onnx);
  if (onnx.ok()) backends.push_back(*std::move(onnx));
  serve::Entry entry;
  DiagText diag;
  const Status status = serve::LoadEntry(pair.model, backends, entry, diag);
  if (!status.ok()) return Explain(pair.model, status, diag);
  if (!entry.classifier)
    return MakeError(Code::kFailedPrecondition, pair.model + ": " + entry.no_classifier);
  return std::unique_ptr<Asker>(new HostAsker(std::move(entry)));
}

Expected<std::unique_ptr<Asker>> OpenPlain(const Pair& pair, const PlaceOptions& options) {
  switch (pair.target.kind) {
    case Target::Kind::kAgent: {
      auto asker = std::make_unique<AgentAsker>(pair, options);
      const Expected<void> there = asker->Describe();
      if (!there) return there.error();
      return std::unique_ptr<Asker>(std::move(asker));
    }
    case Target::Kind::kBoard:
      return std::unique_ptr<Asker>(new BoardAsker(pair, options));
    case Target::Kind::kHost:
      break;
  }
  return OpenHostAsker(pair, options);
}

}  // namespace

Expected<std::unique_ptr<Asker>> OpenAsker(const Pair& pair, const PlaceOptions& options) {
  Expected<std::unique_ptr<Asker>> asker = OpenPlain(pair, options);
  if (!asker || pair.form.kind == Form::Kind::kFile) return asker;
  return std::unique_ptr<Asker>(new FormAsker(std::move(asker).value(), pair.form));
}

}  // namespace covey::app
