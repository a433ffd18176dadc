#include "apps/covey/eval/form.hpp"

#include <charconv>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

bool Number(const std::string& text, uint32_t low, uint32_t high, uint32_t& to) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, to);
  return error == std::errc() && last == end && to >= low && to <= high;
}

serve::Picture ScaledDown(serve::Picture picture, uint32_t short_side) {
  const uint32_t shorter = std::min(picture.width, picture.height);
  if (short_side == 0 || shorter <= short_side) return picture;
  const auto scaled = [&](uint32_t side) {
    return static_cast<uint32_t>((uint64_t{side} * short_side + shorter / 2) / shorter);
  };
  return serve::Resize(picture, scaled(picture.width), scaled(picture.height));
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

Expected<Form> ParseForm(const std::string& text) {
  const Error wrong = MakeError(Code::kInvalidArgument,
                                "'" + text +
                                    "': expected file, raw, png, jpeg:Q or bare:Q, Q from 1 to "
                                    "100, with :420 for chroma at half size, @S for a "
                                    "short side of S pixels");
  Form form;
  std::string rest = text;
  if (const size_t at = rest.find('@'); at != std::string::npos) {
    if (!Number(rest.substr(at + 1), 8, 16384, form.short_side)) return wrong;
    rest.erase(at);
  }
  if (rest == "file" && form.short_side == 0) return form;
  if (rest == "raw" || rest == "png") {
    form.kind = rest == "raw" ? Form::Kind::kRaw : Form::Kind::kPng;
    return form;
  }
  form.kind = Form::Kind::kJpeg;
  form.jpeg.bare = rest.rfind("bare:", 0) == 0;
  if (!form.jpeg.bare && rest.rfind("jpeg:", 0) != 0) return wrong;
  rest.erase(0, 5);
  if (const size_t colon = rest.find(':'); colon != std::string::npos) {
    form.jpeg.half_colour = rest.substr(colon) == ":420";
    if (!form.jpeg.half_colour) return wrong;
    rest.erase(colon);
  }
  uint32_t quality = 0;
  if (!Number(rest, 1, 100, quality)) return wrong;
  form.jpeg.quality = static_cast<int>(quality);
  return form;
}

Expected<Image> InForm(const Image& image, const Form& form) {
  if (form.kind == Form::Kind::kFile) return image;
  DiagText diag;
  Result<serve::Picture> decoded =
      serve::DecodePicture({image.format, image.width, image.height, image.bytes}, diag);
  if (!decoded.ok()) return Explain(form.Text(), decoded.status(), diag);
  const serve::Picture picture = ScaledDown(*std::move(decoded), form.short_side);
  Image out;
  if (form.kind == Form::Kind::kRaw) {
    out.format = picture.channels == 3 ? ImageFormat::kRawRgb8 : ImageFormat::kRawGray8;
    out.width = picture.width, out.height = picture.height;
    const auto bytes = std::as_bytes(std::span(picture.pixels));
    out.bytes.assign(bytes.begin(), bytes.end());
    return out;
  }
  const bool png = form.kind == Form::Kind::kPng;
  Result<std::vector<std::byte>> bytes =
      png ? serve::EncodePng(picture, diag) : serve::EncodeJpeg(picture, form.jpeg, diag);
  if (!bytes.ok()) return Explain(form.Text(), bytes.status(), diag);
  out.format = png ? ImageFormat::kPng : ImageFormat::kJpeg;
  out.bytes = *std::move(bytes);
  return out;
}

}  // namespace covey::app
