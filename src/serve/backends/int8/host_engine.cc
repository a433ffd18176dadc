#include "serve/backends/int8/host_engine.hpp"

#include <algorithm>

namespace covey::serve {
namespace {

// A pack is made of every input but the first, so they must not change from run to run.
bool MayPack(const wire::ImageView& image, uint32_t op) {
  const auto inputs = image.op_inputs(op);
  return std::all_of(inputs.begin() + std::min<ptrdiff_t>(1, std::ssize(inputs)), inputs.end(),
                     [&](uint16_t tensor) {
                       return tensor == wire::kNoTensor ||
                              image.tensor(tensor).place ==
                                  static_cast<uint8_t>(wire::Place::kData);
                     });
}

std::shared_ptr<const HostPacks> MakePacks(const wire::ImageView& image,
                                           const kernels::HostKernels& kernels, std::byte* arena) {
  auto packs = std::make_shared<HostPacks>();
  packs->ops.resize(image.op_count());
  size_t total = 0;
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const OpView op = image.ViewOp(i, arena);
    // These pack nothing of their inputs.
    const bool any = op.op == Op::kAdd || op.op == Op::kBatchMatMul;
    if (!any && !MayPack(image, i)) continue;
    const kernels::HostNeed need = kernels.NeedOf(op);
    packs->ops[i] = {total, need.pack_bytes, need.scratch_bytes};
    packs->scratch_bytes = std::max(packs->scratch_bytes, need.scratch_bytes);
    total +=
        (need.pack_bytes + kernels::kHostAlign - 1) / kernels::kHostAlign * kernels::kHostAlign;
  }
  packs->bytes = AlignedBytes(total);
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const HostPacks::OfOp& pack = packs->ops[i];
    if (pack.bytes != 0)
      kernels.Pack(image.ViewOp(i, arena), packs->bytes.bytes().subspan(pack.offset, pack.bytes));
  }
  return packs;
}

}  // namespace

Result<std::unique_ptr<HostEngine>> HostEngine::Prepare(const wire::ImageView& image,
                                                        const kernels::HostKernels& kernels,
                                                        std::shared_ptr<const HostPacks> packs,
                                                        Diag& diag) {
  AlignedBytes arena(image.header().arena_bytes);
  COVEY_TRY_ASSIGN(const micro::Engine checked,
                   micro::Engine::Prepare(image, kernels.table, arena.bytes(), diag));
  std::unique_ptr<HostEngine> engine(new HostEngine(std::move(arena), checked));
  engine->packs_ = packs != nullptr ? std::move(packs)
                                    : MakePacks(image, kernels, engine->arena_.bytes().data());
  engine->scratch_ = AlignedBytes(engine->packs_->scratch_bytes);
  engine->MakeSteps(kernels);
  return engine;
}

void HostEngine::MakeSteps(const kernels::HostKernels& kernels) {
  const wire::ImageView& image = engine_.image();
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    OpView view = image.ViewOp(i, arena_.bytes().data());
    const HostPacks::OfOp& pack = packs_->ops[i];
    if (pack.bytes != 0) {
      view.pack = packs_->bytes.bytes().data() + pack.offset;
      view.scratch = scratch_.bytes().first(pack.scratch_bytes);
    }
    const auto kernel = std::find_if(kernels.table.begin(), kernels.table.end(),
                                     [&](const Kernel& row) { return row.op == view.op; });
    steps_.push_back({view, kernel->run});
  }
}

bool HostEngine::Run(const std::atomic<bool>* stop) {
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
    steps_[i].run(steps_[i].view);
    i += micro::PassedOver(steps_[i].view);
  }
  return true;
}

}  // namespace covey::serve
