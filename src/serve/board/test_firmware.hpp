// A file that looks like a board's firmware to RoomOf, for tests that need no board.
//
//   folder.Write("m4/bench.elf", FirmwareWith({.flash = 1000, .ram = 64}));
#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

namespace covey::serve::test {

struct FreeBytes {
  uint32_t flash = 0, ram = 0;
};

template <typename T>
void Append(std::string& to, const T& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

inline std::string FirmwareWith(FreeBytes free) {
  struct Row {
    const char* name;
    uint32_t value;
  };
  const Row rows[] = {{"main", 0x400},
                      {"__flash_free", 0x8000},
                      {"__flash_end", 0x8000 + free.flash},
                      {"__ram_free", 0x20001000},
                      {"__ram_end", 0x20001000 + free.ram}};
  std::string names(1, '\0'), symbols;
  for (const Row& row : rows) {
    Elf32_Sym symbol = {};
    symbol.st_name = static_cast<uint32_t>(names.size());
    symbol.st_value = row.value;
    Append(symbols, symbol);
    names += std::string(row.name) + '\0';
  }
  Elf32_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_shnum = 2;
  const auto end = static_cast<uint32_t>(sizeof(header) + symbols.size() + names.size());
  header.e_shoff = end;
  Elf32_Shdr table = {}, strings = {};
  table.sh_type = SHT_SYMTAB;
  table.sh_offset = sizeof(header);
  table.sh_size = static_cast<uint32_t>(symbols.size());
  table.sh_link = 1;
  strings.sh_type = SHT_STRTAB;
  strings.sh_offset = static_cast<uint32_t>(sizeof(header) + symbols.size());
  strings.sh_size = static_cast<uint32_t>(names.size());
  std::string file;
  Append(file, header);
  file += symbols + names;
  Append(file, table);
  Append(file, strings);
  return file;
}

}  // namespace covey::serve::test
