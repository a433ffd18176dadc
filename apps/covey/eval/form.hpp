// The forms of serve/preprocess/form.hpp, with errors as the command line says them.
//
//   Expected<Form> form = ParseForm("bare:60:420@128");
//   Expected<Image> smaller = InForm(image, form.value());
#pragma once

#include "apps/covey/io/fail.hpp"
#include "core/host/diag_text.hpp"
#include "serve/preprocess/form.hpp"

namespace covey::app {

using serve::Form;

inline Expected<Form> ParseForm(const std::string& text) {
  DiagText diag;
  Result<Form> form = serve::ParseForm(text, diag);
  if (!form.ok()) return MakeError(form.status().code(), diag.Text());
  return *std::move(form);
}

inline Expected<Image> InForm(const Image& image, const Form& form) {
  DiagText diag;
  Result<Image> made = serve::InForm(image, form, diag);
  if (!made.ok()) return Explain(form.Text(), made.status(), diag);
  return *std::move(made);
}

}  // namespace covey::app
