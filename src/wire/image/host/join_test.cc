#include "wire/image/host/join.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/host/diag_text.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/variants.hpp"

namespace covey::wire {
namespace {

using Bytes = std::vector<std::byte>;

// At a 16-byte boundary, as reading wants.
class Aligned {
 public:
  explicit Aligned(const Bytes& bytes) : words_(bytes.size() / kImageAlign + 1) {
    const std::span<std::byte> all = std::as_writable_bytes(std::span(words_));
    bytes_ = all.first(std::min(all.size(), bytes.size()));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  std::span<std::byte> bytes() { return bytes_; }

 private:
  struct alignas(kImageAlign) Word {
    std::byte bytes[kImageAlign];
  };
  std::vector<Word> words_;
  std::span<std::byte> bytes_;
};

Bytes Sample(const std::string& name, std::byte first) {
  ImageContents contents = SampleContents();
  contents.name = name;
  for (ImageTensor& tensor : contents.tensors)
    if (!tensor.data.empty()) tensor.data[0] = first;
  return WriteImage(contents);
}

// What constants and names an image has, however they lie.
std::vector<std::string> Words(const ImageView& view) {
  std::vector<std::string> words{view.name(), view.labels() ? view.labels() : ""};
  for (uint32_t i = 0; i < view.tensor_count(); ++i) {
    words.emplace_back(view.tensor_name(i));
    if (view.tensor(i).place != static_cast<uint8_t>(Place::kData)) continue;
    const TensorView tensor = view.View(i, nullptr);
    words.emplace_back(reinterpret_cast<const char*>(tensor.data), view.tensor(i).bytes);
  }
  if (view.pixel_table() != nullptr)
    words.emplace_back(reinterpret_cast<const char*>(view.pixel_table()),
                       size_t{view.header().pixel_channels} * 256);
  return words;
}

std::vector<std::string> WordsOf(const Bytes& image) {
  Aligned placed(image);
  DiagText diag;
  const auto view = ImageView::Read(placed.bytes(), diag);
  EXPECT_TRUE(view.ok()) << diag.Text();
  return view.ok() ? Words(*view) : std::vector<std::string>{};
}

TEST(Variants, AreEachTheImageThatTheyWere) {
  const std::vector<Bytes> images{Sample("exact", std::byte{1}), Sample("fast", std::byte{2}),
                                  Sample("again", std::byte{1})};
  DiagText diag;
  const auto file = JoinVariants(images, diag);
  ASSERT_TRUE(file.ok()) << diag.Text();
  Aligned placed(*file);
  for (uint32_t i = 0; i < images.size(); ++i) {
    const auto bytes = FindVariant(placed.bytes(), i, diag);
    ASSERT_TRUE(bytes.ok()) << diag.Text();
    const auto view = ImageView::Read(*bytes, diag);
    ASSERT_TRUE(view.ok()) << diag.Text();
    EXPECT_EQ(Words(*view), WordsOf(images[i])) << i;
    EXPECT_EQ(NextVariant(*view).empty(), i + 1 == images.size());
  }
  EXPECT_EQ(FindVariant(placed.bytes(), 3, diag).status().code(), Code::kNotFound);
}

TEST(Variants, ShareConstants) {
  const Bytes one = Sample("one", std::byte{1});
  DiagText diag;
  const auto file = JoinVariants({one, Sample("two", std::byte{1})}, diag);
  ASSERT_TRUE(file.ok()) << diag.Text();
  Aligned placed(one);
  const auto view = ImageView::Read(placed.bytes(), diag);
  ASSERT_TRUE(view.ok());
  const size_t head = one.size() - view->header().data_bytes;
  EXPECT_LE(file->size(), one.size() + head + 2 * kImageAlign);
}

TEST(Variants, AreTakenOutAlone) {
  const Bytes one = Sample("one", std::byte{1}), two = Sample("two", std::byte{2});
  DiagText diag;
  const auto file = JoinVariants({one, two}, diag);
  ASSERT_TRUE(file.ok()) << diag.Text();
  const auto alone = ExtractVariant(*file, 1, diag);
  ASSERT_TRUE(alone.ok()) << diag.Text();
  EXPECT_EQ(WordsOf(*alone), WordsOf(two));
  EXPECT_LE(alone->size(), two.size());
  EXPECT_FALSE(ExtractVariant(*file, 2, diag).ok());
}

TEST(Variants, AreNamedByAPath) {
  EXPECT_EQ(SplitVariantPath("a/net.covey#12").file, "a/net.covey");
  EXPECT_EQ(SplitVariantPath("a/net.covey#12").number, 12u);
  for (const char* whole : {"net.covey", "net.covey#", "net.covey#1a", "net.onnx#1", "#1"}) {
    EXPECT_EQ(SplitVariantPath(whole).file, whole);
    EXPECT_FALSE(SplitVariantPath(whole).number.has_value());
  }
}

TEST(Variants, NoImageAloneHasAnother) {
  Aligned placed(Sample("alone", std::byte{0}));
  DiagText diag;
  const auto view = ImageView::Read(placed.bytes(), diag);
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE(NextVariant(*view).empty());
}

TEST(Variants, ThatDoNotFitAreRefused) {
  ImageContents other = SampleContents();
  other.tensors[other.inputs[0]].scale = 0.75F;
  DiagText diag;
  EXPECT_EQ(JoinVariants({}, diag).status().code(), Code::kInvalidArgument);
  const auto file = JoinVariants({Sample("one", std::byte{1}), WriteImage(other)}, diag);
  EXPECT_EQ(file.status().code(), Code::kInvalidArgument);
}

// Every flipped byte is found by the first digest; without digests nothing is read outside.
TEST(Variants, EveryDamageIsFoundOrHarmless) {
  DiagText diag;
  const auto file = JoinVariants({Sample("a", std::byte{1}), Sample("b", std::byte{2})}, diag);
  ASSERT_TRUE(file.ok());
  for (size_t at = 0; at < file->size(); ++at) {
    Aligned placed(*file);
    placed.bytes()[at] ^= std::byte{0x41};
    DiagText said;
    EXPECT_FALSE(FindVariant(placed.bytes(), 1, said).ok()) << at;
    const auto first = ImageView::Read(placed.bytes(), said, Digest::kTrust);
    if (!first.ok()) continue;
    const auto next = NextVariant(*first);
    if (!next.empty()) (void)ImageView::Read(next, said, Digest::kTrust).ok();
  }
}

}  // namespace
}  // namespace covey::wire
