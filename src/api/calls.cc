#include "api/calls.hpp"

#include "core/host/diag_text.hpp"

namespace covey::api {

Status InferCall::AskAgent(serve::Client& client, const std::string& model,
                           serve::Deadline deadline, Answer& answer, wire::Timing& timing,
                           Diag& diag) const {
  serve::InferReply reply;
  COVEY_TRY(client.Infer(model, inputs, reply, deadline, diag));
  answer.outputs = std::move(reply.outputs);
  sent_bytes = reply.traffic.sent_bytes;
  timing = reply.timing;
  answer.compute = std::chrono::nanoseconds(timing.compute_ns);
  return OkStatus();
}

Status InferCall::RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const {
  const auto begin = Now::now();
  COVEY_TRY(entry.model->Run(inputs, answer.outputs, diag));
  answer.compute = Now::now() - begin;
  return OkStatus();
}

void ClassifyCall::Encode(const serve::Form& wanted) {
  form = {};
  if (wanted.kind == serve::Form::Kind::kFile) return;
  DiagText silent;  // What cannot be decoded here, the agent refuses in its own words.
  Result<Image> made = serve::InForm(image, wanted, silent);
  if (!made.ok()) return;
  encoded = *std::move(made);
  form = wanted;
}

Status ClassifyCall::AskAgent(serve::Client& client, const std::string& model,
                              serve::Deadline deadline, Answer& answer, wire::Timing& timing,
                              Diag& diag) const {
  serve::ClassifyReply reply;
  const Image& sent = form.kind == serve::Form::Kind::kFile ? image : encoded;
  const serve::PictureCall picture{.model = model,
                                   .format = sent.format,
                                   .width = sent.width,
                                   .height = sent.height,
                                   .top_k = top_k,
                                   .bytes = sent.bytes};
  COVEY_TRY(client.Classify(picture, reply, deadline, diag));
  answer.classes = std::move(reply.classes);
  sent_bytes = reply.traffic.sent_bytes;
  timing = reply.timing;
  answer.compute = std::chrono::nanoseconds(timing.compute_ns);
  return OkStatus();
}

Call::Sent ClassifyCall::sent() const {
  if (form.kind != serve::Form::Kind::kFile) return {form.Text(), sent_bytes};
  if (image.format == ImageFormat::kTensor) return {"tensor", sent_bytes};
  const bool pixels =
      image.format == ImageFormat::kRawRgb8 || image.format == ImageFormat::kRawGray8;
  return {pixels ? "raw" : "file", sent_bytes};
}

Status ClassifyCall::RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const {
  if (!entry.classifier) {
    const std::string subject = "model '" + entry.name + "'";
    diag.Report({.subject = subject.c_str(), .problem = entry.no_classifier.c_str()});
    return Status(Code::kFailedPrecondition, "the model is no classifier");
  }
  HostTensor input;
  const serve::EncodedPicture picture{image.format, image.width, image.height, image.bytes};
  COVEY_TRY(entry.classifier->Prepare(picture, input, diag));
  std::vector<HostTensor> outputs;
  const auto begin = Now::now();
  COVEY_TRY(entry.model->Run(std::span(&input, 1), outputs, diag));
  answer.compute = Now::now() - begin;
  return entry.classifier->Classes(outputs, top_k, answer.classes, diag);
}

}  // namespace covey::api
