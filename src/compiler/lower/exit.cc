#include "compiler/lower/view.hpp"

namespace covey::compiler {

// What may be passed over is known when all ops stand in their order: emit.cc.
Status LowerExit(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.Int8(view.in(0)));
  COVEY_TRY(view.Type(view.out(), DType::kInt8));
  const auto* sure = std::get_if<SureBy>(&view.node().attributes);
  if (sure == nullptr) return view.Bad("has no margin");
  op.Set(ExitAttr{.margin = sure->margin, .skipped = 0});
  return OkStatus();
}

Status LowerSelect(const NodeView& view, Lowered&) {
  COVEY_TRY(view.Counts(3, 3));
  COVEY_TRY(view.Type(view.in(0), DType::kInt8));
  for (size_t i = 1; i < 3; ++i) {
    COVEY_TRY(view.Int8(view.in(i)));
    COVEY_TRY(view.SameElements(view.in(i), view.out()));
    COVEY_TRY(view.SameQuant(view.in(i), view.out()));
  }
  return OkStatus();
}

}  // namespace covey::compiler
