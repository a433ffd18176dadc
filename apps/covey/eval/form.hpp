// Form is how a picture is sent: as it is, as pixels, or as JPEG of some quality and size.
//
//   Expected<Form> form = ParseForm("bare:60:420@128");
//   Expected<Image> smaller = InForm(image, form.value());
//
//   file            as the sample is
//   raw             RGB pixels
//   png             the same pixels, packed
//   jpeg:Q[:420]    baseline JPEG of quality Q; with 420, chroma at half size
//   bare:Q[:420]    the same without tables that every decoder knows (serve/preprocess/encode.hpp)
//   ...@S           scaled down so that the short side has S pixels, where it has more
#pragma once

#include <string>

#include "covey/covey.hpp"
#include "serve/preprocess/encode.hpp"

namespace covey::app {

struct Form {
  enum class Kind { kFile, kRaw, kPng, kJpeg } kind = Kind::kFile;
  serve::JpegForm jpeg;
  uint32_t short_side = 0;  // 0: as it is
  std::string Text() const;
};

Expected<Form> ParseForm(const std::string& text);

// kInvalidArgument for what is no picture (a tensor goes only as `file`).
Expected<Image> InForm(const Image& image, const Form& form);

}  // namespace covey::app
