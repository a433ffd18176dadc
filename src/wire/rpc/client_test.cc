#include "wire/rpc/client.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "wire/rpc/covey.pb.h"
#include "wire/rpc/frame.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace covey::wire {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

std::string Frame(uint32_t stream, const std::string& body, FrameType type = FrameType::kResponse) {
  const auto header = WriteFrameHeader(
      {.length = static_cast<uint32_t>(body.size()), .stream = stream, .type = type});
  return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + body;
}

uint32_t StreamOf(std::string_view frame) {
  std::byte header[kFrameHeaderBytes];
  std::memcpy(header, frame.data(), sizeof header);
  return ReadFrameHeader(header, UINT32_MAX)->stream;
}

std::string Answer(std::string_view request, const google::protobuf::MessageLite& payload) {
  v1::Response response;
  response.mutable_status();
  response.set_payload(payload.SerializeAsString());
  return Frame(StreamOf(request), response.SerializeAsString());
}

v1::Request Envelope(std::string_view frame) {
  v1::Request request;
  EXPECT_TRUE(request.ParseFromString(std::string(frame.substr(kFrameHeaderBytes))));
  return request;
}

v1::ClassifyResponse TwoClasses(uint64_t id) {
  v1::ClassifyResponse response;
  response.set_request_id(id);
  for (uint32_t i : {4U, 2U}) {
    v1::Class& scored = *response.add_classes();
    scored.set_index(i);
    scored.set_confidence(static_cast<float>(i) / 8);
    scored.set_label("class " + std::to_string(i));
  }
  response.mutable_timing()->set_compute_ns(77);
  return response;
}

// An image of any size whose byte i is i mod 251, with what was asked of it.
struct Ramp {
  size_t next = 0, largest = 0, break_at = SIZE_MAX;
  static bool Read(void* context, size_t offset, void* buffer, size_t size) {
    Ramp& ramp = *static_cast<Ramp*>(context);
    EXPECT_EQ(offset, ramp.next);
    if (offset >= ramp.break_at) return false;
    ramp.next += size;
    ramp.largest = std::max(ramp.largest, size);
    for (size_t i = 0; i < size; ++i)
      static_cast<uint8_t*>(buffer)[i] = static_cast<uint8_t>((offset + i) % 251);
    return true;
  }
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    EXPECT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    link.peer = [this](std::string_view frame) {
      last = Envelope(frame);
      return Answer(frame, TwoClasses(42));
    };
  }
  Status Classify(size_t image_bytes = 12) {
    ramp.next = 0;
    reply = {.classes = classes};
    return client.Classify({.model = "m",
                            .request_id = 42,
                            .top_k = 5,
                            .format = 3,
                            .image = {image_bytes, Ramp::Read, &ramp}},
                           clock.now_ns + kSecond, reply);
  }
  Status Infer(size_t room) {
    ramp.next = 0;
    output.resize(room);
    infer = {.output = output};
    return client.Infer({.model = "m", .request_id = 42, .input = {3, Ramp::Read, &ramp}},
                        clock.now_ns + kSecond, infer);
  }
  void PeerInfers(size_t bytes, int tensors = 1) {
    link.peer = [bytes, tensors](std::string_view frame) {
      v1::InferResponse response;
      response.set_request_id(42);
      for (int i = 0; i < tensors; ++i) {
        v1::Tensor& tensor = *response.add_outputs();
        tensor.set_name("t");
        tensor.set_dtype(v1::DTYPE_UINT8);
        tensor.add_dims(static_cast<int32_t>(bytes));
        tensor.set_data(std::string(bytes, static_cast<char>('a' + i)));
      }
      return Answer(frame, response);
    };
  }

  FakeClock clock;
  ScriptLink link{clock};
  std::byte buffer[Client::kBufferBytes];
  Client client{link, clock, buffer};
  Ramp ramp;
  ScoredClass classes[5];
  ClassifyReply reply{.classes = classes};
  std::vector<std::byte> output;
  InferReply infer;
  v1::Request last;
};

TEST_F(ClientTest, SendsImagesOfEverySizeInFullBuffers) {
  for (size_t size : {1, 12, 900, 960, 990, 1024, 3072, 150528, 1'000'000}) {
    link.sends.clear();
    const Status status = Classify(size);
    ASSERT_TRUE(status.ok()) << size << ": " << status.message();
    v1::ClassifyRequest request;
    ASSERT_TRUE(request.ParseFromString(last.payload()));
    ASSERT_EQ(request.image().size(), size);
    for (size_t i = 0; i < size; ++i)
      ASSERT_EQ(static_cast<uint8_t>(request.image()[i]), i % 251) << i;
    for (size_t i = 0; i < link.sends.size(); ++i) {
      const bool last_one = i + 1 == link.sends.size();
      EXPECT_EQ(link.sends[i].more, !last_one);
      if (!last_one) {
        EXPECT_EQ(link.sends[i].bytes, Client::kBufferBytes);
      }
    }
    EXPECT_LE(ramp.largest, Client::kBufferBytes);
  }
}

TEST_F(ClientTest, HeaderAndBodyLeaveTogether) {
  ASSERT_TRUE(Classify(12).ok());
  ASSERT_EQ(link.sends.size(), 1U);
  EXPECT_GT(link.sends[0].bytes, kFrameHeaderBytes + 12);
}

TEST_F(ClientTest, TellsTheAgentTheTimeLeft) {
  ASSERT_TRUE(Classify().ok());
  EXPECT_EQ(last.timeout_nano(), kSecond);
}

TEST_F(ClientTest, RefusesAnImageLargerThanAMessage) {
  EXPECT_EQ(Classify(kDefaultMaxMessageBytes).code(), Code::kResourceExhausted);
  EXPECT_TRUE(link.sent.empty());
  EXPECT_TRUE(client.connected());
}

TEST_F(ClientTest, ClosesWhenTheImageBreaksOffHalfway) {
  ramp.break_at = 2000;
  EXPECT_EQ(Classify(9000).code(), Code::kInvalidArgument);
  EXPECT_FALSE(client.connected());
}

TEST_F(ClientTest, ReadsRepliesInPiecesOfAnySize) {
  for (size_t chunk : {1, 2, 3, 7, 10, 11, 64}) {
    link.chunk = chunk;
    ASSERT_TRUE(Classify().ok()) << chunk;
    ASSERT_EQ(reply.count, 2U);
    EXPECT_STREQ(classes[0].label, "class 4");
    EXPECT_EQ(reply.timing.compute_ns, 77U);
  }
}

TEST_F(ClientTest, StreamsAreOddAndGrow) {
  std::vector<uint32_t> streams;
  link.peer = [&](std::string_view frame) {
    streams.push_back(StreamOf(frame));
    return Answer(frame, TwoClasses(42));
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Classify().ok());
  EXPECT_EQ(streams, (std::vector<uint32_t>{1, 3, 5}));
}

TEST_F(ClientTest, SkipsResponsesOfOtherStreams) {
  link.peer = [](std::string_view frame) {
    return Frame(99, std::string(5000, 'x')) + Frame(97, "") + Answer(frame, TwoClasses(42));
  };
  ASSERT_TRUE(Classify().ok());
  EXPECT_EQ(reply.count, 2U);
}

TEST_F(ClientTest, GivesUpOnAPeerThatAnswersOthersOnly) {
  link.peer = [](std::string_view) {
    std::string frames;
    for (int i = 0; i < 100; ++i) frames += Frame(99, "x");
    return frames;
  };
  EXPECT_EQ(Classify().code(), Code::kDataLoss);
  EXPECT_FALSE(client.connected());
}

TEST_F(ClientTest, IsLateWhenNothingComes) {
  link.peer = nullptr;
  const uint64_t start = clock.now_ns;
  EXPECT_EQ(Classify().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(clock.now_ns, start + kSecond);
  EXPECT_FALSE(client.connected());
  EXPECT_FALSE(client.replied());
}

TEST_F(ClientTest, IsLateWhenBytesTrickleWithoutEnd) {
  link.chunk = 1;
  link.peer = [](std::string_view frame) {
    return Frame(StreamOf(frame), std::string(4000000, '\x7a'));
  };
  clock.step_ns = kSecond / 1000;
  EXPECT_EQ(Classify().code(), Code::kDeadlineExceeded);
}

TEST_F(ClientTest, RefusesWhatIsNoResponse) {
  for (const std::string& bytes :
       {std::string(10, '\0'), std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
        std::string(64, '\xff'), Frame(1, "", FrameType::kRequest), Frame(1, "\xff\xff\xff"),
        Frame(1, "\x12\x7f"), Frame(1, "")}) {
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    link.peer = [&](std::string_view) { return bytes; };
    EXPECT_EQ(Classify().code(), Code::kDataLoss) << bytes;
    EXPECT_FALSE(client.connected());
  }
}

TEST_F(ClientTest, RefusesAnotherRequestsAnswer) {
  link.peer = [](std::string_view frame) { return Answer(frame, TwoClasses(43)); };
  EXPECT_EQ(Classify().code(), Code::kDataLoss);
  EXPECT_FALSE(client.connected());
}

TEST_F(ClientTest, RefusesConfidencesThatAreNone) {
  for (float confidence : {-0.5F, 1.5F, std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity()}) {
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    link.peer = [&](std::string_view frame) {
      auto response = TwoClasses(42);
      response.mutable_classes(0)->set_confidence(confidence);
      return Answer(frame, response);
    };
    EXPECT_EQ(Classify().code(), Code::kDataLoss) << confidence;
  }
}

TEST_F(ClientTest, KeepsTheFirstClassesAndCutsLabels) {
  link.peer = [](std::string_view frame) {
    v1::ClassifyResponse response;
    response.set_request_id(42);
    for (uint32_t i = 0; i < 1000; ++i) {
      v1::Class& scored = *response.add_classes();
      scored.set_index(i);
      scored.set_label(std::string(i, 'l'));
    }
    response.mutable_classes(0)->set_label("a\x1b[2Jb\nc");
    return Answer(frame, response);
  };
  ASSERT_TRUE(Classify().ok());
  ASSERT_EQ(reply.count, 5U);
  EXPECT_EQ(classes[4].index, 4U);
  EXPECT_STREQ(classes[4].label, "llll");
  EXPECT_STREQ(classes[0].label, "a?[2Jb?c") << "control characters stay off the console";
}

TEST_F(ClientTest, CutsLongWords) {
  link.peer = [](std::string_view frame) {
    v1::Response response;
    response.mutable_status()->set_code(13);
    response.mutable_status()->set_message(std::string(4000, 'w'));
    return Frame(StreamOf(frame), response.SerializeAsString());
  };
  EXPECT_EQ(Classify().code(), Code::kInternal);
  EXPECT_EQ(std::strlen(client.words()), Client::kWordsBytes - 1);
  EXPECT_TRUE(client.connected());
}

TEST_F(ClientTest, KnowsNoCodeBeyondTheCanonicalOnes) {
  for (int32_t code : {17, 1000, -1, INT32_MIN}) {
    link.peer = [&](std::string_view frame) {
      v1::Response response;
      response.mutable_status()->set_code(code);
      return Frame(StreamOf(frame), response.SerializeAsString());
    };
    EXPECT_EQ(Classify().code(), Code::kUnknown) << code;
  }
}

TEST_F(ClientTest, InfersIntoTheCallersRoom) {
  for (size_t bytes : {1, 10, 1023, 1025, 4096, 100'000}) {
    PeerInfers(bytes);
    const Status status = Infer(bytes);
    ASSERT_TRUE(status.ok()) << bytes << ": " << status.message();
    EXPECT_EQ(infer.bytes, bytes);
    EXPECT_EQ(output, std::vector<std::byte>(bytes, std::byte{'a'}));
  }
}

TEST_F(ClientTest, TakesTheFirstOutputOnly) {
  PeerInfers(8, 3);
  ASSERT_TRUE(Infer(8).ok());
  EXPECT_EQ(output, std::vector<std::byte>(8, std::byte{'a'}));
}

TEST_F(ClientTest, RefusesAnOutputLargerThanTheRoomAndGoesOn) {
  PeerInfers(100);
  EXPECT_EQ(Infer(99).code(), Code::kResourceExhausted);
  EXPECT_TRUE(client.connected());
  EXPECT_TRUE(Infer(100).ok());
}

TEST_F(ClientTest, NeedsAConnection) {
  client.Close();
  EXPECT_EQ(Classify().code(), Code::kUnavailable);
  EXPECT_FALSE(client.replied());
}

// Whatever happens to a reply on its way: an answer or an error, in time, and no read out of bounds
// (the sanitizer presets run this too).
class DamagedReply : public ClientTest {
 protected:
  void ExpectEndsInTime(const std::string& bytes) {
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    link.peer = [&](std::string_view) { return bytes; };
    link.sent.clear();
    const uint64_t start = clock.now_ns;
    const Status classify = Classify();
    EXPECT_LE(clock.now_ns, start + kSecond);
    if (classify.ok()) {
      EXPECT_GE(reply.count, 1U);
      EXPECT_LE(reply.count, 5U);
    }
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    (void)Infer(4);
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    (void)client.ListModels(clock.now_ns + kSecond,
                            {.found = [](void*, const char*, const char*, const char*) {}});
  }
  std::string Good() {
    const std::string request = Frame(1, "", FrameType::kRequest);
    return Answer(request, TwoClasses(42));
  }
  std::string GoodTensor() {
    const std::string request = Frame(1, "", FrameType::kRequest);
    PeerInfers(4);
    return link.peer(request);
  }
};

TEST_F(DamagedReply, TruncatedAnywhereEndsInTime) {
  for (const std::string& good : {Good(), GoodTensor()}) {
    for (size_t size = 0; size < good.size(); ++size) {
      for (bool closes : {false, true}) {
        link.closes = closes;
        ExpectEndsInTime(good.substr(0, size));
      }
    }
  }
}

TEST_F(DamagedReply, EveryFlippedBitEndsInTime) {
  for (const std::string& good : {Good(), GoodTensor()}) {
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      ExpectEndsInTime(bad);
    }
  }
}

TEST_F(DamagedReply, TruncatedBodyWithItsLengthIsDataLoss) {
  const std::string body = Good().substr(kFrameHeaderBytes);
  int refused = 0;
  for (size_t size = 0; size < body.size(); ++size) {
    ASSERT_TRUE(client.Connect({"10.0.2.2", 7700}, clock.now_ns + kSecond).ok());
    link.peer = [&](std::string_view) { return Frame(1, body.substr(0, size)); };
    refused += Classify().code() == Code::kDataLoss;
  }
  EXPECT_EQ(static_cast<size_t>(refused), body.size());
}

}  // namespace
}  // namespace covey::wire
