#include "compiler/cpp/facts.hpp"

#include <map>

#include "compiler/cpp/unpacked.hpp"
#include "kernels/dsp/choice.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/rv32/scratch.hpp"

namespace covey::compiler {
namespace {

bool Int8(const OpView& op) { return op.output[0].dtype == DType::kInt8; }

// What the ops of a network do, by the names of kernels/facts.hpp.
class DspLoops {
 public:
  // Whether the op leaves its canonical weights alone.
  bool Add(const OpView& op) {
    if (!Int8(op)) return false;
    if (op.op == Op::kFullyConnected) {
      Epilogue(op, op.input[1].dims[0]);
      Note("kSomePairs", kernels::dsp::ListsInputs(op));
    }
    if (op.op == Op::kDepthwiseConv2D) AddDepthwise(op);
    return op.op == Op::kConv2D && AddConv(op);
  }
  std::set<std::string> Never() const {
    std::set<std::string> never;
    for (const auto& [name, some] : some_)
      if (!some) never.insert(name);
    return never;
  }

 private:
  void Note(const char* name, bool some = true) { some_[name] = some_[name] || some; }

  void Epilogue(const OpView& op, int32_t channels) {
    Note("kSomeSlow", !kernels::dsp::AllFast(op, channels));
  }

  bool AddConv(const OpView& op) {
    const int32_t channels = op.input[1].dims[0];
    Epilogue(op, channels);
    Note("kSomeSlow", channels == op.attr_as<ConvAttr>().groups);  // one at a time
    const bool winograd = kernels::dsp::HasWinograd(op);
    Note("kSomeWinograd", winograd);
    if (winograd && kernels::dsp::TakesWinograd(op, kernels::dsp::WinogradLayout(op))) {
      const bool all = op.input[3].dtype != DType::kNone;
      Note(all ? "kSomeU" : "kSomeSkipWinograd");
      Note("kSomeByPosition", kernels::GoesByPosition(op.attr_as<ConvAttr>().weights_order));
      return true;
    }
    Note("kSomeDirect");
    const bool reference = kernels::dsp::TakesReference(op);
    const bool skips = kernels::dsp::TakesSkips(op);
    Note("kSomeReference", reference);
    const int32_t order = op.attr_as<ConvAttr>().weights_order;
    const bool unpacked = Unpacks(op);
    if (!reference) Note(skips ? "kSomeSkips" : unpacked ? "kSomeUnpacked" : "kSomePlain");
    return !reference && (unpacked || kernels::HoldsDirectLists(order));
  }

  void AddDepthwise(const OpView& op) {
    const int32_t channels = op.input[1].dims[3];
    Epilogue(op, channels);
    if (!kernels::dsp::ScratchHolds(op, kernels::dsp::DspScratchOf(op).least))
      return Note("kSomeReference");
    const kernels::dsp::PlanarLayout planar(op);
    const bool planes = planar.applies && kernels::dsp::AllFast(op, channels);
    Note("kSomeRing", !planes);
    for (const auto& [window, name] : {std::pair(3, "kSome3x3"), {5, "kSome5x5"}, {7, "kSome7x7"}})
      Note(name, planar.applies && planar.window == window);
  }

  std::map<std::string, bool> some_ = {
      {"kSomeReference", false},    {"kSomeWinograd", false},   {"kSomeU", false},
      {"kSomeSkipWinograd", false}, {"kSomeByPosition", false}, {"kSomeDirect", false},
      {"kSomePlain", false},        {"kSomeSkips", false},      {"kSomeUnpacked", false},
      {"kSomeRing", false},         {"kSome3x3", false},        {"kSome5x5", false},
      {"kSome7x7", false},          {"kSomePairs", false},      {"kSomeSlow", false}};
};

// Whether a convolution goes by lists of chunks in mve/, and needs no other weights.
bool TakesChunks(const OpView& op) {
  return op.op == Op::kConv2D && Int8(op) && kernels::mve::GoesByChunks(op) &&
         kernels::mve::ScratchHolds(op, kernels::mve::MveScratchOf(op).least);
}

// Whether lists stand for a convolution's weights.
bool IsListed(const OpView& op) { return op.op == Op::kConv2D && kernels::HasListsOnly(op); }

// Whether a convolution finds too little scratch for a target's loops, or no weights.
bool TakesReference(const OpView& op, bool mve) {
  if (!Int8(op) || (op.op != Op::kConv2D && op.op != Op::kDepthwiseConv2D)) return false;
  if (mve && TakesChunks(op)) return false;
  if (IsListed(op)) return true;
  return mve ? !kernels::mve::ScratchHolds(op, kernels::mve::MveScratchOf(op).least)
             : !kernels::rv32::ScratchHolds(op, kernels::rv32::Rv32ScratchOf(op).least);
}

}  // namespace

void Facts::Apply(std::string& kernels) const {
  if (unpacked) {
    const std::string line = "constexpr bool kSomeUnpacked = ";
    const size_t at = kernels.find(line + "false");
    if (at != std::string::npos) kernels.replace(at + line.size(), 5, "true");
  }
  for (const std::string& name : never) {
    const std::string line = "constexpr bool " + name + " = ";
    const size_t at = kernels.find(line + "true");
    if (at != std::string::npos) kernels.replace(at + line.size(), 4, "false");
  }
}

Facts FactsOf(const wire::ImageView& image, const std::string& target) {
  Facts facts;
  const bool dsp = target == "m4" || target == "m33", mve = target == "m55";
  if (!dsp && !mve && target != "rv32") return facts;
  DspLoops loops;
  bool reference = false, listed = false, narrow = false, chunks = false, plain = false;
  std::set<uint16_t> read;
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const OpView op = image.ViewOp(i, nullptr);
    const bool by_chunks = mve && TakesChunks(op);
    const bool without_weights = by_chunks || (dsp && loops.Add(op));
    chunks = chunks || by_chunks;
    plain = plain || (op.op == Op::kConv2D && !by_chunks);
    reference = reference || TakesReference(op, mve);
    listed = listed || (IsListed(op) && !without_weights);
    narrow = narrow || (op.inputs > 1 && op.input[1].dtype == DType::kInt4);
    const auto inputs = image.op_inputs(i);
    for (size_t k = 0; k < inputs.size(); ++k)
      (without_weights && k == 1 ? facts.unread : read).insert(inputs[k]);
  }
  for (const uint16_t tensor : read) facts.unread.erase(tensor);
  if (dsp) facts.never = loops.Never();
  facts.unpacked = dsp && !facts.never.contains("kSomeUnpacked");
  if (mve && !chunks) facts.never.insert("kSomeChunks");
  if (mve && !plain) facts.never.insert("kSomePlain");
  if (!dsp && !reference) facts.never.insert("kSomeReference");
  if (!listed) facts.never.insert("kSomeListed");
  if (!narrow) facts.never.insert("kSomeNarrow");
  return facts;
}

}  // namespace covey::compiler
