#include "api/local_models.hpp"

#include "serve/backends/int8/int8_backend.hpp"

namespace covey::api {

// The int8 engine only: the local place answers as the device itself would.
LocalModels::LocalModels() { backends_.push_back(serve::MakeInt8Backend()); }

Status LocalModels::Load(const std::string& name, const std::string& path, Diag& diag) {
  if (name.empty()) return Status(Code::kInvalidArgument, "a model needs a name");
  auto entry = std::make_shared<serve::Entry>();
  COVEY_TRY(serve::LoadEntry(path, backends_, *entry, diag));
  entry->name = name;
  std::lock_guard lock(mutex_);
  entries_[name] = std::move(entry);
  return OkStatus();
}

std::shared_ptr<const serve::Entry> LocalModels::Find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<const serve::Entry>> LocalModels::All() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const serve::Entry>> all;
  for (const auto& [name, entry] : entries_) all.push_back(entry);
  return all;
}

}  // namespace covey::api
