#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <cmath>
#include <cstring>

#include "core/host/diag_text.hpp"
#include "serve/preprocess/classifier.hpp"

namespace covey::serve {
namespace {

using testing::HasSubstr;

std::span<const std::byte> Bytes(const std::vector<uint8_t>& pixels) {
  return std::as_bytes(std::span(pixels));
}

std::vector<std::byte> EncodePng(uint32_t width, uint32_t height, const std::vector<uint8_t>& rgb) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, rgb.data(), 0, nullptr);
  std::vector<std::byte> bytes(size);
  png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

std::vector<std::byte> EncodeJpeg(int width, int height, const std::vector<uint8_t>& rgb) {
  tjhandle jpeg = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  tjCompress2(jpeg, rgb.data(), width, 0, height, TJPF_RGB, &buffer, &size, TJSAMP_444, 100, 0);
  const auto* bytes = reinterpret_cast<const std::byte*>(buffer);
  std::vector<std::byte> result(bytes, bytes + size);
  tjFree(buffer);
  tjDestroy(jpeg);
  return result;
}

std::vector<uint8_t> Gradient(uint32_t width, uint32_t height) {
  std::vector<uint8_t> rgb;
  for (uint32_t y = 0; y < height; ++y)
    for (uint32_t x = 0; x < width; ++x)
      for (uint32_t c = 0; c < 3; ++c) rgb.push_back(static_cast<uint8_t>(4 * x + 2 * y + 40 * c));
  return rgb;
}

TEST(Picture, ReadsAPngByteForByte) {
  DiagText diag;
  const auto rgb = Gradient(5, 3);
  const auto png = EncodePng(5, 3, rgb);
  const auto picture = DecodePicture({.format = ImageFormat::kPng, .bytes = png}, diag);
  ASSERT_TRUE(picture.ok()) << diag.Text();
  EXPECT_EQ(picture->width, 5U);
  EXPECT_EQ(picture->height, 3U);
  EXPECT_EQ(picture->pixels, rgb);
}

TEST(Picture, ReadsAJpegWithinItsLoss) {
  DiagText diag;
  const auto rgb = Gradient(16, 8);
  const auto jpeg = EncodeJpeg(16, 8, rgb);
  const auto picture = DecodePicture({.format = ImageFormat::kJpeg, .bytes = jpeg}, diag);
  ASSERT_TRUE(picture.ok()) << diag.Text();
  ASSERT_EQ(picture->pixels.size(), rgb.size());
  for (size_t i = 0; i < rgb.size(); ++i) EXPECT_NEAR(picture->pixels[i], rgb[i], 6);
}

TEST(Picture, RefusesEveryTruncation) {
  const auto rgb = Gradient(8, 8);
  for (const auto format : {ImageFormat::kPng, ImageFormat::kJpeg}) {
    const auto whole = format == ImageFormat::kPng ? EncodePng(8, 8, rgb) : EncodeJpeg(8, 8, rgb);
    // All pixels are there when only the last marker of a JPEG, or the checksum and end chunk of a
    // PNG (4 + 12 bytes), are missing; decoders differ on what to call that.
    const size_t end = format == ImageFormat::kPng ? 17 : 4;
    for (size_t size = 0; size + end < whole.size(); ++size) {
      DiagText diag;
      const auto cut =
          DecodePicture({.format = format, .bytes = std::span(whole).first(size)}, diag);
      EXPECT_FALSE(cut.ok()) << size;
      EXPECT_FALSE(diag.Text().empty()) << size;
    }
  }
}

TEST(Picture, SurvivesEveryFlippedBit) {
  const auto rgb = Gradient(6, 6);
  for (const auto format : {ImageFormat::kPng, ImageFormat::kJpeg}) {
    const auto whole = format == ImageFormat::kPng ? EncodePng(6, 6, rgb) : EncodeJpeg(6, 6, rgb);
    for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      auto flipped = whole;
      flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      DiagText diag;
      const auto picture = DecodePicture({.format = format, .bytes = flipped}, diag);
      if (picture.ok()) {
        EXPECT_EQ(picture->pixels.size(),
                  size_t{picture->width} * picture->height * picture->channels);
      }
    }
  }
}

TEST(Picture, RefusesAGiantBeforeItTakesMemory) {
  // A PNG whose header says 16384 x 16384: 768 MB of pixels from a few dozen bytes.
  auto png = EncodePng(1, 1, {1, 2, 3});
  const uint8_t size[8] = {0, 0, 0x40, 0, 0, 0, 0x40, 0};
  std::memcpy(png.data() + 16, size, 8);
  const uint8_t* chunk = reinterpret_cast<const uint8_t*>(png.data()) + 12;
  uint32_t crc = 0xFFFFFFFF;
  for (int i = 0; i < 17; ++i) {
    crc ^= chunk[i];
    for (int k = 0; k < 8; ++k) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  crc = ~crc;
  for (int i = 0; i < 4; ++i)
    png[29 + static_cast<size_t>(i)] = static_cast<std::byte>(crc >> (24 - 8 * i));
  DiagText diag;
  EXPECT_FALSE(DecodePicture({.format = ImageFormat::kPng, .bytes = png}, diag).ok());
  EXPECT_THAT(diag.Text(), HasSubstr("16384x16384 pixels"));
}

TEST(Picture, SaysHowManyRawBytesItExpected) {
  DiagText diag;
  const std::vector<uint8_t> pixels(11);
  EXPECT_FALSE(DecodePicture({ImageFormat::kRawRgb8, 2, 2, Bytes(pixels)}, diag).ok());
  EXPECT_THAT(diag.Text(), HasSubstr("11 bytes, expected 12 (2x2x3)"));
}

TEST(Resize, HalvesByAveragingPairs) {
  const Picture in{4, 2, 1, {0, 10, 20, 30, 40, 50, 60, 70}};
  const Picture out = Resize(in, 2, 1);
  // Centres fall between the four neighbours: (0+10+40+50)/4, (20+30+60+70)/4.
  EXPECT_THAT(out.pixels, testing::ElementsAre(25, 45));
}

TEST(Resize, KeepsAFlatPictureFlat) {
  const Picture in{7, 5, 3, std::vector<uint8_t>(105, 93)};
  for (const uint8_t pixel : Resize(in, 16, 3).pixels) EXPECT_EQ(pixel, 93);
}

TEST(Crop, TakesTheMiddleRoundedDown) {
  const Picture in{5, 1, 1, {1, 2, 3, 4, 5}};
  EXPECT_THAT(CropCenter(in, 2, 1).pixels, testing::ElementsAre(2, 3));
}

TEST(SoftmaxOf, LogitsSumsToOneAndKeepsTheirOrder) {
  float values[] = {1000.0F, 1001.0F, 999.0F};
  Softmax(values);
  EXPECT_NEAR(values[0] + values[1] + values[2], 1.0F, 1e-6);
  EXPECT_NEAR(values[1], 0.66524096F, 1e-6);
  EXPECT_GT(values[0], values[2]);
}

// Says what its tensors are; never runs.
class ShapeModel final : public Model {
 public:
  ShapeModel(TensorInfo in, TensorInfo out) : inputs_{std::move(in)}, outputs_{std::move(out)} {}
  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  ClassifierHints hints() const override { return hints_; }
  Status RunViews(std::span<const InputView>, std::vector<HostTensor>&, Diag&) override {
    return Status(Code::kUnimplemented, "has a shape only");
  }
  ClassifierHints hints_;

 private:
  std::vector<TensorInfo> inputs_, outputs_;
};

const TensorInfo kFloatPicture{"input", ElementType::kFloat32, {-1, 3, 2, 2}, 0, 0};
const TensorInfo kFloatClasses{"logits", ElementType::kFloat32, {-1, 3}, 0, 0};

compiler::ModelToml ImagenetToml() {
  compiler::ModelToml toml;
  toml.has_input = toml.has_output = true;
  toml.mean = {0.485F, 0.456F, 0.406F};
  toml.std = {0.229F, 0.224F, 0.225F};
  toml.kind = compiler::OutputKind::kLogits;
  toml.labels = {"cat", "dog", "fox"};
  return toml;
}

std::vector<float> Floats(const HostTensor& tensor) {
  std::vector<float> values(tensor.data.size() / 4);
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(ClassifierOf, AFloatNetworkNormalisesPlaneByPlane) {
  const ShapeModel model(kFloatPicture, kFloatClasses);
  const auto toml = ImagenetToml();
  DiagText diag;
  const auto classifier = Classifier::Make(model, &toml, diag);
  ASSERT_TRUE(classifier.ok()) << diag.Text();
  const std::vector<uint8_t> rgb = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30};
  HostTensor input;
  ASSERT_TRUE(classifier->Prepare({ImageFormat::kRawRgb8, 2, 2, Bytes(rgb)}, input, diag).ok());
  EXPECT_THAT(input.dims, testing::ElementsAre(1, 3, 2, 2));
  const auto x = Floats(input);
  ASSERT_EQ(x.size(), 12U);
  EXPECT_FLOAT_EQ(x[0], (1.0F - 0.485F) / 0.229F);             // red of the first pixel
  EXPECT_FLOAT_EQ(x[5], (1.0F - 0.456F) / 0.224F);             // green of the second
  EXPECT_FLOAT_EQ(x[11], (30.0F / 255.0F - 0.406F) / 0.225F);  // blue of the fourth
}

TEST(ClassifierOf, ABgrNetworkGetsBlueFirst) {
  const ShapeModel model({"in", ElementType::kUint8, {1, 1, 1, 3}, 0, 0}, kFloatClasses);
  auto toml = ImagenetToml();
  toml.mean.clear();
  toml.std.clear();
  toml.color = compiler::Color::kBgr;
  DiagText diag;
  const auto classifier = Classifier::Make(model, &toml, diag);
  ASSERT_TRUE(classifier.ok()) << diag.Text();
  HostTensor input;
  const std::vector<uint8_t> rgb = {1, 2, 3};
  ASSERT_TRUE(classifier->Prepare({ImageFormat::kRawRgb8, 1, 1, Bytes(rgb)}, input, diag).ok());
  EXPECT_THAT(input.data, testing::ElementsAre(std::byte{3}, std::byte{2}, std::byte{1}));
}

TEST(ClassifierOf, AnInt8NetworkTakesPixelsMinus128OrItsOwnTable) {
  ShapeModel model({"in", ElementType::kInt8, {1, 1, 1, 1}, 0.5F, 0}, kFloatClasses);
  model.hints_.output = wire::OutputKind::kLogits;
  DiagText diag;
  HostTensor input;
  const std::vector<uint8_t> gray = {200};
  const EncodedPicture picture{ImageFormat::kRawGray8, 1, 1, Bytes(gray)};
  ASSERT_TRUE(Classifier::Make(model, nullptr, diag)->Prepare(picture, input, diag).ok());
  EXPECT_EQ(static_cast<int8_t>(input.data[0]), 72);
  model.hints_.pixel_table.assign(256, 5);
  ASSERT_TRUE(Classifier::Make(model, nullptr, diag)->Prepare(picture, input, diag).ok());
  EXPECT_EQ(static_cast<int8_t>(input.data[0]), 5);
}

TEST(ClassifierOf, LogitsGivesTheTopKWithLabels) {
  const ShapeModel model(kFloatPicture, kFloatClasses);
  const auto toml = ImagenetToml();
  DiagText diag;
  const auto classifier = Classifier::Make(model, &toml, diag);
  const float logits[] = {0.0F, 2.0F, 1.0F};
  HostTensor output{"logits", ElementType::kFloat32, {1, 3}, std::vector<std::byte>(12)};
  std::memcpy(output.data.data(), logits, 12);
  std::vector<ClassScore> classes;
  ASSERT_TRUE(classifier->Classes(std::span(&output, 1), 2, classes, diag).ok());
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].label, "dog");
  EXPECT_EQ(classes[1].label, "fox");
  EXPECT_NEAR(classes[0].confidence, 0.66524096F, 1e-6);
}

TEST(ClassifierOf, AQuantisedOutputScalesItBack) {
  ShapeModel model({"in", ElementType::kInt8, {1, 1, 1, 1}, 1, 0},
                   {"out", ElementType::kInt8, {1, 2}, 1.0F / 256, -128});
  model.hints_.output = wire::OutputKind::kProbabilities;
  DiagText diag;
  const auto classifier = Classifier::Make(model, nullptr, diag);
  const HostTensor output{"out", ElementType::kInt8, {1, 2}, {std::byte{0x80}, std::byte{0x40}}};
  std::vector<ClassScore> classes;
  ASSERT_TRUE(classifier->Classes(std::span(&output, 1), 2, classes, diag).ok());
  EXPECT_EQ(classes[0].index, 1U);
  EXPECT_FLOAT_EQ(classes[0].confidence, 0.75F);
  EXPECT_FLOAT_EQ(classes[1].confidence, 0.0F);
}

TEST(ClassifierOf, RefusesLabelsThatAreNotOnePerClass) {
  const ShapeModel model(kFloatPicture, kFloatClasses);
  auto toml = ImagenetToml();
  toml.labels.pop_back();
  DiagText diag;
  EXPECT_EQ(Classifier::Make(model, &toml, diag).status().code(), Code::kFailedPrecondition);
  EXPECT_THAT(diag.Text(), HasSubstr("2 labels, but output 0 has 3 classes"));
}

TEST(ClassifierOf, SaysWhatIsMissingWhenNothingNamesTheOutput) {
  const ShapeModel model(kFloatPicture, kFloatClasses);
  DiagText diag;
  EXPECT_FALSE(Classifier::Make(model, nullptr, diag).ok());
  EXPECT_THAT(diag.Text(), HasSubstr("[output] kind"));
}

TEST(ClassifierOf, RefusesAnOutputThatIsNotFinite) {
  const ShapeModel model(kFloatPicture, kFloatClasses);
  const auto toml = ImagenetToml();
  DiagText diag;
  const auto classifier = Classifier::Make(model, &toml, diag);
  const float logits[] = {0.0F, std::nanf(""), 1.0F};
  HostTensor output{"logits", ElementType::kFloat32, {1, 3}, std::vector<std::byte>(12)};
  std::memcpy(output.data.data(), logits, 12);
  std::vector<ClassScore> classes;
  EXPECT_FALSE(classifier->Classes(std::span(&output, 1), 1, classes, diag).ok());
}

}  // namespace
}  // namespace covey::serve
