#include "compiler/cpp/emit_cpp.hpp"

#include <algorithm>
#include <memory>
#include <regex>

#include "compiler/cpp/facts.hpp"
#include "compiler/cpp/join.hpp"
#include "compiler/cpp/tables.hpp"
#include "compiler/cpp/templates.hpp"
#include "compiler/cpp/unpacked.hpp"
#include "compiler/report.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"

namespace covey::compiler {
namespace {

// Where a target's kernels stand, the fastest first.
struct TargetFolders {
  const char* target;
  std::vector<std::string> folders;
  const char* flags;  // for the core
  const char* pragma = "";
};
// What cmake/toolchain/m55.cmake says of GCC 12, for whoever does not read it.
constexpr char kNoLowOverheadLoops[] =
    "#if defined(__GNUC__) && !defined(__clang__)\n"
    "#pragma GCC optimize(\"no-branch-count-reg\")  // GCC 12 miscompiles low-overhead loops\n"
    "#endif\n";
const std::vector<TargetFolders>& Targets() {
  static const std::vector<TargetFolders> targets = {
      {"any", {"ref"}, ""},
      {"m4", {"dsp", "ref"}, "-mcpu=cortex-m4 -mthumb"},
      {"m33", {"dsp", "ref"}, "-mcpu=cortex-m33 -mthumb"},
      {"m55",
       {"mve", "dsp", "ref"},
       "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard",
       kNoLowOverheadLoops},
      {"rv32", {"rv32", "ref"}, "-march=rv32imc -mabi=ilp32"},
  };
  return targets;
}

Result<const TargetFolders*> FindTarget(const std::string& name, Diag& diag) {
  std::string names;
  for (const TargetFolders& target : Targets()) {
    if (target.target == name) return &target;
    names += (names.empty() ? "" : ", ") + std::string(target.target);
  }
  return Refuse(diag, {Code::kInvalidArgument, "emit: unknown target"}, name,
                "has no kernels to emit, expected one of " + names);
}

// A model's name as a namespace.
std::string Identifier(const std::string& name) {
  std::string id;
  for (const char c : name) id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  const bool begins = !id.empty() && std::isdigit(static_cast<unsigned char>(id[0])) == 0;
  // Words of the language, names of the standard library's or of this file.
  static const std::regex kTaken(
      "_.*|std|covey|main|alignas|asm|auto|bool|break|case|catch|char|class|const|continue|default|"
      "delete|do|double|else|enum|explicit|export|extern|false|float|for|friend|goto|if|inline|int|"
      "long|mutable|namespace|new|operator|private|protected|public|register|return|short|signed|"
      "sizeof|static|struct|switch|template|this|throw|true|try|typedef|typename|union|unsigned|"
      "using|virtual|void|volatile|while|and|or|not|xor|requires|concept");
  return begins && !std::regex_match(id, kTaken) ? id : "model_" + id;
}

// A model's name inside a comment or a string.
std::string Plain(std::string name) {
  for (char& c : name) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '_';
  }
  return name;
}

std::string Macro(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

const char* TypeOf(uint8_t dtype) {
  constexpr const char* kTypes[] = {"void",         "std::int8_t",  "std::uint8_t",
                                    "std::int16_t", "std::int32_t", "std::int64_t",
                                    "float",        "bool",         "void"};
  static_assert(std::size(kTypes) == kDTypeCount);
  return kTypes[dtype];
}

Status CheckRuns(const wire::ImageView& image, Diag& diag) {
  struct alignas(wire::kImageAlign) Chunk {
    std::byte bytes[wire::kImageAlign];
  };
  const size_t arena_bytes = image.header().arena_bytes;
  const std::unique_ptr<Chunk[]> arena(new Chunk[arena_bytes / sizeof(Chunk) + 1]);
  return micro::Engine::Prepare(image, kernels::RefKernels(), {arena[0].bytes, arena_bytes}, diag)
      .status();
}

// Text with @NAME@, @DIMS@ and the like.
class Writer {
 public:
  Writer(const wire::ImageView& image, const TargetFolders& target, const CppOptions& options)
      : image_(image), target_(target), options_(options) {
    name_ = Identifier(options.name.empty() ? image.name() : options.name);
  }

  Result<CppModel> Run(Diag& diag) {
    std::set<covey::Op> ops;
    for (uint32_t i = 0; i < image_.op_count(); ++i) {
      ops.insert(static_cast<covey::Op>(image_.op(i).op));
    }
    COVEY_TRY_ASSIGN(Joined kernels, JoinKernels(ops, target_.folders, diag));
    COVEY_TRY(FitViews(kernels, diag));
    if (!UsesInt16()) DropInt16(kernels.text);
    if (!ComputesFloats()) DropFloats(kernels.text);
    const Facts facts = FactsOf(image_, target_.target);
    facts.Apply(kernels.text);
    const bool scales = kernels.text.find(".scale") != std::string::npos;
    Tables tables(image_, {.unread = facts.unread, .packs = facts.unpacked, .scales = scales});
    std::string definitions = tables.Text();
    if (facts.unpacked) definitions += Pieces();
    CppModel model;
    model.name = name_;
    const std::string interface = Interface();
    model.header = Filled(kHeaderTop) + interface;
    model.source = Filled(kSourceTop);
    for (const char* header : {"<cstddef>", "<cstdint>"}) kernels.system_headers.insert(header);
    for (const std::string& header : kernels.system_headers) {
      model.source += "#include " + header + "\n";
    }
    model.source += "\n" + interface + target_.pragma + Filled(kKernelsTop) + kernels.text +
                    Filled(kModelTop) + definitions + Body(kernels, facts.unpacked);
    model.cmake = Filled(kCMake);
    model.weight_bytes = tables.weight_bytes();
    model.table_bytes = tables.table_bytes();
    return model;
  }

 private:
  // An op's record gets room for as many tensors as the kernels here look at.
  Status FitViews(Joined& kernels, Diag& diag) const {
    int inputs = kernels.inputs, outputs = kernels.outputs;
    for (uint32_t i = 0; i < image_.op_count(); ++i) {
      inputs = std::max(inputs, int{image_.op(i).input_count});
      outputs = std::max(outputs, int{image_.op(i).output_count});
    }
    const auto set = [&](const char* constant, int value) {
      const std::regex line(std::string("constexpr int ") + constant + " = [0-9]+;");
      if (!std::regex_search(kernels.text, line)) return false;
      kernels.text = std::regex_replace(
          kernels.text, line,
          std::string("constexpr int ") + constant + " = " + std::to_string(value) + ";");
      return true;
    };
    if (set("kMaxInputs", inputs) && set("kMaxOutputs", outputs)) return OkStatus();
    return Refuse(diag, {Code::kInternal, "emit: unexpected core/op_view.hpp"}, "core/op_view.hpp",
                  "does not define kMaxInputs and kMaxOutputs");
  }

  // Constants do not count: a Winograd layer's are int16 among activations of int8.
  bool UsesInt16() const {
    for (uint32_t i = 0; i < image_.tensor_count(); ++i) {
      const wire::TensorRecord& tensor = image_.tensor(i);
      const bool constant = tensor.place == static_cast<uint8_t>(wire::Place::kData);
      if (!constant && tensor.dtype == static_cast<uint8_t>(DType::kInt16)) return true;
    }
    return false;
  }
  // An op from floats to floats; quantize and dequantize at the rim are none.
  bool ComputesFloats() const {
    const auto is_float = [&](uint16_t tensor) {
      return tensor != wire::kNoTensor &&
             image_.tensor(tensor).dtype == static_cast<uint8_t>(DType::kFloat32);
    };
    for (uint32_t i = 0; i < image_.op_count(); ++i) {
      const auto in = image_.op_inputs(i), out = image_.op_outputs(i);
      if (!in.empty() && !out.empty() && is_float(in[0]) && is_float(out[0])) return true;
    }
    return false;
  }

  // Kernels choose their element type by a tensor's; in a network without int16, or without float
  // layers, they need not ask, and much of their code goes.
  static void DropFloats(std::string& text) {
    ReplaceAll(text, "return tensor.dtype == DType::kFloat32", "return false && tensor.rank() < 0");
  }
  static void DropInt16(std::string& text) {
    static const std::regex kEqual("[A-Za-z0-9_.\\[\\]]+\\.dtype == DType::kInt16");
    static const std::regex kUnequal("[A-Za-z0-9_.\\[\\]]+\\.dtype != DType::kInt16");
    text = std::regex_replace(text, kEqual, "(false && $&)");
    text = std::regex_replace(text, kUnequal, "(true || $&)");
  }

  std::string Filled(std::string text) const {
    ReplaceAll(text, "@NAME@.cc", options_.file.empty() ? name_ + ".cc" : options_.file);
    ReplaceAll(text, "@NAME@", name_);
    ReplaceAll(text, "@MACRO@", Macro(name_));
    ReplaceAll(text, "@MODEL@", Plain(image_.name()));
    ReplaceAll(text, "@VERSION@", options_.version.empty() ? "" : " " + options_.version);
    ReplaceAll(text, "@TARGET@", target_.target);
    ReplaceAll(text, "@FLAGS@", target_.flags);
    ReplaceAll(text, "@ARENA@", std::to_string(image_.header().arena_bytes));
    return text;
  }

  // The constants of one input or output; `what` is "Input", "Output1".
  std::string Constants(const std::string& what, uint16_t tensor) const {
    const wire::TensorRecord& record = image_.tensor(tensor);
    std::string dims;
    for (int i = 0; i < record.rank; ++i) {
      dims += (i == 0 ? "" : ", ") + std::to_string(record.dims[i]);
    }
    if (record.rank == 0) dims = "1";
    std::string text = "inline constexpr int k" + what + "Dims[] = {" + dims + "};";
    text += "\ninline constexpr std::size_t k" + what + "Bytes = " + std::to_string(record.bytes);
    text += ";\ninline constexpr float k" + what + "Scale = " + FloatText(record.scale) + ";";
    text += "\ninline constexpr int k" + what + "ZeroPoint = " + std::to_string(record.zero_point) +
            ";\n";
    return text;
  }

  static std::string Numbered(const char* what, uint16_t i) {
    return what + (i == 0 ? std::string() : std::to_string(i));
  }

  // What the header and the source have in common.
  std::string Interface() const {
    std::string functions, constants;
    for (uint16_t i = 0; i < image_.input_count(); ++i) {
      const uint16_t tensor = image_.input_tensor(i);
      functions += std::string(TypeOf(image_.tensor(tensor).dtype)) + "* " + Numbered("Input", i) +
                   "();  // write before every Run: Run may use its memory\n";
      constants += Constants(Numbered("Input", i), tensor);
    }
    functions += "void Run();\n";
    if (HasState()) {
      functions += "void Reset();  // before the first Run, and where another sequence begins\n";
    }
    for (uint16_t i = 0; i < image_.output_count(); ++i) {
      const uint16_t tensor = image_.output_tensor(i);
      functions += "const " + std::string(TypeOf(image_.tensor(tensor).dtype)) + "* " +
                   Numbered("Output", i) + "();  // read before the next input is written\n";
      constants += Constants(Numbered("Output", i), tensor);
    }
    return Filled("namespace @NAME@ {\n\ninline constexpr std::size_t kArenaBytes = @ARENA@;\n") +
           functions + "\n// real = scale * (stored - zero point)\n" +
           Filled("inline constexpr char kName[] = \"@MODEL@\";\n") + constants +
           Filled("\n}  // namespace @NAME@\n");
  }

  // Weights of some ops as code.
  std::string Pieces() const {
    std::string text = UnpackedMacros();
    for (uint32_t i = 0; i < image_.op_count(); ++i) {
      const OpView op = image_.ViewOp(i, nullptr);
      if (Unpacks(op)) text += UnpackedPieces(op, "kPieces" + std::to_string(i));
    }
    return text;
  }

  std::string Body(const Joined& kernels, bool unpacked) const {
    std::string text = Filled(kRunTop);
    std::set<uint32_t> behind_exits;
    for (uint32_t i = 0; i < image_.op_count(); ++i) {
      const std::string number = std::to_string(i);
      if (behind_exits.contains(i)) text += "op_" + number + ":\n";
      text += "  Call<" + kernels.run.at(static_cast<covey::Op>(image_.op(i).op)) +
              ">(view, kOps[" + number + "]" +
              (unpacked && Unpacks(image_.ViewOp(i, nullptr)) ? ", kPieces" + number : "") +
              ");\n  COVEY_AFTER_OP(" + number + ");\n";
      if (const uint32_t next = AfterExit(i); next != 0) {
        behind_exits.insert(next);
        text += "  if (g_arena[" + std::to_string(image_.tensor(image_.op_outputs(i)[0]).offset) +
                "] != std::byte{0}) goto op_" + std::to_string(next) + ";\n";
      }
    }
    text += "}\n\n";
    if (HasState()) text += ResetBody();
    const auto accessor = [&](const char* what, const char* qualifier, uint16_t i,
                              uint16_t tensor) {
      const wire::TensorRecord& record = image_.tensor(tensor);
      const std::string type = std::string(qualifier) + TypeOf(record.dtype) + "*";
      text += type + " " + Numbered(what, i) + "() { return reinterpret_cast<" + type +
              ">(g_arena + " + std::to_string(record.offset) + "); }\n";
    };
    for (uint16_t i = 0; i < image_.input_count(); ++i) {
      accessor("Input", "", i, image_.input_tensor(i));
    }
    for (uint16_t i = 0; i < image_.output_count(); ++i) {
      accessor("Output", "const ", i, image_.output_tensor(i));
    }
    return text + Filled("\n}  // namespace @NAME@\n");
  }

  // Where a run goes on if op i is an exit and sure; 0: it is none, or passes over nothing.
  uint32_t AfterExit(uint32_t i) const {
    if (image_.op(i).op != static_cast<uint16_t>(covey::Op::kExit)) return 0;
    const int32_t skipped = image_.ViewOp(i, nullptr).attr_as<ExitAttr>().skipped;
    return skipped == 0 ? 0 : i + 1 + static_cast<uint32_t>(skipped);
  }

  bool HasState() const {
    for (uint32_t i = 0; i < image_.tensor_count(); ++i)
      if (IsState(i)) return true;
    return false;
  }
  bool IsState(uint32_t tensor) const {
    return image_.tensor(tensor).place == static_cast<uint8_t>(wire::Place::kState);
  }

  // As Engine::Reset.
  std::string ResetBody() const {
    std::string text = "void Reset() {\n";
    for (uint32_t i = 0; i < image_.tensor_count(); ++i) {
      if (!IsState(i)) continue;
      const wire::TensorRecord& record = image_.tensor(i);
      const bool bytes = record.dtype == static_cast<uint8_t>(DType::kInt8);
      text += "  __builtin_memset(g_arena + " + std::to_string(record.offset) + ", " +
              std::to_string(bytes ? record.zero_point : 0) + ", " + std::to_string(record.bytes) +
              ");\n";
    }
    return text + "}\n\n";
  }

  const wire::ImageView& image_;
  const TargetFolders& target_;
  const CppOptions& options_;
  std::string name_;
};

}  // namespace

Result<CppModel> EmitCpp(const wire::ImageView& image, const std::string& target,
                         const CppOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(const TargetFolders* const folders, FindTarget(target, diag));
  COVEY_TRY(CheckRuns(image, diag));
  return Writer(image, *folders, options).Run(diag);
}

}  // namespace covey::compiler
