#include "compiler/cpp/join.hpp"

#include <algorithm>
#include <regex>

#include "compiler/cpp/kernel_sources.hpp"
#include "compiler/cpp/one_unit.hpp"
#include "compiler/report.hpp"
#include "kernels/kernel_list.hpp"

namespace covey::compiler {
namespace {

constexpr std::string_view kList = "kernels/kernel_list.hpp";

struct ListRow {
  Op op;
  const char *id, *prepare, *run;
};
#define COVEY_LIST_ROW(op, prepare, run) {Op::op, #op, #prepare, #run},
constexpr ListRow kRows[] = {COVEY_KERNEL_LIST(COVEY_LIST_ROW)};
#undef COVEY_LIST_ROW

bool IsKernel(const std::string& name) {
  return std::any_of(std::begin(kRows), std::end(kRows),
                     [&](const ListRow& row) { return name == row.run; });
}

const SourceFile* Find(std::string_view path) {
  for (const SourceFile& file : KernelSources())
    if (file.path == path) return &file;
  return nullptr;
}

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash));
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// "kernels/dsp/conv2d.cc" -> "in_dsp_conv2d"
std::string NameOf(std::string_view path) {
  if (path.starts_with("kernels/")) path.remove_prefix(8);
  std::string name = "in_" + std::string(path.substr(0, path.rfind('.')));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

// "kernels/window.hpp" -> the text of kernels/window.cc, or null.
const SourceFile* SourceOf(std::string_view header) {
  return Find(std::string(header.substr(0, header.rfind('.'))) + ".cc");
}

// Words that stand before a parenthesis.
std::set<std::string> Calls(std::string_view text) {
  std::set<std::string> calls;
  for (size_t at = 0; (at = text.find('(', at)) != std::string_view::npos; ++at) {
    size_t begin = at;
    while (begin > 0 && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 ||
                         text[begin - 1] == '_')) {
      --begin;
    }
    if (begin < at) calls.emplace(text.substr(begin, at - begin));
  }
  return calls;
}

// Whether `user` names a function that the header declares and its source defines.
bool Uses(std::string_view user, std::string_view header, std::string_view source) {
  const std::set<std::string> declared = Calls(header), defined = Calls(source);
  for (const std::string& call : Calls(user))
    if (declared.contains(call) && defined.contains(call)) return true;
  return false;
}

// void RUN(const OpView& op) {
bool Defines(std::string_view text, const std::string& run) {
  const std::string begin = "void " + run + "(const OpView&";
  for (size_t at = 0; (at = text.find(begin, at)) != std::string_view::npos; ++at) {
    const size_t end = text.find(')', at);
    if (text.substr(end, 3) == ") {") return true;
  }
  return false;
}

class Joiner {
 public:
  Joiner(const std::vector<std::string>& folders, Diag& diag) : folders_(folders), diag_(diag) {}

  Result<Joined> Run(const std::set<Op>& ops) {
    for (const ListRow& row : kRows) {
      if (!ops.contains(row.op)) continue;
      COVEY_TRY_ASSIGN(const std::string folder, Need(row.run, folders_));
      joined_.run[row.op] = "covey::kernels::" + folder + "::" + row.run;
    }
    for (size_t i = 0; i < sources_.size(); ++i) COVEY_TRY(Follow(*sources_[i]));
    for (const SourceFile* source : sources_) AddSource(*source);
    ReplaceAll(joined_.text, "extern \"C\" ", "");
    ReplaceAll(joined_.text, "__attribute__((naked", "__attribute__((COVEY_OPAQUE, naked");
    return std::move(joined_);
  }

 private:
  // The folder, of `folders`, that defines the kernel; its file will be added.
  Result<std::string> Need(const std::string& run, const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
      for (const SourceFile& file : KernelSources()) {
        if (!file.path.ends_with(".cc") || FolderOf(file.path) != "kernels/" + folder) continue;
        if (!Defines(file.text, run)) continue;
        runs_.insert(run);
        AddOnce(file);
        return folder;
      }
    }
    return Refuse(diag_, {Code::kInternal, "emit: a kernel's text is not found"}, run,
                  "is defined in no file of kernels/" + folders.front());
  }

  void AddOnce(const SourceFile& file) {
    if (std::find(sources_.begin(), sources_.end(), &file) == sources_.end())
      sources_.push_back(&file);
  }

  // What else the file needs: the sources of its target's headers, those of other headers as far as
  // their functions are called, the kernels it calls.
  Status Follow(const SourceFile& file) {
    std::set<const SourceFile*> headers;
    TakeHeaders(file, headers);
    for (const SourceFile* header : headers) {
      const SourceFile* const source = SourceOf(header->path);
      if (source == nullptr || header->path.ends_with("/table.hpp") ||
          header->path == "kernels/check.hpp")
        continue;  // no run function looks into a table, or checks
      bool used = FolderOf(header->path).starts_with("kernels/") ||  // of a target
                  Uses(file.text, header->text, source->text);
      for (const SourceFile* other : headers)
        used = used || (other != header && Uses(other->text, header->text, source->text));
      if (used) AddOnce(*source);
    }
    return FolderOf(file.path).starts_with("kernels/") ? FollowCalls(file) : OkStatus();
  }

  // The headers it includes, and those that they include.
  static void TakeHeaders(const SourceFile& file, std::set<const SourceFile*>& headers) {
    (void)WithoutIncludes(file.text, [&](std::string_view name) {
      const SourceFile* const header = Find(name.substr(1, name.size() - 2));
      if (header != nullptr && headers.insert(header).second) TakeHeaders(*header, headers);
    });
  }

  Status FollowCalls(const SourceFile& file) {
    static const std::regex kCall("(?:(\\w+)::)?(Run[A-Z]\\w*)\\(");
    const std::string folder = FolderOf(file.path).substr(8);
    std::vector<std::string> here = {folder, "ref"};
    using Match = std::regex_iterator<std::string_view::const_iterator>;
    for (Match call(file.text.begin(), file.text.end(), kCall), end; call != end; ++call) {
      const std::string run = (*call)[2].str(), qualifier = (*call)[1].str();
      if (!IsKernel(run)) continue;
      COVEY_TRY(Need(run, qualifier.empty() ? here : std::vector<std::string>{qualifier}).status());
    }
    return OkStatus();
  }

  void AddHeader(std::string_view name) {
    if (name[0] == '<') {
      joined_.system_headers.insert(std::string(name));
      return;
    }
    const SourceFile* const file = Find(name.substr(1, name.size() - 2));
    if (file == nullptr || !added_.insert(file).second) return;
    const std::string rest =
        file->path == kList ? ShortList()
                            : WithoutIncludes(file->text, [&](auto other) { AddHeader(other); });
    NoteIndices(file->text);
    joined_.text += "\n// ---- " + std::string(file->path) + "\n" + rest;
  }

  void AddSource(const SourceFile& file) {
    const std::string rest = WithoutIncludes(file.text, [&](auto header) { AddHeader(header); });
    NoteIndices(file.text);
    joined_.text +=
        "\n// ---- " + std::string(file.path) + "\n" + ToOneUnit(rest, NameOf(file.path));
  }

  // The rows of the kernels that are here, so that nothing else is declared.
  std::string ShortList() const {
    std::string text = "#define COVEY_KERNEL_LIST(ROW)";
    for (const ListRow& row : kRows) {
      if (!runs_.contains(row.run)) continue;
      text += std::string(" \\\n  ROW(") + row.id + ", " + row.prepare + ", " + row.run + ")";
    }
    return text + "\n";
  }

  void NoteIndices(std::string_view text) {
    static const std::regex kIndex("\\b(input|output)\\[([0-9]+)\\]");
    using Match = std::regex_iterator<std::string_view::const_iterator>;
    for (Match index(text.begin(), text.end(), kIndex), end; index != end; ++index) {
      int& count = (*index)[1] == "input" ? joined_.inputs : joined_.outputs;
      count = std::max(count, std::stoi((*index)[2].str()) + 1);
    }
  }

  const std::vector<std::string>& folders_;
  Diag& diag_;
  Joined joined_;
  std::set<std::string> runs_;
  std::vector<const SourceFile*> sources_;
  std::set<const SourceFile*> added_;
};

}  // namespace

Result<Joined> JoinKernels(const std::set<Op>& ops, const std::vector<std::string>& folders,
                           Diag& diag) {
  return Joiner(folders, diag).Run(ops);
}

}  // namespace covey::compiler
