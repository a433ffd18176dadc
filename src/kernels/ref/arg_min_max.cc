#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

struct Largest {
  template <typename T>
  static bool Better(T a, T b) {
    return a > b;
  }
};
struct Smallest {
  template <typename T>
  static bool Better(T a, T b) {
    return a < b;
  }
};

void Store(const TensorView& out, int32_t i, int32_t value) {
  if (out.dtype == DType::kInt64) {
    out.as_mutable<int64_t>()[i] = value;
  } else {
    out.as_mutable<int32_t>()[i] = value;
  }
}

// in (outer, count, inner)
template <typename Order, typename T>
void Search(const OpView& op) {
  const TensorView& in = op.input[0];
  const int axis = op.attr_as<ArgMinMaxAttr>().axis;
  const int32_t count = in.dims[axis];
  int32_t inner = 1, outer = 1;
  for (int i = 0; i < axis; ++i) outer *= in.dims[i];
  for (int i = axis + 1; i < in.rank(); ++i) inner *= in.dims[i];
  const T* data = in.as<T>();
  for (int32_t o = 0; o < outer; ++o, data += count * inner)
    for (int32_t i = 0; i < inner; ++i) {
      int32_t best = 0;
      for (int32_t k = 1; k < count; ++k)
        if (Order::template Better<T>(data[k * inner + i], data[best * inner + i])) best = k;
      Store(op.output[0], o * inner + i, best);
    }
}

template <typename Order>
void Dispatch(const OpView& op) {
  switch (op.input[0].dtype) {
    case DType::kFloat32:
      return Search<Order, float>(op);
    case DType::kInt32:
      return Search<Order, int32_t>(op);
    case DType::kInt16:
      return Search<Order, int16_t>(op);
    case DType::kUint8:
      return Search<Order, uint8_t>(op);
    default:
      return Search<Order, int8_t>(op);
  }
}

}  // namespace

void RunArgMax(const OpView& op) { Dispatch<Largest>(op); }
void RunArgMin(const OpView& op) { Dispatch<Smallest>(op); }

}  // namespace covey::kernels::ref
