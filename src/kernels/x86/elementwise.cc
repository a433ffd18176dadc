// add, relu, quantize (int8 to int8): one value after the other, so the output may be the input.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

struct AddPlan {
  const Loops* loops = nullptr;
};

struct TablePlan {
  int8_t of[256];
};

void LookUp(const OpView& op) {
  const int8_t* table = PlanOf<TablePlan>(op).of;
  const auto* in = op.input[0].as<uint8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (size_t i = 0; i < op.output[0].bytes; ++i) out[i] = table[in[i]];
}

}  // namespace

Need AddNeed(const OpView& op) {
  const bool plain = op.input[0].bytes == op.output[0].bytes &&
                     op.input[1].bytes == op.output[0].bytes;  // nothing repeats
  if (!plain || op.attr_as<AddAttr>().left_shift != 20) return {};
  return {sizeof(AddPlan), 0};
}

void PackAdd(const OpView&, const Loops& loops, std::byte* to) {
  const AddPlan plan{&loops};
  __builtin_memcpy(to, &plan, sizeof(plan));
}

void RunAdd(const OpView& op) {
  if (!IsPacked(op)) return ref::RunAdd(op);
  const auto& attr = op.attr_as<AddAttr>();
  AddJob job;
  job.a = op.input[0].as<int8_t>(), job.b = op.input[1].as<int8_t>();
  job.output = op.output[0].as_mutable<int8_t>();
  job.count = op.output[0].bytes;
  job.offset[0] = attr.input0_offset, job.offset[1] = attr.input1_offset;
  job.multiplier[0] = attr.input0_multiplier, job.multiplier[1] = attr.input1_multiplier;
  job.right[0] = -attr.input0_shift, job.right[1] = -attr.input1_shift;
  job.out_multiplier = attr.output_multiplier;
  job.out_right = -attr.output_shift;
  job.finish.least = attr.activation_min - attr.output_offset;
  job.finish.most = attr.activation_max - attr.output_offset;
  job.finish.offset = attr.output_offset;
  const FloatScale quick = FloatScaleOf(job.out_multiplier, job.out_right);
  job.scale = quick.scale, job.half = quick.half;
  if (job.out_right >= 1) SetQuick(job.finish);
  PlanOf<AddPlan>(op).loops->add(job);
}

Need RequantizeNeed(const OpView& op) {
  const bool bytes = op.input[0].dtype == DType::kInt8 || op.input[0].dtype == DType::kUint8;
  return bytes ? Need{sizeof(TablePlan), 0} : Need{};
}

void PackRequantize(const OpView& op, const Loops&, std::byte* to) {
  const auto& attr = op.attr_as<RequantizeAttr>();
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t byte = 0; byte < 256; ++byte) {
    const bool is_signed = op.input[0].dtype == DType::kInt8;
    const int32_t value = is_signed ? static_cast<int8_t>(byte) : byte;
    const int32_t scaled =
        MultiplyByQuantized(value + attr.input_offset, attr.multiplier, attr.shift);
    to[byte] = static_cast<std::byte>(Clamp(scaled, least, most) + attr.output_offset);
  }
}

void RunQuantize(const OpView& op) { IsPacked(op) ? LookUp(op) : ref::RunQuantize(op); }
void RunRelu(const OpView& op) { IsPacked(op) ? LookUp(op) : ref::RunRelu(op); }

}  // namespace covey::kernels::x86
