# Writes C++ that holds files as text: cmake -DOUT=FILE -DROOT=DIR -DLIST=FILE -P embed.cmake, where LIST names the
# files below ROOT, one a line. What it defines is declared in src/compiler/cpp/kernel_sources.hpp.
file(STRINGS ${LIST} names)
set(text "#include \"compiler/cpp/kernel_sources.hpp\"\n\nnamespace covey::compiler {\nnamespace {\n\n"
  "const SourceFile kFiles[] = {\n")
string(CONCAT text ${text})
file(WRITE ${OUT}.new "${text}")
foreach(name ${names})
  file(READ ${ROOT}/${name} content)
  file(APPEND ${OUT}.new "    {\"${name}\", R\"covey_file(${content})covey_file\"},\n")
endforeach()
file(APPEND ${OUT}.new "};\n\n}  // namespace\n\nstd::span<const SourceFile> KernelSources() { return kFiles; }\n\n"
  "}  // namespace covey::compiler\n")
file(RENAME ${OUT}.new ${OUT})
