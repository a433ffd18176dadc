#include "api/local_models.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "serve/backends/int8/int8_backend.hpp"
#include "wire/image/host/join.hpp"
#include "wire/image/variants.hpp"

namespace covey::api {
namespace {

bool Remembers(const wire::ImageView& view) {
  for (uint32_t i = 0; i < view.tensor_count(); ++i) {
    if (view.View(i, nullptr).state) return true;
  }
  return false;
}

// How many places a model file makes: its variants, unless it names one of them.
uint32_t CountVariants(const std::string& path) {
  if (!path.ends_with(".covey")) return 1;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return std::byte(c); });
  NoDiag silent;
  uint32_t count = 0;
  for (std::span<const std::byte> rest = bytes; !rest.empty();) {
    const auto view = wire::ImageView::Read(rest, silent);
    if (!view.ok() || Remembers(*view)) break;
    if (++count == LocalModels::kMaxVariants) break;
    rest = wire::NextVariant(*view);
  }
  return count > 0 ? count : 1;
}

std::string Numbered(const std::string& name, uint32_t number) {
  return number == 0 ? name : name + "#" + std::to_string(number);
}

}  // namespace

// The int8 engine only: the local place answers as the device itself would.
LocalModels::LocalModels() { backends_.push_back(serve::MakeInt8Backend()); }

Status LocalModels::Load(const std::string& name, const std::string& path, Diag& diag) {
  if (name.empty()) return Status(Code::kInvalidArgument, "a model needs a name");
  std::vector<std::shared_ptr<serve::Entry>> loaded;
  const uint32_t count = CountVariants(path);
  for (uint32_t i = 0; i < count; ++i) {
    auto entry = std::make_shared<serve::Entry>();
    COVEY_TRY(serve::LoadEntry(Numbered(path, i), backends_, *entry, diag));
    entry->name = Numbered(name, i);
    loaded.push_back(std::move(entry));
  }
  std::lock_guard lock(mutex_);
  for (uint32_t i = 1; i < variants_[name]; ++i) entries_.erase(Numbered(name, i));
  variants_[name] = count;
  for (auto& entry : loaded) {
    const std::string key = entry->name;
    entries_[key] = std::move(entry);
  }
  return OkStatus();
}

std::shared_ptr<const serve::Entry> LocalModels::Find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<const serve::Entry>> LocalModels::VariantsOf(
    const std::string& name) const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const serve::Entry>> found;
  const auto loaded = variants_.find(name);
  const uint32_t count = loaded == variants_.end() ? 1 : loaded->second;
  for (uint32_t i = 0; i < count; ++i) {
    const auto at = entries_.find(Numbered(name, i));
    if (at != entries_.end()) found.push_back(at->second);
  }
  return found;
}

std::vector<std::shared_ptr<const serve::Entry>> LocalModels::All() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const serve::Entry>> all;
  for (const auto& [name, entry] : entries_) all.push_back(entry);
  return all;
}

}  // namespace covey::api
