// EncodeJpeg and EncodePng make pixels smaller for a link.
//
//   COVEY_TRY_ASSIGN(auto bytes, EncodeJpeg(picture, {.quality = 70, .half_colour = true}, diag));
//
// `bare` leaves out the JFIF header and the Huffman tables, 450 bytes that are the same in every
// baseline JPEG: decoders take the standard's tables where a file has none, as Motion-JPEG has it,
// and this project's agent does. For a picture of 32 x 32 pixels that is most of the file.
// Shapes: (height, width, 3 or 1). Errors: kInvalidArgument for an empty picture.
// Source: ITU-T T.81, B.2 (segments) and K.3 (tables).
#pragma once

#include <cstddef>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::serve {

struct JpegForm {
  int quality = 90;          // 1 to 100
  bool half_colour = false;  // chroma at half size both ways (4:2:0)
  bool bare = false;
};

Result<std::vector<std::byte>> EncodeJpeg(const Picture& picture, const JpegForm& form, Diag& diag);

// The same pixels in fewer bytes.
Result<std::vector<std::byte>> EncodePng(const Picture& picture, Diag& diag);

}  // namespace covey::serve
