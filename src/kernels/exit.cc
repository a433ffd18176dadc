#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

constexpr int32_t kMostMargin = 256;  // more than two bytes can differ: never sure
constexpr int64_t kMostScores = 65536;

}  // namespace

// How many ops may be passed over is a question of the image: micro/run/engine.cc.
Status PrepareExit(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.Is("scores", op.input[0], DType::kInt8));
  COVEY_TRY(check.Between("scores", op.input[0].elements(), 2, kMostScores));
  COVEY_TRY(check.Is("output", op.output[0], DType::kInt8));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), 1));
  return check.Between("margin", op.attr_as<ExitAttr>().margin, 0, kMostMargin);
}

Status PrepareSelect(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(3, 3, 1));
  for (int i = 0; i < 3; ++i) COVEY_TRY(check.Is("input", op.input[i], DType::kInt8));
  COVEY_TRY(check.Equal("flag elements", op.input[0].elements(), 1));
  COVEY_TRY(check.Is("output", op.output[0], DType::kInt8));
  for (int i = 1; i < 3; ++i)
    COVEY_TRY(check.Equal("elements", op.input[i].elements(), op.output[0].elements()));
  return OkStatus();
}

}  // namespace covey::kernels
