// EmitCpp turns a model image into C++: the kernels that it needs, its weights, its plan, and one
// direct call an op. The bytes that it computes are those of the interpreter (micro/run) on the
// same image.
//
//   COVEY_TRY_ASSIGN(CppModel model, EmitCpp(image, "m4", {}, diag));
//   Write(model.name + ".cc", model.source);
//
//   resnet8::Input()[0] = 1;  resnet8::Run();  Use(resnet8::Output()[0]);     // its user
//
// Memory: all tables and weights are const, the arena is one zeroed variable. No heap, exceptions,
// RTTI, start-up code or checks: the image is checked here (Engine::Prepare), once.
// Errors: those of Engine::Prepare; kInvalidArgument for a target that has no kernels.
#pragma once

#include <cstdint>
#include <string>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {

struct CppModel {
  std::string name;           // the namespace: the model's name as an identifier
  std::string source;         // NAME.cc, complete in itself
  std::string header;         // NAME.hpp: the declarations of NAME.cc again
  std::string cmake;          // NAME.cmake: the library NAME
  uint64_t weight_bytes = 0;  // constants and multipliers
  uint64_t table_bytes = 0;   // attributes and dimensions, without the ops' own records
};

struct CppOptions {
  std::string name;     // empty: the model's
  std::string file;     // of the source; empty: NAME.cc
  std::string version;  // of Covey, for the first line
};

Result<CppModel> EmitCpp(const wire::ImageView& image, const std::string& target,
                         const CppOptions& options, Diag& diag);

}  // namespace covey::compiler
