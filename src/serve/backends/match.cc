#include "serve/backends/match.hpp"

namespace covey::serve {
namespace {

Status Refuse(Diag& diag, const std::string& subject, const std::string& problem) {
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return Status(Code::kInvalidArgument, "inputs do not fit the model");
}

size_t Find(const std::vector<TensorInfo>& wanted, const InputView& tensor, size_t place) {
  if (tensor.name.empty()) return place;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].name == tensor.name) return i;
  }
  return wanted.size();
}

bool SameShape(const InputView& tensor, const TensorInfo& info) {
  if (tensor.dims.size() != info.dims.size()) return false;
  if (info.stream && tensor.dims.size() == 2)  // (1, at most n)
    return tensor.dims[0] == 1 && tensor.dims[1] >= 1 && tensor.dims[1] <= info.dims[1];
  for (size_t i = 0; i < info.dims.size(); ++i) {
    if (tensor.dims[i] < 1 || (info.dims[i] != -1 && tensor.dims[i] != info.dims[i])) return false;
  }
  return true;
}

}  // namespace

std::string Describe(ElementType type, std::span<const int32_t> dims) {
  std::string text = DTypeName(static_cast<DType>(type));
  text += '[';
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    text += dims[i] < 0 ? std::string("?") : std::to_string(dims[i]);
  }
  return text + ']';
}

Status MatchInputs(std::span<const InputView> given, const std::vector<TensorInfo>& wanted,
                   InputSet& set, Diag& diag) {
  if (wanted.size() > kMaxModelInputs)
    return Refuse(diag, "inputs",
                  "the model has " + std::to_string(wanted.size()) + ", supported are at most " +
                      std::to_string(kMaxModelInputs));
  if (given.size() != wanted.size())
    return Refuse(diag, "inputs",
                  "found " + std::to_string(given.size()) + " tensors, expected " +
                      std::to_string(wanted.size()));
  set.tensor.fill(nullptr);
  for (size_t place = 0; place < given.size(); ++place) {
    const InputView& tensor = given[place];
    const size_t i = Find(wanted, tensor, place);
    if (i == wanted.size())
      return Refuse(diag, "input '" + std::string(tensor.name) + "'",
                    "the model has no such input; expected '" + wanted[place].name + "'");
    const TensorInfo& info = wanted[i];
    const std::string subject = "input '" + info.name + "'";
    if (set.tensor[i] != nullptr) return Refuse(diag, subject, "given twice");
    const bool raw = tensor.type == ElementType::kNone && tensor.dims.empty();
    if (!raw && (tensor.type != info.type || !SameShape(tensor, info)))
      return Refuse(diag, subject,
                    "found " + Describe(tensor.type, tensor.dims) + ", expected " +
                        Describe(info.type, info.dims));
    uint64_t bytes = DTypeBytes(static_cast<DType>(info.type));
    for (size_t d = 0; d < info.dims.size(); ++d) {
      const int64_t dim = raw ? std::max(info.dims[d], 1) : tensor.dims[d];
      set.dims[i][d] = dim;
      // Both factors are below 2^32: no wrap before it is refused.
      bytes = bytes > UINT32_MAX ? bytes : bytes * static_cast<uint64_t>(dim);
    }
    const bool shorter = info.stream && raw && !tensor.data.empty() && tensor.data.size() < bytes;
    if (tensor.data.size() != bytes && !shorter)
      return Refuse(diag, subject,
                    "found " + std::to_string(tensor.data.size()) + " bytes, expected " +
                        std::to_string(bytes) + " for " + Describe(info.type, info.dims));
    set.tensor[i] = &tensor;
  }
  return OkStatus();
}

}  // namespace covey::serve
