#include "micro/forms/jpeg_forms.hpp"

#include "core/text.hpp"
#include "micro/jpeg/writer.hpp"

namespace covey::micro {
namespace {

constexpr uint8_t kRest = 16, kMostFailed = 2;

uint32_t Least(uint64_t a, uint64_t b) { return static_cast<uint32_t>(a < b ? a : b); }

// The context is the stream's first byte.
bool ReadStream(void* stream, size_t offset, void* buffer, size_t size) {
  __builtin_memcpy(buffer, static_cast<const std::byte*>(stream) + offset, size);
  return true;
}

}  // namespace

void JpegForms::Use(std::span<const JpegProfile> forms) {
  forms_ = forms;
  below_bytes_ = UINT32_MAX;
  rest_ = 0;
  Forget();
}

Result<covey_input> JpegForms::Make(const covey_input& picture, uint16_t keep, uint64_t until_ns) {
  if (rest_ > 0 && --rest_ == 0) below_bytes_ = UINT32_MAX;
  // Each round leaves out at least one form more.
  while (const JpegProfile* const form = Choose(picture, keep)) {
    const uint64_t begin_ns = clock_.NowNs();
    const Result<size_t> bytes = Write(picture, *form, until_ns);
    if (bytes.ok()) {
      const uint64_t end_ns = clock_.NowNs();
      if (end_ns > begin_ns) LearnCost(end_ns - begin_ns, picture.width * picture.height);
      Name(*form);
      small_ = true;
      return covey_input{.format = COVEY_JPEG,
                         .width = 0,
                         .height = 0,
                         .size = *bytes,
                         .read = ReadStream,
                         .context = const_cast<std::byte*>(stream_)};
    }
    if (bytes.status().code() != Code::kResourceExhausted) return bytes.status();
    Rest(form->bytes);
  }
  small_ = false;
  __builtin_memcpy(name_, "raw", 4);
  return picture;
}

const JpegProfile* JpegForms::Choose(const covey_input& picture, uint16_t keep) {
  if (refused_) return nullptr;
  const uint64_t pixels = uint64_t{picture.width} * picture.height;
  SendForm measured[kMost + 1] = {{.bytes = Least(picture.size, UINT32_MAX)}};
  const size_t count = forms_.size() < kMost ? forms_.size() : kMost;
  for (size_t i = 0; i < count; ++i) {
    const JpegProfile& form = forms_[i];
    const bool fits = form.bytes < below_bytes_ && form.bytes < picture.size;
    measured[i + 1] = {.bytes = form.bytes,
                       .encode_us = Least(pixels * ns_per_pixel_ / 1000, UINT32_MAX),
                       .agrees = fits ? form.agrees : uint16_t{0}};
  }
  const size_t chosen =
      chooser_.Choose(std::span(measured).first(count + 1), keep > 0 ? keep : uint16_t{1});
  return chosen == 0 ? nullptr : &forms_[chosen - 1];
}

Result<size_t> JpegForms::Write(const covey_input& picture, const JpegProfile& form,
                                uint64_t until_ns) {
  const uint32_t channels = picture.format == COVEY_RAW_GRAY8 ? 1 : 3;
  const uint64_t row = uint64_t{picture.width} * channels;
  const uint32_t strip_rows = Least(picture.height, channels == 3 && form.half_colours ? 16 : 8);
  if (row * strip_rows >= room_.size())
    return Status(Code::kResourceExhausted, "jpeg: no room for its rows of pixels");
  const std::span<std::byte> rows = room_.first(static_cast<size_t>(row * strip_rows));
  std::span<std::byte> stream = room_.subspan(rows.size());
  if (stream.size() >= picture.size) stream = stream.first(picture.size - 1);
  stream_ = stream.data();
  JpegWriter jpeg({.width = picture.width,
                   .height = picture.height,
                   .channels = channels,
                   .quality = form.quality,
                   .half_colours = form.half_colours,
                   .bare = form.bare},
                  stream);
  for (uint32_t y = 0; y < picture.height && jpeg.status().ok(); y += strip_rows) {
    if (clock_.NowNs() >= until_ns)
      return Status(Code::kDeadlineExceeded, "jpeg: no time left to send it");
    const auto bytes = static_cast<size_t>(row * Least(strip_rows, uint64_t{picture.height} - y));
    if (!picture.read(picture.context, static_cast<size_t>(row * y), rows.data(), bytes))
      return Status(Code::kInvalidArgument, "input: its read callback broke off");
    (void)jpeg.Add(rows.first(bytes));  // End says what it said.
  }
  const Result<size_t> bytes = jpeg.End();
  // What no JPEG holds (sides above 65,535, a profile's wrong quality) goes as it is.
  if (bytes.status().code() == Code::kInvalidArgument)
    return Status(Code::kResourceExhausted, "jpeg: none of this picture");
  return bytes;
}

void JpegForms::LearnCost(uint64_t took_ns, uint32_t pixels) {
  if (pixels == 0) return;
  const uint32_t now = Least(took_ns / pixels, 1'000'000);
  if (!learned_) {
    ns_per_pixel_ = now;
  } else {
    ns_per_pixel_ = ns_per_pixel_ - ns_per_pixel_ / 4 + now / 4;
  }
  learned_ = true;
}

void JpegForms::Name(const JpegProfile& form) {
  Text<COVEY_FORM_BYTES> text;
  text.Add(form.bare ? "bare:" : "jpeg:")
      .AddNumber(form.quality)
      .Add(form.half_colours ? ":420" : "");
  __builtin_memcpy(name_, text.c_str(), sizeof name_);
}

void JpegForms::Rest(uint32_t below_bytes) {
  below_bytes_ = below_bytes;
  rest_ = kRest;
}

void JpegForms::Answered(uint32_t bytes, uint32_t link_us, bool cold) {
  if (small_) proven_ = true;
  failed_ = 0;
  if (link_us > 0 && (!cold || !chooser_.knows())) chooser_.Sent(bytes, link_us);
}

void JpegForms::Failed(uint32_t bytes, uint32_t us, bool cold) {
  if (us > 0 && (!cold || !chooser_.knows())) chooser_.Lost(bytes, us);
  if (!small_ || proven_ || ++failed_ < kMostFailed) return;
  failed_ = 0;
  Rest(0);
}

void JpegForms::Refused() {
  refused_ = true;
  small_ = false;
  __builtin_memcpy(name_, "raw", 4);
}

void JpegForms::Forget() {
  refused_ = proven_ = false;
  failed_ = 0;
  chooser_ = {};
}

}  // namespace covey::micro
