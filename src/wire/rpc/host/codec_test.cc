#include "wire/rpc/host/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/host/diag_text.hpp"

namespace covey::wire {
namespace {

using Bytes = std::span<const std::byte>;

std::vector<std::byte> Counting(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

TensorRef Tensor(std::string_view name, DType dtype, std::vector<int32_t> dims, Bytes data) {
  TensorRef tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.rank = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), tensor.dims.begin());
  tensor.data = data;
  return tensor;
}

Bytes Body(Bytes frame) { return frame.subspan(kFrameHeaderBytes); }

FrameHeader Header(Bytes frame) {
  return *ReadFrameHeader(frame.first<kFrameHeaderBytes>(), UINT32_MAX);
}

std::string Serialized(const google::protobuf::MessageLite& message) {
  return message.SerializeAsString();
}

Bytes AsBytes(const std::string& text) { return std::as_bytes(std::span(text)); }

class Codec : public testing::Test {
 protected:
  Encoder encoder{kDefaultMaxMessageBytes};
  Decoder decoder;
  DiagText diag;
};

TEST_F(Codec, CarriesAnInferRequestUnchanged) {
  const auto data = Counting(12);
  const auto more = Counting(3);
  const TensorRef inputs[] = {Tensor("a", DType::kFloat32, {1, 3}, data),
                              Tensor("b", DType::kUint8, {3}, more)};
  const auto frame =
      encoder.InferRequest({.method = "Infer", .stream = 7, .timeout_ns = 99}, "net", 42, inputs);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(Header(*frame).stream, 7U);
  EXPECT_EQ(Header(*frame).length, frame->size() - kFrameHeaderBytes);

  RequestView request;
  ASSERT_TRUE(decoder.Request(Body(*frame), request, diag).ok()) << diag.Text();
  EXPECT_EQ(request.service, kInferenceService);
  EXPECT_EQ(request.method, "Infer");
  EXPECT_EQ(request.timeout_ns, 99U);
  InferView view;
  ASSERT_TRUE(decoder.InferRequest(request.payload, view, diag).ok()) << diag.Text();
  EXPECT_EQ(view.model, "net");
  EXPECT_EQ(view.request_id, 42U);
  ASSERT_EQ(view.tensors.size(), 2U);
  EXPECT_EQ(view.tensors[0].name, "a");
  EXPECT_EQ(view.tensors[0].dims[1], 3);
  EXPECT_TRUE(std::ranges::equal(view.tensors[0].data, data));
  EXPECT_TRUE(std::ranges::equal(view.tensors[1].data, more));
}

TEST_F(Codec, WritesWhatLibprotobufReads) {
  const auto data = Counting(200);
  const TensorRef inputs[] = {Tensor("x", DType::kInt8, {200}, data)};
  const auto frame = encoder.InferRequest({.method = "Infer", .timeout_ns = 5}, "m", 1, inputs);
  v1::Request envelope;
  ASSERT_TRUE(envelope.ParseFromArray(Body(*frame).data(), static_cast<int>(Body(*frame).size())));
  EXPECT_EQ(envelope.timeout_nano(), 5);
  v1::InferRequest request;
  ASSERT_TRUE(request.ParseFromString(envelope.payload()));
  ASSERT_EQ(request.inputs_size(), 1);
  EXPECT_EQ(request.inputs(0).dtype(), v1::DTYPE_INT8);
  EXPECT_TRUE(std::ranges::equal(AsBytes(request.inputs(0).data()), data));
}

TEST_F(Codec, ReadsFieldsInAnyOrder) {
  // payload (3) before service (1) and method (2), as another implementation may write them.
  v1::Request head;
  head.set_service(kInferenceService);
  head.set_method("Health");
  const std::string body = std::string(
                               "\x1a\x03"
                               "abc") +
                           Serialized(head);
  RequestView request;
  ASSERT_TRUE(decoder.Request(AsBytes(body), request, diag).ok());
  EXPECT_EQ(request.method, "Health");
  EXPECT_EQ(request.payload.size(), 3U);
}

TEST_F(Codec, SaysOkInEveryReply) {
  const auto frame = encoder.Response(3, v1::HealthResponse());
  EXPECT_THAT(Body(*frame), testing::ElementsAre(std::byte{0x0a}, std::byte{0}));
}

TEST_F(Codec, CarriesAnErrorWithItsWords) {
  const auto frame = encoder.ErrorResponse(9, Code::kNotFound, "no such model");
  ResponseView response;
  ASSERT_TRUE(decoder.Response(Body(*frame), response, diag).ok());
  EXPECT_EQ(response.code, Code::kNotFound);
  EXPECT_EQ(response.message, "no such model");
}

TEST_F(Codec, TakesATensorOfTheModelsOwnShapeInRequestsOnly) {
  v1::InferRequest request;
  request.set_model("m");
  request.add_inputs()->set_data("1234");
  InferView view;
  EXPECT_TRUE(decoder.InferRequest(AsBytes(Serialized(request)), view, diag).ok());
  EXPECT_EQ(view.tensors[0].dtype, DType::kNone);
  v1::InferResponse response;
  response.add_outputs()->set_data("1234");
  EXPECT_FALSE(decoder.InferResponse(AsBytes(Serialized(response)), view, diag).ok());
}

struct BadTensor {
  const char* what;
  void (*spoil)(v1::Tensor&);
  const char* words;
};
class CodecRefuses : public Codec, public testing::WithParamInterface<BadTensor> {};

TEST_P(CodecRefuses, ATensor) {
  v1::InferRequest request;
  v1::Tensor& tensor = *request.add_inputs();
  tensor.set_dtype(v1::DTYPE_FLOAT32);
  tensor.add_dims(2);
  tensor.set_data("12345678");
  GetParam().spoil(tensor);
  InferView view;
  EXPECT_EQ(decoder.InferRequest(AsBytes(Serialized(request)), view, diag).code(),
            Code::kInvalidArgument);
  EXPECT_THAT(diag.Text(),
              testing::AllOf(testing::HasSubstr("tensor 0"), testing::HasSubstr(GetParam().words)));
}

void AddDims(v1::Tensor& tensor, int count, int32_t dim) {
  for (int i = 0; i < count; ++i) tensor.add_dims(dim);
}

const BadTensor kBadTensors[] = {
    {"ShortData", [](v1::Tensor& tensor) { tensor.set_data("1234567"); }, "expected 8"},
    {"UnknownType", [](v1::Tensor& tensor) { tensor.set_dtype(static_cast<v1::DType>(99)); },
     "unknown dtype"},
    {"NoType", [](v1::Tensor& tensor) { tensor.set_dtype(v1::DTYPE_NONE); }, "unknown dtype"},
    {"NegativeDim", [](v1::Tensor& tensor) { tensor.set_dims(0, -2); }, "not positive"},
    {"ZeroDim", [](v1::Tensor& tensor) { tensor.set_dims(0, 0); }, "not positive"},
    {"ManyDims", [](v1::Tensor& tensor) { AddDims(tensor, 9, 1); }, "too many dims"},
    {"DimsThatWrap", [](v1::Tensor& tensor) { AddDims(tensor, 4, INT32_MAX); }, "more bytes"},
    {"LongName", [](v1::Tensor& tensor) { tensor.set_name(std::string(300, 'x')); },
     "longer than allowed"}};

INSTANTIATE_TEST_SUITE_P(With, CodecRefuses, testing::ValuesIn(kBadTensors),
                         [](const testing::TestParamInfo<BadTensor>& bad) {
                           return bad.param.what;
                         });

TEST_F(Codec, RefusesANegativeTimeout) {
  v1::Request request;
  request.set_timeout_nano(-1);
  RequestView view;
  EXPECT_EQ(decoder.Request(AsBytes(Serialized(request)), view, diag).code(),
            Code::kInvalidArgument);
  EXPECT_THAT(diag.Text(), testing::HasSubstr("timeout_nano"));
}

TEST_F(Codec, RefusesAFloodOfSmallFields) {
  v1::Request request;
  for (int i = 0; i < 20000; ++i) request.add_metadata();
  RequestView view;
  EXPECT_EQ(decoder.Request(AsBytes(Serialized(request)), view, diag).code(),
            Code::kInvalidArgument);
}

TEST_F(Codec, RefusesTooManyTensors) {
  v1::InferRequest request;
  for (int i = 0; i < 17; ++i) request.add_inputs();
  InferView view;
  EXPECT_FALSE(decoder.InferRequest(AsBytes(Serialized(request)), view, diag).ok());
  EXPECT_THAT(diag.Text(), testing::HasSubstr("too many tensors"));
}

TEST_F(Codec, RefusesAConfidenceThatIsNone) {
  v1::ClassifyResponse response;
  response.add_classes()->set_confidence(std::numeric_limits<float>::quiet_NaN());
  v1::ClassifyResponse out;
  EXPECT_FALSE(decoder.ClassifyResponse(AsBytes(Serialized(response)), out, diag).ok());
}

TEST_F(Codec, RefusesAMessageAboveTheLimitBeforeItIsBuilt) {
  Encoder small(100);
  const auto data = Counting(200);
  const TensorRef inputs[] = {Tensor("x", DType::kInt8, {200}, data)};
  EXPECT_EQ(small.InferRequest({.method = "Infer"}, "m", 1, inputs).status().code(),
            Code::kResourceExhausted);
}

// Every way to cut a request short, and every single flipped bit: refused or read, never a crash,
// and what is read is within its bounds.
TEST_F(Codec, SurvivesEveryTruncationAndFlip) {
  const auto data = Counting(8);
  const TensorRef inputs[] = {Tensor("x", DType::kInt8, {2, 4}, data)};
  const auto frame = encoder.InferRequest({.method = "Infer", .timeout_ns = 1}, "m", 1, inputs);
  const std::vector<std::byte> whole(Body(*frame).begin(), Body(*frame).end());
  auto read = [&](Bytes bytes) {
    RequestView request;
    InferView view;
    if (!decoder.Request(bytes, request, diag).ok()) return;
    if (!decoder.InferRequest(request.payload, view, diag).ok()) return;
    for (const TensorRef& tensor : view.tensors) {
      if (tensor.data.empty()) continue;
      EXPECT_GE(tensor.data.data(), bytes.data());
      EXPECT_LE(tensor.data.data() + tensor.data.size(), bytes.data() + bytes.size());
    }
  };
  for (size_t size = 0; size < whole.size(); ++size) read(Bytes(whole).first(size));
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::vector<std::byte> flipped = whole;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    read(flipped);
  }
}

}  // namespace
}  // namespace covey::wire
