#include "serve/preprocess/form.hpp"

#include <algorithm>
#include <charconv>

namespace covey::serve {
namespace {

bool Number(const std::string& text, uint32_t low, uint32_t high, uint32_t& to) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, to);
  return error == std::errc() && last == end && to >= low && to <= high;
}

Picture ScaledDown(Picture picture, uint32_t short_side) {
  const uint32_t shorter = std::min(picture.width, picture.height);
  if (short_side == 0 || shorter <= short_side) return picture;
  const auto scaled = [&](uint32_t side) {
    return static_cast<uint32_t>((uint64_t{side} * short_side + shorter / 2) / shorter);
  };
  return Resize(picture, scaled(picture.width), scaled(picture.height));
}

}  // namespace

std::string Form::Text() const {
  static constexpr const char* kNames[] = {"file", "raw", "png", "jpeg"};
  std::string text = kNames[static_cast<size_t>(kind)];
  if (kind == Kind::kJpeg) {
    if (jpeg.bare) text = "bare";
    text += ":" + std::to_string(jpeg.quality) + (jpeg.half_colour ? ":420" : "");
  }
  return short_side > 0 ? text + "@" + std::to_string(short_side) : text;
}

Result<Form> ParseForm(const std::string& text, Diag& diag) {
  const auto wrong = [&] {
    diag.Report({.subject = text.c_str(),
                 .problem = "expected file, raw, png, jpeg:Q or bare:Q, Q from 1 to 100, with :420 "
                            "for chroma at half size, @S for a short side of S pixels"});
    return Status(Code::kInvalidArgument, "no form of a picture");
  };
  Form form;
  std::string rest = text;
  if (const size_t at = rest.find('@'); at != std::string::npos) {
    if (!Number(rest.substr(at + 1), 8, 16384, form.short_side)) return wrong();
    rest.erase(at);
  }
  if (rest == "file" && form.short_side == 0) return form;
  if (rest == "raw" || rest == "png") {
    form.kind = rest == "raw" ? Form::Kind::kRaw : Form::Kind::kPng;
    return form;
  }
  form.kind = Form::Kind::kJpeg;
  form.jpeg.bare = rest.rfind("bare:", 0) == 0;
  if (!form.jpeg.bare && rest.rfind("jpeg:", 0) != 0) return wrong();
  rest.erase(0, 5);
  if (const size_t colon = rest.find(':'); colon != std::string::npos) {
    form.jpeg.half_colour = rest.substr(colon) == ":420";
    if (!form.jpeg.half_colour) return wrong();
    rest.erase(colon);
  }
  uint32_t quality = 0;
  if (!Number(rest, 1, 100, quality)) return wrong();
  form.jpeg.quality = static_cast<int>(quality);
  return form;
}

Result<Image> InForm(const Image& image, const Form& form, Diag& diag) {
  if (form.kind == Form::Kind::kFile) return image;
  COVEY_TRY_ASSIGN(Picture decoded,
                   DecodePicture({image.format, image.width, image.height, image.bytes}, diag));
  const Picture picture = ScaledDown(std::move(decoded), form.short_side);
  Image out;
  if (form.kind == Form::Kind::kRaw) {
    out.format = picture.channels == 3 ? ImageFormat::kRawRgb8 : ImageFormat::kRawGray8;
    out.width = picture.width, out.height = picture.height;
    const auto bytes = std::as_bytes(std::span(picture.pixels));
    out.bytes.assign(bytes.begin(), bytes.end());
    return out;
  }
  const bool png = form.kind == Form::Kind::kPng;
  COVEY_TRY_ASSIGN(out.bytes,
                   png ? EncodePng(picture, diag) : EncodeJpeg(picture, form.jpeg, diag));
  out.format = png ? ImageFormat::kPng : ImageFormat::kJpeg;
  return out;
}

}  // namespace covey::serve
