// LocalModels are the models that a session has loaded into this process, by name. A file of
// several variants (wire/image/variants.hpp) is as many models: "digits", "digits#1" ...
//
//   COVEY_TRY(models.Load("digits", "digits.covey", diag));
//   std::shared_ptr<const serve::Entry> entry = models.Find("digits");
//   models.VariantsOf("digits");   // that one, then its variants
//
// Threads: any; an entry stays usable for whoever holds it, even after another Load of its name.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/repository/repository.hpp"

namespace covey::api {

class LocalModels {
 public:
  LocalModels();
  Status Load(const std::string& name, const std::string& path, Diag& diag);
  // Null if there is none.
  std::shared_ptr<const serve::Entry> Find(const std::string& name) const;
  std::vector<std::shared_ptr<const serve::Entry>> All() const;
  // The model itself first, at most kMaxVariants; none of a network that remembers from call to
  // call, which must stay with one.
  static constexpr uint32_t kMaxVariants = 4;
  std::vector<std::shared_ptr<const serve::Entry>> VariantsOf(const std::string& name) const;

 private:
  std::vector<std::unique_ptr<serve::Backend>> backends_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const serve::Entry>> entries_;
  std::map<std::string, uint32_t> variants_;  // of each model that was loaded by its name
};

}  // namespace covey::api
