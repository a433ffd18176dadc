// KernelSources is the text of src/core/*.hpp and src/kernels, as this program was built from it:
// what `covey compile --emit cpp` takes kernels from. cmake/embed.cmake writes it.
//
//   for (const SourceFile& file : KernelSources()) Use(file.path, file.text);
#pragma once

#include <span>
#include <string_view>

namespace covey::compiler {

struct SourceFile {
  std::string_view path;  // "kernels/ref/add.cc"
  std::string_view text;
};

// Sorted by path.
std::span<const SourceFile> KernelSources();

}  // namespace covey::compiler
