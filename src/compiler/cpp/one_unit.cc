#include "compiler/cpp/one_unit.hpp"

#include <algorithm>
#include <vector>

namespace covey::compiler {
namespace {

enum class Scope { kNamed, kUnnamed, kOther };

bool StartsWithWord(const std::string& statement, std::string_view word) {
  return statement.starts_with(word) &&
         (statement.size() == word.size() || statement[word.size()] == ' ');
}

// Whether the words before a brace begin a function's body: they have a parameter list, and are no
// type and no initialiser.
bool BeginsFunction(const std::string& statement) {
  for (const std::string_view type : {"struct", "class", "enum", "union"}) {
    if (StartsWithWord(statement, type)) return false;
  }
  const size_t parameters = statement.find('(');
  return parameters != std::string::npos && statement.find('=') == std::string::npos;
}

class Rewriter {
 public:
  Rewriter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  std::string Run() {
    while (at_ < text_.size()) {
      if (CopyComment() || CopyDirective() || CopyLiteral()) continue;
      Significant(text_[at_]);
      line_begins_ = text_[at_] == '\n' || (line_begins_ && text_[at_] == ' ');
      ++at_;
    }
    for (const std::string& macro : macros_) out_ += "#undef " + macro + "\n";
    return std::move(out_);
  }

 private:
  void Copy(size_t end) {
    out_ += text_.substr(at_, end - at_);
    at_ = std::min(end, text_.size());
  }
  size_t EndOf(std::string_view mark, size_t from) const {
    const size_t found = text_.find(mark, from);
    return found == std::string_view::npos ? text_.size() : found + mark.size();
  }

  bool CopyComment() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      Copy(std::min(text_.find('\n', at_), text_.size()));
    } else if (rest.starts_with("/*")) {
      Copy(EndOf("*/", at_ + 2));
    } else {
      return false;
    }
    return true;
  }

  bool CopyDirective() {
    if (!line_begins_ || text_[at_] != '#') return false;
    size_t end = at_;
    do {
      end = EndOf("\n", end);
    } while (end < text_.size() && end >= 2 && text_[end - 2] == '\\');
    NoteMacro(text_.substr(at_, end - at_));
    Copy(end);
    return true;
  }

  void NoteMacro(std::string_view directive) {
    constexpr std::string_view kDefine = "#define ", kUndef = "#undef ";
    const bool defines = directive.starts_with(kDefine);
    if (!defines && !directive.starts_with(kUndef)) return;
    const std::string_view rest = directive.substr(defines ? kDefine.size() : kUndef.size());
    const std::string macro(rest.substr(0, rest.find_first_of("( \n")));
    std::erase(macros_, macro);
    if (defines) macros_.push_back(macro);
  }

  // A quote after a letter or digit groups the digits of a number.
  bool CopyLiteral() {
    const char quote = text_[at_];
    if (quote != '"' && quote != '\'') return false;
    if (quote == '\'' && at_ > 0 && (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0))
      return false;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    Copy(end + 1);
    line_begins_ = false;
    return true;
  }

  void Significant(char c) {
    if (c == '{') {
      Open();
      return;
    }
    out_ += c;
    if (c == '}') {
      if (!scopes_.empty()) scopes_.pop_back();
      statement_.clear();
    } else if (c == ';') {
      statement_.clear();
    } else if (c == ' ' || c == '\n') {
      if (!statement_.empty() && statement_.back() != ' ') statement_ += ' ';
    } else {
      statement_ += c;
    }
  }

  void Open() {
    while (!statement_.empty() && statement_.back() == ' ') statement_.pop_back();
    Scope scope = Scope::kOther;
    if (statement_ == "namespace") {
      scope = Scope::kUnnamed;
      out_ += name_ + " ";
      named_ = true;
    } else if (StartsWithWord(statement_, "namespace")) {
      scope = Scope::kNamed;
    }
    out_ += '{';
    const bool outside = std::all_of(scopes_.begin(), scopes_.end(),
                                     [](Scope each) { return each == Scope::kNamed; });
    if (scope == Scope::kOther && outside && named_ && BeginsFunction(statement_)) {
      out_ += " using namespace " + name_ + ";";
    }
    scopes_.push_back(scope);
    statement_.clear();
  }

  const std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
  bool line_begins_ = true;
  bool named_ = false;     // an unnamed namespace has been met
  std::string statement_;  // since the last brace or semicolon, blanks made single
  std::vector<Scope> scopes_;
  std::vector<std::string> macros_;
  std::string out_;
};

}  // namespace

std::string ToOneUnit(std::string_view text, const std::string& name) {
  return Rewriter(text, name).Run();
}

}  // namespace covey::compiler
