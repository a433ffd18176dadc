#include "apps/covey/eval/pair.hpp"

#include "apps/covey/io/fail.hpp"
#include "apps/covey/place/place.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

bool IsName(const std::string& text) {
  return !text.empty() && text.find_first_of("/.@:") == std::string::npos;
}

}  // namespace

Expected<Pair> ParsePair(const std::string& text) {
  Pair pair;
  std::string rest = text;
  const size_t equals = rest.find('=');
  if (equals != std::string::npos && IsName(rest.substr(0, equals))) {
    pair.name = rest.substr(0, equals);
    rest.erase(0, equals + 1);
  }
  // FORM may hold an '@' too: it begins at the '+' behind the place's.
  const size_t plus = rest.rfind('+');
  if (plus != std::string::npos && rest.find('@') < plus) {
    const Expected<Form> form = ParseForm(rest.substr(plus + 1));
    if (form) {
      pair.form = form.value();
      rest.erase(plus);
    } else if (rest.find('@', plus) == std::string::npos) {
      return MakeError(Code::kInvalidArgument, text + ": " + form.error().message);
    }
  }
  const size_t at = rest.rfind('@');
  pair.model = rest.substr(0, at);
  const Expected<Target> target =
      ParseTarget(at == std::string::npos ? "host" : rest.substr(at + 1));
  if (pair.model.empty() || !target) {
    return MakeError(Code::kInvalidArgument, "'" + text + "': expected [NAME=]MODEL@PLACE[+FORM]" +
                                                 (target ? std::string(", found no model")
                                                         : "; " + target.error().message));
  }
  pair.target = target.value();
  const Expected<void> board = CheckBoard(pair.target);
  if (!board) return board.error();
  if (pair.name.empty()) {
    const bool file = pair.target.kind != Target::Kind::kAgent;
    pair.name = (file ? serve::ModelNameOf(pair.model) : pair.model) + "@" + pair.target.text;
    if (pair.form.kind != Form::Kind::kFile) pair.name += "+" + pair.form.Text();
  }
  return pair;
}

}  // namespace covey::app
