#include "api/calls.hpp"

#include "core/host/diag_text.hpp"

namespace covey::api {

Status InferCall::AskAgent(serve::Client& client, const std::string& model,
                           serve::Deadline deadline, Reply& reply, Diag& diag,
                           serve::Stop* stop) const {
  serve::InferReply said;
  COVEY_TRY(client.Infer(model, inputs, said, deadline, diag, stop));
  reply.answer.outputs = std::move(said.outputs);
  reply.sent_bytes = said.traffic.sent_bytes;
  reply.timing = said.timing;
  reply.answer.compute = std::chrono::nanoseconds(said.timing.compute_ns);
  return OkStatus();
}

std::unique_ptr<Call> InferCall::ToSend() const {
  auto call = std::make_unique<InferCall>(inputs);
  call->own.assign(inputs.begin(), inputs.end());
  call->inputs = call->own;
  return call;
}

Status InferCall::RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag,
                             const std::atomic<bool>* stop) const {
  const auto begin = Now::now();
  COVEY_TRY(entry.model->Run(inputs, answer.outputs, diag, stop));
  answer.compute = Now::now() - begin;
  return OkStatus();
}

void ClassifyCall::Encode(const serve::Form& wanted) {
  form = {};
  if (wanted.kind == serve::Form::Kind::kFile) return;
  DiagText silent;  // What cannot be decoded here, the agent refuses in its own words.
  Result<Image> made = serve::InForm(*image, wanted, silent);
  if (!made.ok()) return;
  encoded = *std::move(made);
  form = wanted;
}

Status ClassifyCall::AskAgent(serve::Client& client, const std::string& model,
                              serve::Deadline deadline, Reply& reply, Diag& diag,
                              serve::Stop* stop) const {
  serve::ClassifyReply said;
  const Image& sent = form.kind == serve::Form::Kind::kFile ? *image : encoded;
  const serve::PictureCall picture{.model = model,
                                   .format = sent.format,
                                   .width = sent.width,
                                   .height = sent.height,
                                   .top_k = top_k,
                                   .bytes = sent.bytes};
  COVEY_TRY(client.Classify(picture, said, deadline, diag, stop));
  reply.answer.classes = std::move(said.classes);
  reply.sent_bytes = said.traffic.sent_bytes;
  reply.timing = said.timing;
  reply.answer.compute = std::chrono::nanoseconds(said.timing.compute_ns);
  return OkStatus();
}

std::string ClassifyCall::form_text() const {
  if (form.kind != serve::Form::Kind::kFile) return form.Text();
  if (image->format == ImageFormat::kTensor) return "tensor";
  const bool pixels =
      image->format == ImageFormat::kRawRgb8 || image->format == ImageFormat::kRawGray8;
  return pixels ? "raw" : "file";
}

std::unique_ptr<Call> ClassifyCall::ToSend() const {
  auto call = std::make_unique<ClassifyCall>(*image, top_k);
  call->encoded = form.kind == serve::Form::Kind::kFile ? *image : encoded;
  call->image = &call->encoded;
  return call;
}

Status ClassifyCall::RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag,
                                const std::atomic<bool>* stop) const {
  if (!entry.classifier) {
    const std::string subject = "model '" + entry.name + "'";
    diag.Report({.subject = subject.c_str(), .problem = entry.no_classifier.c_str()});
    return Status(Code::kFailedPrecondition, "the model is no classifier");
  }
  HostTensor input;
  const serve::EncodedPicture picture{image->format, image->width, image->height, image->bytes};
  COVEY_TRY(entry.classifier->Prepare(picture, input, diag));
  std::vector<HostTensor> outputs;
  const auto begin = Now::now();
  COVEY_TRY(entry.model->Run(std::span(&input, 1), outputs, diag, stop));
  answer.compute = Now::now() - begin;
  return entry.classifier->Classes(outputs, top_k, answer.classes, diag);
}

}  // namespace covey::api
