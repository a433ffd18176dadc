// Every decoder of the host over the same bytes; what a decoder accepts must stay within them.
#include <cstdint>
#include <cstdlib>

#include "core/diag.hpp"
#include "wire/rpc/host/codec.hpp"

namespace {

using covey::wire::InferView;
using Bytes = std::span<const std::byte>;

void CheckWithin(Bytes inner, Bytes outer) {
  if (inner.empty()) return;
  if (inner.data() < outer.data() || inner.data() + inner.size() > outer.data() + outer.size())
    std::abort();
}

void CheckTensors(const InferView& view, Bytes bytes) {
  for (const covey::wire::TensorRef& tensor : view.tensors) CheckWithin(tensor.data, bytes);
}

void DecodePayload(covey::wire::Decoder& decoder, Bytes bytes) {
  covey::NoDiag diag;
  InferView infer;
  if (decoder.InferRequest(bytes, infer, diag).ok()) CheckTensors(infer, bytes);
  if (decoder.InferResponse(bytes, infer, diag).ok()) CheckTensors(infer, bytes);
  covey::wire::ClassifyView classify;
  if (decoder.ClassifyRequest(bytes, classify, diag).ok()) CheckWithin(classify.image, bytes);
  covey::v1::ClassifyResponse classes;
  (void)decoder.ClassifyResponse(bytes, classes, diag).ok();
  covey::v1::ListModelsResponse models;
  (void)decoder.ListModelsResponse(bytes, models, diag).ok();
  covey::v1::ModelInfoRequest asked;
  (void)decoder.ModelInfoRequest(bytes, asked, diag).ok();
  covey::v1::ModelInfoResponse info;
  (void)decoder.ModelInfoResponse(bytes, info, diag).ok();
  covey::v1::HealthResponse health;
  (void)decoder.HealthResponse(bytes, health, diag).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static covey::wire::Decoder decoder;
  const Bytes bytes = std::as_bytes(std::span(data, size));
  covey::NoDiag diag;
  if (size >= covey::wire::kFrameHeaderBytes)
    (void)covey::wire::ReadFrameHeader(bytes.first<covey::wire::kFrameHeaderBytes>(), 1U << 20)
        .ok();
  covey::wire::RequestView request;
  if (decoder.Request(bytes, request, diag).ok()) {
    CheckWithin(request.payload, bytes);
    DecodePayload(decoder, request.payload);
  }
  covey::wire::ResponseView response;
  if (decoder.Response(bytes, response, diag).ok()) CheckWithin(response.payload, bytes);
  DecodePayload(decoder, bytes);
  return 0;
}
