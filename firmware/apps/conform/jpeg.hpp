// What making a JPEG costs on this board: instructions a pixel, bytes, and a checksum (FNV-1a) of
// them, of a drawn picture at three forms.
//
//   conform jpeg=1      {"jpeg":"4:2:0","pixels":9216,"bytes":2771,"fnv":1,"per_pixel":90}
#pragma once

namespace covey::board {

void MeasureJpeg();

}  // namespace covey::board
