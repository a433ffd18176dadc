// TomlTable reads one table of a TOML file, typed, and says of the first wrong entry where it is,
// what was found and what was expected.
//
//   TomlTable device(table, "device", file, error);
//   device.OnlyKeys({"name", "kind"});
//   device.Read("name", name);
//   if (!error.empty()) return Refused(error);
//
// Errors: words in `error`; after the first nothing is read any more.
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/toml.hpp"

namespace covey::app {

// What is nearest to `word` among `names`, if any is near: a slip of the finger.
inline std::string NearestName(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  size_t least = word.size() / 2 + 1;
  for (const std::string& name : names) {
    std::vector<size_t> row(name.size() + 1);
    for (size_t j = 0; j <= name.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t corner = row[0];
      row[0] = i;
      for (size_t j = 1; j <= name.size(); ++j) {
        const size_t same = corner + (word[i - 1] == name[j - 1] ? 0 : 1);
        corner = row[j];
        row[j] = std::min({same, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = name;
    }
  }
  return best;
}

inline std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string name, std::string file, std::string& error)
      : table_(table), name_(std::move(name)), file_(std::move(file)), error_(error) {}

  bool Has(const char* key) const { return table_.contains(key); }

  void OnlyKeys(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_) {
      std::vector<std::string> names;
      bool found = false;
      for (std::string_view name : known) {
        found = found || key.str() == name;
        names.emplace_back(name);
      }
      if (found) continue;
      const std::string word(key.str());
      const std::string near = NearestName(word, names);
      Wrong(node, word,
            "is unknown, expected one of: " + Listed(names) +
                (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
  }

  void Read(const char* key, std::string& to) const {
    if (const toml::node* node = At(key)) {
      const auto value = node->value_exact<std::string>();
      if (!value || value->empty()) return Wrong(*node, key, Found(*node) + "expected words");
      to = *value;
    }
  }
  void Read(const char* key, bool& to) const {
    if (const toml::node* node = At(key)) {
      const auto value = node->value_exact<bool>();
      if (!value) return Wrong(*node, key, Found(*node) + "expected true or false");
      to = *value;
    }
  }
  // A number from `least` to `most`, whole or not.
  void Read(const char* key, double& to, double least, double most) const {
    if (const toml::node* node = At(key)) {
      const auto value = node->is_number() ? node->value<double>() : std::optional<double>();
      if (!value || !std::isfinite(*value) || *value < least || *value > most) {
        return Wrong(
            *node, key,
            Found(*node) + "expected a number from " + Short(least) + " to " + Short(most));
      }
      to = *value;
    }
  }
  template <typename Whole>
  void ReadWhole(const char* key, Whole& to, int64_t least, int64_t most) const {
    if (const toml::node* node = At(key)) {
      const auto value = node->value_exact<int64_t>();
      if (!value || *value < least || *value > most) {
        return Wrong(*node, key,
                     Found(*node) + "expected a whole number from " + std::to_string(least) +
                         " to " + std::to_string(most));
      }
      to = static_cast<Whole>(*value);
    }
  }
  template <typename Enum>
  void ReadOneOf(const char* key, Enum& to,
                 std::initializer_list<std::pair<const char*, Enum>> names) const {
    const toml::node* node = At(key);
    if (node == nullptr) return;
    const auto text = node->value_exact<std::string>();
    std::string expected;
    for (const auto& [name, value] : names) {
      if (text && *text == name) {
        to = value;
        return;
      }
      expected += std::string(expected.empty() ? "\"" : ", \"") + name + "\"";
    }
    Wrong(*node, key, Found(*node) + "expected one of " + expected);
  }
  void ReadWords(const char* key, std::vector<std::string>& to) const {
    const toml::node* node = At(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) return Wrong(*node, key, Found(*node) + "expected a list of words");
    for (const toml::node& item : *list) {
      const auto value = item.value_exact<std::string>();
      if (!value) return Wrong(item, key, Found(item) + "expected words");
      to.push_back(*value);
    }
  }

  const toml::node* At(const char* key) const { return error_.empty() ? table_.get(key) : nullptr; }
  void Need(const char* key) const {
    if (!Has(key)) Wrong(table_, key, "is missing");
  }
  // Words about an entry: "space.toml:12: [device] kind: ...".
  void Wrong(const char* key, const std::string& problem) const {
    const toml::node* node = table_.get(key);
    Wrong(node != nullptr ? *node : table_, key, problem);
  }
  void Wrong(const toml::node& node, const std::string& key, const std::string& problem) const {
    if (!error_.empty()) return;
    error_ = file_ + ":" + std::to_string(node.source().begin.line) + ": [" + name_ + "] " + key +
             ": " + problem;
  }

 private:
  static std::string Short(double value) {
    std::string text = std::to_string(value);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
  }
  static std::string Found(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return "found \"" + *text + "\", ";
    if (const auto whole = node.value_exact<int64_t>()) {
      return "found " + std::to_string(*whole) + ", ";
    }
    if (const auto number = node.value_exact<double>()) return "found " + Short(*number) + ", ";
    if (const auto flag = node.value_exact<bool>()) {
      return std::string("found ") + (*flag ? "true, " : "false, ");
    }
    return node.is_array() ? "found a list, " : node.is_table() ? "found a table, " : "";
  }

  const toml::table& table_;
  std::string name_, file_;
  std::string& error_;
};

}  // namespace covey::app
