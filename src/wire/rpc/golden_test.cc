// The frames of docs/spec/rpc.md, through both codecs.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>

#include "core/host/diag_text.hpp"
#include "wire/rpc/client.hpp"
#include "wire/rpc/host/codec.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace covey::wire {
namespace {

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// Rows "| name | bytes | `hex` |" of the page.
std::map<std::string, std::string> ReadGolden() {
  std::map<std::string, std::string> golden;
  std::ifstream page("docs/spec/rpc.md");
  for (std::string line; std::getline(page, line);) {
    const size_t name = line.find(" |", 2), open = line.find("| `"), close = line.find("` |");
    if (line.rfind("| ", 0) != 0 || open == std::string::npos || close != line.size() - 3) continue;
    const std::string hex = line.substr(open + 3, close - open - 3);
    if (hex.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    std::string& bytes = golden[line.substr(2, name - 2)] = FromHex(hex);
    EXPECT_EQ(bytes.size(), std::stoul(line.substr(name + 3))) << line;
  }
  return golden;
}

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string Body(const std::string& frame) { return frame.substr(kFrameHeaderBytes); }

bool ReadText(void* context, size_t offset, void* buffer, size_t size) {
  std::memcpy(buffer, static_cast<const std::string*>(context)->data() + offset, size);
  return true;
}
Bulk BulkOf(std::string& text) { return {text.size(), ReadText, &text}; }

class Golden : public testing::Test {
 protected:
  Golden() : golden(ReadGolden()) {}
  // The device's client on the stream that the frame names.
  Status Prepare(uint32_t stream) {
    COVEY_TRY(client.Connect({"10.0.2.2", 1}, UINT64_MAX));
    for (uint32_t i = 1; i < stream; i += 2) {
      link.closes = true;  // calls that fail count as well; the link stays as good as new
      (void)client.ListModels(clock.now_ns + 1, {});
      COVEY_TRY(link.Connect({"10.0.2.2", 1}, UINT64_MAX));
    }
    link.sent.clear();
    return OkStatus();
  }
  uint64_t In(uint64_t ns) { return clock.now_ns + ns; }
  void PeerAnswers(const char* name) {
    link.peer = [reply = golden[name]](std::string_view) { return reply; };
  }
  // Both frames hold the same Request, whatever the order of its fields.
  void ExpectSameRequest(const char* name, Result<Encoder::Frame> frame) {
    ASSERT_TRUE(frame.ok()) << name;
    const std::string bytes = Text(*frame);
    EXPECT_EQ(bytes.substr(0, kFrameHeaderBytes), golden[name].substr(0, kFrameHeaderBytes));
    v1::Request ours, theirs;
    ASSERT_TRUE(ours.ParseFromString(Body(bytes)));
    ASSERT_TRUE(theirs.ParseFromString(Body(golden[name])));
    EXPECT_EQ(ours.SerializeAsString(), theirs.SerializeAsString()) << name;
  }

  std::map<std::string, std::string> golden;
  FakeClock clock;
  ScriptLink link{clock};
  std::byte buffer[Client::kBufferBytes];
  Client client{link, clock, buffer};
  Encoder encoder{kDefaultMaxMessageBytes};
  Decoder decoder;
  DiagText diag;
  std::string picture = "\x01\x02\x03\x04\x05\x06";
  std::string tensor = {'\x00', '\x80', '\xff'};
};

TEST_F(Golden, PageHasAllFrames) { EXPECT_EQ(golden.size(), 8U); }

TEST_F(Golden, DeviceClassifies) {
  ASSERT_TRUE(Prepare(1).ok());
  PeerAnswers("classify response");
  ScoredClass classes[3];
  ClassifyReply reply{.classes = classes};
  const Status status = client.Classify({.model = "cats",
                                         .request_id = 7,
                                         .top_k = 2,
                                         .format = 1,
                                         .width = 2,
                                         .height = 1,
                                         .image = BulkOf(picture)},
                                        In(1'000'000'000), reply);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(link.sent, golden["classify request"]);
  ASSERT_EQ(reply.count, 2U);
  EXPECT_EQ(classes[0].index, 3U);
  EXPECT_FLOAT_EQ(classes[0].confidence, 0.75F);
  EXPECT_STREQ(classes[0].label, "tabby");
  EXPECT_EQ(classes[1].index, 0U);
  EXPECT_FLOAT_EQ(classes[1].confidence, 0.25F);
  EXPECT_STREQ(classes[1].label, "");
  EXPECT_EQ(reply.timing.compute_ns, 300U);
}

TEST_F(Golden, DeviceInfers) {
  ASSERT_TRUE(Prepare(3).ok());
  PeerAnswers("infer response");
  std::byte output[2];
  InferReply reply{.output = output};
  const Status status = client.Infer({.model = "cats", .request_id = 8, .input = BulkOf(tensor)},
                                     In(250'000'000), reply);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(link.sent, golden["infer request"]);
  ASSERT_EQ(reply.bytes, 2U);
  EXPECT_EQ(Text(output), "\x10\xf0");
  EXPECT_EQ(reply.timing.compute_ns, 5U);
}

TEST_F(Golden, DeviceListsModels) {
  ASSERT_TRUE(Prepare(5).ok());
  PeerAnswers("list models response");
  std::string found;
  const Status status = client.ListModels(
      In(250'000'000),
      {.found =
           [](void* context, const char* name, const char* backend, const char* error) {
             *static_cast<std::string*>(context) +=
                 std::string(name) + "," + backend + "," + error + ";";
           },
       .context = &found});
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(link.sent, golden["list models request"]);
  EXPECT_EQ(found, "cats,onnx,;dogs,,no such op;");
}

TEST_F(Golden, DeviceReadsErrors) {
  for (const auto& [name, code, words] :
       {std::tuple{"not found response", Code::kNotFound, "no model 'cats'"},
        std::tuple{"oversize response", Code::kResourceExhausted, "request: 5000000 bytes"}}) {
    ASSERT_TRUE(Prepare(1).ok());
    PeerAnswers(name);
    EXPECT_EQ(client.ListModels(In(1), {}).code(), code) << name;
    EXPECT_STREQ(client.words(), words);
    EXPECT_TRUE(client.connected()) << "an agent's own answer leaves the connection";
  }
}

TEST_F(Golden, HostReadsClassifyRequests) {
  RequestView request;
  const std::string body = Body(golden["classify request"]);
  ASSERT_TRUE(decoder.Request(Bytes(body), request, diag).ok()) << diag.Text();
  EXPECT_EQ(request.service, "covey.v1.Inference");
  EXPECT_EQ(request.method, "Classify");
  EXPECT_EQ(request.timeout_ns, 1'000'000'000U);
  ClassifyView classify;
  ASSERT_TRUE(decoder.ClassifyRequest(request.payload, classify, diag).ok()) << diag.Text();
  EXPECT_EQ(classify.model, "cats");
  EXPECT_EQ(classify.request_id, 7U);
  EXPECT_EQ(classify.top_k, 2U);
  EXPECT_EQ(classify.format, v1::IMAGE_FORMAT_RAW_RGB8);
  EXPECT_EQ(Text(classify.image), picture);
}

TEST_F(Golden, HostReadsInferRequestsInTheModelsOwnType) {
  RequestView request;
  const std::string body = Body(golden["infer request"]);
  ASSERT_TRUE(decoder.Request(Bytes(body), request, diag).ok()) << diag.Text();
  InferView infer;
  ASSERT_TRUE(decoder.InferRequest(request.payload, infer, diag).ok()) << diag.Text();
  EXPECT_EQ(infer.request_id, 8U);
  ASSERT_EQ(infer.tensors.size(), 1U);
  EXPECT_EQ(infer.tensors[0].dtype, DType::kNone);
  EXPECT_EQ(infer.tensors[0].rank, 0);
  EXPECT_EQ(Text(infer.tensors[0].data), tensor);
}

TEST_F(Golden, HostWritesTheSameRequests) {
  ExpectSameRequest(
      "classify request",
      encoder.ClassifyRequest({.method = "Classify", .stream = 1, .timeout_ns = 1'000'000'000},
                              {.model = "cats",
                               .request_id = 7,
                               .top_k = 2,
                               .format = v1::IMAGE_FORMAT_RAW_RGB8,
                               .width = 2,
                               .height = 1,
                               .image = Bytes(picture)}));
  ExpectSameRequest(
      "list models request",
      encoder.Request({.method = "ListModels", .stream = 5, .timeout_ns = 250'000'000},
                      v1::ListModelsRequest()));
}

TEST_F(Golden, DeviceReadsWhatTheHostWrites) {
  const std::array<std::byte, 2> data{std::byte{0x10}, std::byte{0xF0}};
  const TensorRef out{
      .name = "out", .dtype = DType::kInt8, .dims = {1, 2}, .rank = 2, .data = data};
  auto frame = encoder.InferResponse(1, 8, {.compute_ns = 5}, std::span(&out, 1));
  ASSERT_TRUE(frame.ok());
  ASSERT_TRUE(Prepare(1).ok());
  link.peer = [reply = Text(*frame)](std::string_view) { return reply; };
  std::byte output[16];
  InferReply reply{.output = output};
  const Status status =
      client.Infer({.model = "m", .request_id = 8, .input = BulkOf(tensor)}, In(9), reply);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(reply.bytes, 2U);
  EXPECT_EQ(reply.timing.compute_ns, 5U);

  auto error = encoder.ErrorResponse(3, Code::kUnimplemented, "no such method");
  ASSERT_TRUE(error.ok());
  link.peer = [answer = Text(*error)](std::string_view) { return answer; };
  EXPECT_EQ(client.ListModels(In(9), {}).code(), Code::kUnimplemented);
  EXPECT_STREQ(client.words(), "no such method");
}

}  // namespace
}  // namespace covey::wire
