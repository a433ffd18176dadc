#include "apps/covey/eval/samples.hpp"

#include <gtest/gtest.h>

#include "apps/covey/eval/page.hpp"
#include "apps/covey/eval/pair.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

std::string Write(const std::string& name, const std::string& bytes) {
  static const TempDir folder;
  EXPECT_TRUE(folder.Write(name, bytes));
  return folder.path() / name;
}

TEST(EvalSamples, CifarRecordsBecomePixelsInRows) {
  std::string record(3073, '\0');
  record[0] = 7, record[1] = 10, record[1 + 1024] = 20, record[1 + 2048] = 30, record[2] = 40;
  const auto read = ReadEvalSamples(Write("cifar.bin", record + record), {.type = "cifar10"});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read.value().images.size(), 2U);
  const Image& image = read.value().images[0];
  EXPECT_EQ(image.width, 32U);
  EXPECT_EQ(image.bytes[0], std::byte{10});
  EXPECT_EQ(image.bytes[1], std::byte{20});
  EXPECT_EQ(image.bytes[2], std::byte{30});
  EXPECT_EQ(image.bytes[3], std::byte{40});
  EXPECT_EQ(read.value().labels, (std::vector<int>{7, 7}));
}

TEST(EvalSamples, PixelsAreSquareUnlessSaidOtherwise) {
  const std::string file = Write("pixels.raw", std::string(12 * 3, 'x'));
  EXPECT_FALSE(ReadEvalSamples(file, {.type = "uint8"}));  // 12 pixels are no square.
  const auto read = ReadEvalSamples(file, {.type = "uint8", .width = 4, .height = 3});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().images[0].height, 3U);
}

TEST(EvalSamples, AreThinnedEvenlyWithTheirLabels) {
  const std::string file = Write("tensors.raw", "abcdef");
  const auto read = ReadEvalSamples(file, {.type = "tensor",
                                           .sample_bytes = 1,
                                           .labels = Write("l.csv", "0\n1\n2\n3\n4\n5\n"),
                                           .most = 3});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().labels, (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(read.value().images[1].bytes[0], std::byte{'c'});
}

TEST(EvalSamples, RefuseALabelFileThatContradictsItself) {
  const TempDir folder;
  for (const char* name : {"a.png", "b.png"}) ASSERT_TRUE(folder.Write(name, "picture"));
  const struct {
    const char *csv, *why;
  } kCases[] = {
      {"a.png,1\nb.png,0,2\n", "line 2 is 'b.png,0,2', expected 2 columns"},
      {"a.png,1\nb.png,2\na.png,3\n", "found classes 1 and 3 for 'a.png', expected one"},
      {"1.5\n0\n1\n", "line 1 is '1.5', expected a class number"},
      {"file,class\na.png,1\n", "/b.png'"},  // none is for it
      {"a.png,99999999999\nb.png,1\n", "line 1 is 'a.png,99999999999'"},
  };
  for (const auto& one : kCases) {
    const auto read = ReadEvalSamples(folder.path(), {.labels = Write("l.csv", one.csv)});
    ASSERT_FALSE(read) << one.csv;
    EXPECT_NE(read.error().message.find(one.why), std::string::npos) << read.error().message;
  }
}

TEST(EvalSamples, SayWhatALabelFileHoldsInsteadOfNumbers) {
  const std::string file = Write("one.raw", "ab");
  const auto read = ReadEvalSamples(
      file, {.type = "tensor", .sample_bytes = 1, .labels = Write("bad.csv", "class\n0\ncat\n")});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("line 3 is 'cat'"), std::string::npos)
      << read.error().message;
}

TEST(Pair, HasANameAModelAndAPlace) {
  const auto pair = ParsePair("mcu=dir/net.tflite@board:m4");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair.value().name, "mcu");
  EXPECT_EQ(pair.value().model, "dir/net.tflite");
  EXPECT_EQ(pair.value().target.board, "m4");
  EXPECT_EQ(ParsePair("dir/net.tflite").value().name, "net@host");
  EXPECT_EQ(ParsePair("big@agent:h:7").value().name, "big@agent:h:7");
  EXPECT_EQ(ParsePair("a/b=c.tflite@host").value().model, "a/b=c.tflite");
  EXPECT_FALSE(ParsePair("@host"));
  EXPECT_FALSE(ParsePair("m@"));
}

TEST(Form, IsReadBackFromItsText) {
  for (const char* text :
       {"file", "raw", "raw@64", "png", "png@32", "jpeg:80", "jpeg:5:420", "bare:100:420@128"}) {
    const auto form = ParseForm(text);
    ASSERT_TRUE(form) << text;
    EXPECT_EQ(form.value().Text(), text);
  }
  for (const char* text : {"", "jpeg", "jpeg:", "jpeg:0", "jpeg:101", "jpeg:80:444", "bare:x",
                           "file@64", "raw@", "raw@4", "raw@99999", "png:9"})
    EXPECT_FALSE(ParseForm(text)) << text;
}

TEST(Form, ScalesDownAndNeverUp) {
  const Image image = Image::RawRgb8(64, 32, std::vector<std::byte>(64 * 32 * 3, std::byte{9}));
  EXPECT_EQ(InForm(image, ParseForm("raw@16").value()).value().width, 32U);
  EXPECT_EQ(InForm(image, ParseForm("raw@16").value()).value().height, 16U);
  EXPECT_EQ(InForm(image, ParseForm("raw@48").value()).value().width, 64U);
  EXPECT_EQ(InForm(image, ParseForm("jpeg:50").value()).value().format, ImageFormat::kJpeg);
  EXPECT_FALSE(InForm(Image::Tensor(std::vector<std::byte>(4)), ParseForm("raw").value()));
  EXPECT_TRUE(InForm(Image::Tensor(std::vector<std::byte>(4)), Form{}));
}

TEST(Pair, MayNameAForm) {
  const auto pair = ParsePair("r=net@agent:h:7+bare:60:420@32");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair.value().form.Text(), "bare:60:420@32");
  EXPECT_EQ(pair.value().target.agent.port, 7);
  EXPECT_EQ(ParsePair("a+b.onnx@host").value().model, "a+b.onnx");
}

TEST(DataUri, IsABitmapForRawPixels) {
  const std::vector<std::byte> pixels(2 * 1 * 3, std::byte{0xFF});
  const std::string uri = DataUri(Image::RawRgb8(2, 1, pixels));
  EXPECT_EQ(uri.rfind("data:image/bmp;base64,Qk0+AAAA", 0), 0U) << uri;  // BM, 62 bytes
  EXPECT_EQ(uri.substr(uri.size() - 12), "////////AAA=") << uri;
  EXPECT_EQ(DataUri(Image::Tensor(pixels)), "");
  EXPECT_EQ(DataUri({ImageFormat::kRawRgb8, 9, 9, pixels}), "");
}

}  // namespace
}  // namespace covey::app
