// Form is how a picture is sent: as it is, as pixels, or as JPEG of some quality and size.
//
//   COVEY_TRY_ASSIGN(Form form, ParseForm("bare:60:420@128", diag));
//   COVEY_TRY_ASSIGN(Image smaller, InForm(image, form, diag));
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

namespace covey::serve {

struct Form {
  enum class Kind { kFile, kRaw, kPng, kJpeg } kind = Kind::kFile;
  JpegForm jpeg;
  uint32_t short_side = 0;  // 0: as it is
  bool lossless() const { return kind != Kind::kJpeg && short_side == 0; }
  std::string Text() const;
};

// kInvalidArgument: the Finding says what a form looks like.
Result<Form> ParseForm(const std::string& text, Diag& diag);

// kInvalidArgument for what is no picture (a tensor goes only as `file`).
Result<Image> InForm(const Image& image, const Form& form, Diag& diag);

}  // namespace covey::serve
