#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/host/diag_text.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/reader.hpp"

namespace covey::wire {
namespace {

// Bytes at a 16-byte boundary, of exactly the given length, so that a sanitizer sees one too many.
class Aligned {
 public:
  explicit Aligned(std::span<const std::byte> bytes)
      : size_(bytes.size()),
        data_(static_cast<std::byte*>(::operator new (size_, std::align_val_t{kImageAlign}))) {
    if (size_ != 0) std::memcpy(data_, bytes.data(), size_);
  }
  ~Aligned() { ::operator delete (data_, std::align_val_t{kImageAlign}); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  std::span<std::byte> bytes() { return {data_, size_}; }
  ImageHeader& header() { return *reinterpret_cast<ImageHeader*>(data_); }
  template <typename T>
  T& at(uint32_t offset, uint32_t index) {
    return reinterpret_cast<T*>(data_ + offset)[index];
  }

 private:
  size_t size_;
  std::byte* data_;
};

// What Read says of an image after `damage`, its digest aside: "CODE: finding".
template <typename Damage>
std::string Complaint(Damage damage) {
  Aligned image(WriteImage(SampleContents()));
  damage(image);
  DiagText diag;
  const auto view = ImageView::Read(image.bytes(), diag, Digest::kTrust);
  return view.ok() ? "accepted" : CodeName(view.status().code()) + (": " + diag.Text());
}

TensorRecord& Tensor(Aligned& image, uint32_t i) {
  return image.at<TensorRecord>(image.header().tensors_offset, i);
}
OpRecord& OpAt(Aligned& image, uint32_t i) {
  return image.at<OpRecord>(image.header().ops_offset, i);
}
uint16_t& Index(Aligned& image, uint32_t i) {
  return image.at<uint16_t>(image.header().indices_offset, i);
}

TEST(Image, ReadsBackWhatWasWritten) {
  const ImageContents contents = SampleContents();
  Aligned image(WriteImage(contents));
  DiagText diag;
  const auto read = ImageView::Read(image.bytes(), diag);
  ASSERT_TRUE(read.ok()) << diag.Text();
  const ImageView& view = *read;
  EXPECT_STREQ(view.name(), "sample");
  EXPECT_STREQ(view.labels(), "cat\ndog\nother");
  EXPECT_EQ(view.header().arena_bytes, 32U);
  EXPECT_EQ(view.header().output_kind, static_cast<uint32_t>(OutputKind::kLogits));
  ASSERT_EQ(view.tensor_count(), contents.tensors.size());
  for (uint32_t i = 0; i < view.tensor_count(); ++i)
    EXPECT_EQ(view.tensor_name(i), contents.tensors[i].name);
  ASSERT_EQ(view.op_count(), 2U);
  EXPECT_STREQ(view.op_name(1), "relu");
  EXPECT_EQ(view.input_tensor(0), 0);
  EXPECT_EQ(view.output_tensor(0), 3);
  EXPECT_EQ(view.pixel_table()[2 * 256 + 7], -121);
}

TEST(Image, PointsConstantsIntoTheImageAndTheRestIntoTheArena) {
  Aligned image(WriteImage(SampleContents()));
  NoDiag diag;
  const ImageView view = *ImageView::Read(image.bytes(), diag);
  alignas(16) std::byte arena[32];
  const OpView add = view.ViewOp(0, arena);
  EXPECT_EQ(add.op, Op::kAdd);
  EXPECT_EQ(add.inputs, 2);
  EXPECT_EQ(add.input[0].data, arena);
  EXPECT_EQ(add.output[0].data, arena + 16);
  EXPECT_EQ(add.input[1].as<int8_t>()[2], -5);
  EXPECT_GE(add.input[1].data, image.bytes().data());
  EXPECT_LT(add.input[1].data, image.bytes().data() + image.bytes().size());
  EXPECT_EQ(add.input[0].dims.size(), 4U);
  EXPECT_EQ(add.attr_as<AddAttr>().output_shift, -18);
}

TEST(Image, IsTheSameForTheSameContents) {
  EXPECT_EQ(WriteImage(SampleContents()), WriteImage(SampleContents()));
}

TEST(Image, RefusesEveryTruncation) {
  const std::vector<std::byte> bytes = WriteImage(SampleContents());
  for (size_t size = 0; size < bytes.size(); ++size) {
    Aligned image{std::span(bytes).first(size)};
    DiagText diag;
    const auto view = ImageView::Read(image.bytes(), diag);
    ASSERT_FALSE(view.ok()) << size;
    EXPECT_EQ(view.status().code(), Code::kDataLoss) << size;
    EXPECT_NE(diag.Text().find("image header"), std::string::npos) << size;
    EXPECT_NE(diag.Text().find("at byte"), std::string::npos) << size;
  }
}

TEST(Image, RefusesBytesAppended) {
  std::vector<std::byte> bytes = WriteImage(SampleContents());
  bytes.resize(bytes.size() + 16);
  Aligned image(bytes);
  DiagText diag;
  EXPECT_EQ(ImageView::Read(image.bytes(), diag).status().code(), Code::kDataLoss);
  EXPECT_NE(diag.Text().find("total_bytes"), std::string::npos);
}

TEST(Image, RefusesEveryFlippedBitAndNamesFieldAndOffset) {
  Aligned image(WriteImage(SampleContents()));
  for (std::byte& byte : image.bytes())
    for (int bit = 0; bit < 8; ++bit) {
      byte ^= static_cast<std::byte>(1 << bit);
      DiagText diag;
      ASSERT_FALSE(ImageView::Read(image.bytes(), diag).ok()) << &byte - image.bytes().data();
      EXPECT_NE(diag.Text().find("image"), std::string::npos);
      EXPECT_NE(diag.Text().find("at byte"), std::string::npos);
      byte ^= static_cast<std::byte>(1 << bit);
    }
}

// Touches what a view offers; a sanitizer objects if a check was missing.
uint64_t Walk(const ImageView& view) {
  uint64_t sum = std::strlen(view.name());
  if (view.labels() != nullptr) sum += std::strlen(view.labels());
  if (view.pixel_table() != nullptr)
    for (uint32_t i = 0; i < view.header().pixel_channels * 256; ++i)
      sum += static_cast<uint8_t>(view.pixel_table()[i]);
  std::vector<std::byte> arena(view.header().arena_bytes);
  for (uint32_t i = 0; i < view.tensor_count(); ++i) {
    sum += std::strlen(view.tensor_name(i));
    const TensorView tensor = view.View(i, arena.data());
    for (size_t k = 0; k < tensor.bytes; ++k) sum += static_cast<uint8_t>(tensor.data[k]);
  }
  for (uint32_t i = 0; i < view.op_count(); ++i) {
    const OpView op = view.ViewOp(i, arena.data());
    sum += std::strlen(op.name);
    for (int32_t param : op.params) sum += static_cast<uint32_t>(param);
    for (std::byte& byte : op.scratch) byte = std::byte{1};
  }
  return sum;
}

TEST(Image, IsSafeToWalkAfterAnyFlipThatAnUncheckedDigestLetsThrough) {
  Aligned image(WriteImage(SampleContents()));
  int accepted = 0;
  for (std::byte& byte : image.bytes())
    for (int bit = 0; bit < 8; ++bit) {
      byte ^= static_cast<std::byte>(1 << bit);
      NoDiag diag;
      const auto view = ImageView::Read(image.bytes(), diag, Digest::kTrust);
      const bool small = image.header().arena_bytes <= (1U << 20);
      if (view.ok() && small) accepted += Walk(*view) != 0;
      byte ^= static_cast<std::byte>(1 << bit);
    }
  EXPECT_GT(accepted, 0);
}

TEST(Image, RefusesAMisalignedImage) {
  Aligned image(WriteImage(SampleContents()));
  NoDiag diag;
  EXPECT_EQ(ImageView::Read(image.bytes().subspan(4), diag).status().code(),
            Code::kInvalidArgument);
}

TEST(Image, RefusesAnotherMajorAndANewerMinor) {
  EXPECT_EQ(Complaint([](Aligned& image) { image.header().major = 2; }),
            "UNIMPLEMENTED: image header: major version differs (at byte 8, found 2, expected 1)");
  EXPECT_EQ(Complaint([](Aligned& image) { image.header().minor = 3; }),
            "UNIMPLEMENTED: image header: minor version is newer than this build (at byte 10, "
            "found 3, expected 2)");
}

TEST(Image, RefusesTablesThatOverlapOrRunPastTheEnd) {
  EXPECT_EQ(
      Complaint([](Aligned& image) { image.header().tensor_count = 0x10000000; }).substr(0, 9),
      "DATA_LOSS");
  EXPECT_EQ(Complaint([](Aligned& image) { image.header().ops_offset -= 4; }).substr(0, 35),
            "DATA_LOSS: image header: ops: table");
  EXPECT_EQ(Complaint([](Aligned& image) { image.header().params_offset += 2; }).substr(0, 38),
            "DATA_LOSS: image header: params: table");
}

TEST(Image, RefusesTensorsThatLeaveTheirPlace) {
  EXPECT_NE(Complaint([](Aligned& image) {
              Tensor(image, 2).offset = 32;
            }).find("image tensor 2: runs past arena_bytes"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              Tensor(image, 1).offset = 4096;
            }).find("image tensor 1: runs past the end of data"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              Tensor(image, 0).offset = 8;
            }).find("image tensor 0: offset is not a multiple of 16"),
            std::string::npos);
}

// Only a convolution can do without its weights' bytes, and only images that say so have such.
TEST(Image, RefusesConstantsWithoutBytesWhereOthersReadThem) {
  EXPECT_NE(Complaint([](Aligned& image) {
              Tensor(image, 1).offset = kNone;
            }).find("image tensor 1: offset is not a multiple of 16"),
            std::string::npos);
  const auto bare = [](Aligned& image) {
    image.header().minor = 2;
    Tensor(image, 1).offset = kNone;
  };
  EXPECT_NE(Complaint(bare).find("image op 0: reads a constant that has no bytes"),
            std::string::npos);
  EXPECT_EQ(Complaint([&](Aligned& image) {
              bare(image);
              OpAt(image, 0).op = static_cast<uint16_t>(Op::kConv2D);
            }),
            "accepted");
  EXPECT_NE(Complaint([&](Aligned& image) {
              bare(image);
              OpAt(image, 0).op = static_cast<uint16_t>(Op::kConv2D);
              Index(image, 6) = 1;  // the model's output
            }).find("image model outputs: reads a constant that has no bytes"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              image.header().minor = 2;
              Tensor(image, 0).offset = kNone;
            }).find("image tensor 0: offset is not a multiple of 16"),
            std::string::npos);
}

TEST(Image, RefusesDimsThatDoNotGiveTheBytes) {
  EXPECT_NE(Complaint([](Aligned& image) {
              Tensor(image, 0).dims[1] = 3;
            }).find("image tensor 0: bytes is not dtype times dims"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) { Tensor(image, 0).dims[0] = -1; }).find("below 1"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              for (int i = 0; i < 4; ++i) Tensor(image, 0).dims[i] = 0x7FFFFFFF;
            }).find("more than 2^31 - 1 bytes"),
            std::string::npos);
}

// int4 came with minor 2, is a constant, and its rows are whole words.
TEST(Image, RefusesFourBitsWhereTheyCannotBe) {
  constexpr auto kInt4 = static_cast<uint8_t>(DType::kInt4);
  const auto constant = [](Aligned& image) -> TensorRecord& {  // 4 x 16 weights: 32 bytes
    TensorRecord& tensor = Tensor(image, 1);
    tensor.dtype = kInt4;
    tensor.rank = 2, tensor.dims[0] = 1, tensor.dims[1] = 2 * static_cast<int32_t>(tensor.bytes);
    for (int i = 2; i < kMaxRank; ++i) tensor.dims[i] = 1;
    tensor.scales = kNone, tensor.quant_axis = -1;
    tensor.bytes = static_cast<uint32_t>(TensorBytes(DType::kInt4, tensor.dims));
    return tensor;
  };
  EXPECT_NE(Complaint([&](Aligned& image) { constant(image); }).find("dtype came with minor 2"),
            std::string::npos);
  EXPECT_NE(Complaint([&](Aligned& image) {
              image.header().minor = 2;
              ++constant(image).bytes;
            }).find("bytes is not dtype times dims"),
            std::string::npos);
  EXPECT_NE(Complaint([&](Aligned& image) {
              image.header().minor = 2;
              Tensor(image, 2).dtype = kInt4;
            }).find("int4 that is no constant, or has no bytes"),
            std::string::npos);
}

TEST(Tensor, Int4RowsAreFilledUpToWords) {
  EXPECT_EQ(TensorBytes(DType::kInt4, std::vector<int32_t>{3, 3, 3, 3}), 3U * 16);
  EXPECT_EQ(TensorBytes(DType::kInt4, std::vector<int32_t>{2, 8}), 8U);
  EXPECT_EQ(TensorBytes(DType::kInt16, std::vector<int32_t>{2, 8}), 32U);
  EXPECT_EQ(TensorBytes(DType::kInt8, std::vector<int32_t>{}), 1U);
}

TEST(Image, RefusesUnknownOpsAsUnimplemented) {
  EXPECT_EQ(Complaint([](Aligned& image) { OpAt(image, 1).op = 999; }).substr(0, 60),
            "UNIMPLEMENTED: image op 1: op number is not known to this bu");
}

TEST(Image, RefusesReadingWhatNothingHasWritten) {
  // Index list: add reads 0 and 1, writes 2; relu reads 2, writes 3; model: 0, 3.
  EXPECT_NE(Complaint([](Aligned& image) {
              Index(image, 0) = 3;
            }).find("image op 0: reads a tensor that nothing has written yet"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) { Index(image, 0) = 4; }).find("reads what is no tensor"),
            std::string::npos);
  EXPECT_EQ(Complaint([](Aligned& image) { Index(image, 1) = kNoTensor; }), "accepted")
      << "an absent input is for the op to judge";
}

TEST(Image, RefusesWritingConstantsInputsOrTwice) {
  for (uint16_t taken : {uint16_t{0}, uint16_t{1}, uint16_t{2}})
    EXPECT_NE(Complaint([&](Aligned& image) {
                Index(image, 4) = taken;
              }).find("image op 1: writes a constant, or a tensor that was written before"),
              std::string::npos)
        << taken;
}

TEST(Image, RefusesModelOutputsThatNothingWrites) {
  EXPECT_NE(Complaint([](Aligned& image) {
              image.header().op_count = 1, OpAt(image, 1) = {};
            }).find("image"),
            std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              Index(image, 6) = kNoTensor;
            }).find("image model outputs: reads what is no tensor"),
            std::string::npos);
}

TEST(Image, RefusesAPixelTableThatDoesNotFitInputZero) {
  EXPECT_NE(
      Complaint([](Aligned& image) { image.header().pixel_channels = 2; }).find("pixel_channels"),
      std::string::npos);
  EXPECT_NE(Complaint([](Aligned& image) {
              image.header().pixel_channels = 0xFFFFFFFF;
            }).find("pixel_table runs past the end of data"),
            std::string::npos);
}

}  // namespace
}  // namespace covey::wire
