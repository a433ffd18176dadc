// What a device writes by hand, read by libprotobuf.
#include "wire/rpc/request.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "wire/rpc/frame.hpp"
#include "wire/rpc/host/codec.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace covey::wire {
namespace {

bool ReadText(void* context, size_t offset, void* buffer, size_t size) {
  std::memcpy(buffer, static_cast<const std::string*>(context)->data() + offset, size);
  return true;
}

class RequestFields : public testing::Test {
 protected:
  // The request's bytes, which must be as many as were counted.
  std::string Written(const Envelope& request) {
    EXPECT_TRUE(link_.Connect({"10.0.2.2", 1}, UINT64_MAX).ok());
    link_.sent.clear();
    std::byte buffer[64];
    LinkWriter writer(link_, clock_, buffer, UINT64_MAX);
    Fields fields(&writer), count;
    PutRequest(request, count);
    writer.Put(WriteFrameHeader({.length = static_cast<uint32_t>(count.bytes()),
                                 .stream = 1,
                                 .type = FrameType::kRequest}));
    PutRequest(request, fields);
    EXPECT_TRUE(writer.Finish().ok());
    EXPECT_EQ(link_.sent.size(), kFrameHeaderBytes + count.bytes());
    EXPECT_EQ(fields.bytes(), count.bytes());
    return link_.sent.substr(kFrameHeaderBytes);
  }

  FakeClock clock_;
  ScriptLink link_{clock_};
};

// Of any number of bytes, so that every length of a varint occurs.
uint64_t Number(std::mt19937_64& random) { return random() >> random() % 64; }

TEST_F(RequestFields, AreWhatProtobufReads) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string model(random() % 3 == 0 ? 0 : random() % 200, 'm'), image(Number(random) % 5000, 7);
    const Bulk bulk{image.size(), ReadText, &image};
    const bool tensor = i % 2 == 0;
    Payload payload{.model = model.c_str(), .request_id = Number(random), .bulk = &bulk};
    payload.tensor = tensor;
    if (!tensor) {
      payload.top_k = static_cast<uint32_t>(Number(random));
      payload.format = static_cast<uint32_t>(random() % 6);
      payload.width = static_cast<uint32_t>(Number(random));
      payload.height = static_cast<uint32_t>(Number(random));
    }
    const uint64_t timeout_ns = Number(random) >> 1;
    v1::Request request;
    ASSERT_TRUE(request.ParseFromString(Written({"Method", &payload, timeout_ns})));
    EXPECT_EQ(request.service(), "covey.v1.Inference");
    EXPECT_EQ(request.method(), "Method");
    EXPECT_EQ(static_cast<uint64_t>(request.timeout_nano()), timeout_ns);
    v1::InferRequest infer;
    v1::ClassifyRequest classify;
    if (tensor) {
      infer.set_model(model), infer.set_request_id(payload.request_id);
      infer.add_inputs()->set_data(image);
      v1::InferRequest found;
      ASSERT_TRUE(found.ParseFromString(request.payload()));
      EXPECT_EQ(found.SerializeAsString(), infer.SerializeAsString());
    } else {
      classify.set_model(model), classify.set_request_id(payload.request_id);
      classify.set_top_k(payload.top_k);
      classify.set_format(static_cast<v1::ImageFormat>(payload.format));
      classify.set_width(payload.width), classify.set_height(payload.height);
      classify.set_image(image);
      v1::ClassifyRequest found;
      ASSERT_TRUE(found.ParseFromString(request.payload()));
      EXPECT_EQ(found.SerializeAsString(), classify.SerializeAsString());
    }
  }
}

TEST_F(RequestFields, OfNoPayloadAreAnEnvelope) {
  v1::Request request;
  ASSERT_TRUE(request.ParseFromString(Written({"ListModels", nullptr, 0})));
  EXPECT_EQ(request.method(), "ListModels");
  EXPECT_TRUE(request.payload().empty());
}

// A size that 32 bits do not hold must not pass for a small one.
TEST_F(RequestFields, AreCountedBeyondThirtyTwoBits) {
  const Bulk bulk{SIZE_MAX / 2, ReadText, nullptr};
  const Payload payload{.model = "m", .bulk = &bulk, .tensor = true};
  Fields count;
  PutRequest({"Infer", &payload, 0}, count);
  EXPECT_GT(count.bytes(), SIZE_MAX / 2);
}

}  // namespace
}  // namespace covey::wire
