#include "kernels/jpeg_fault.hpp"

namespace covey::kernels {

Status JpegStatus(int32_t verdict) {
  switch (static_cast<JpegFault>(verdict)) {
    case JpegFault::kNone:
      return OkStatus();
#define COVEY_JPEG_TEXT(id, number, text) \
  case JpegFault::id:                     \
    return {Code::kInvalidArgument, text};
      COVEY_JPEG_FAULTS(COVEY_JPEG_TEXT)
#undef COVEY_JPEG_TEXT
  }
  return {Code::kInvalidArgument, "jpeg: refused"};
}

}  // namespace covey::kernels
