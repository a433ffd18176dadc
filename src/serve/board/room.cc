#include "serve/board/room.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/op.hpp"

namespace covey::serve {
namespace {

constexpr Status kNoRoom(Code::kResourceExhausted, "the model is too large for this board");

// A 32-bit little-endian ELF file; every offset in it is checked here.
class Elf {
 public:
  explicit Elf(std::vector<char> bytes) : bytes_(std::move(bytes)) {}

  std::optional<uint32_t> Symbol(std::string_view name) const {
    const auto header = At<Elf32_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS32) {
      return std::nullopt;
    }
    for (uint32_t i = 0; i < header->e_shnum; ++i) {
      const auto section = Section(*header, i);
      if (!section || section->sh_type != SHT_SYMTAB) continue;
      const auto names = Section(*header, section->sh_link);
      if (names) return SymbolIn(*section, *names, name);
    }
    return std::nullopt;
  }

 private:
  template <typename T>
  std::optional<T> At(uint64_t offset) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  std::optional<Elf32_Shdr> Section(const Elf32_Ehdr& header, uint32_t index) const {
    return At<Elf32_Shdr>(uint64_t{header.e_shoff} + uint64_t{index} * sizeof(Elf32_Shdr));
  }
  std::optional<uint32_t> SymbolIn(const Elf32_Shdr& table, const Elf32_Shdr& names,
                                   std::string_view name) const {
    for (uint64_t at = 0; at + sizeof(Elf32_Sym) <= table.sh_size; at += sizeof(Elf32_Sym)) {
      const auto symbol = At<Elf32_Sym>(table.sh_offset + at);
      if (!symbol) return std::nullopt;
      const uint64_t begin = uint64_t{names.sh_offset} + symbol->st_name;
      if (begin + name.size() < bytes_.size() && bytes_[begin + name.size()] == '\0' &&
          std::string_view(bytes_.data() + begin, name.size()) == name) {
        return symbol->st_value;
      }
    }
    return std::nullopt;
  }

  std::vector<char> bytes_;
};

std::string LayerText(const wire::ImageView& image, uint32_t op) {
  return std::string(OpName(static_cast<Op>(image.op(op).op))) + " '" + image.op_name(op) + "'";
}

// The first op whose tensors or scratch reach furthest up in the arena.
uint32_t Highest(const wire::ImageView& image) {
  uint32_t highest = 0;
  uint64_t most = 0;
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const wire::OpRecord& op = image.op(i);
    uint64_t end = uint64_t{op.scratch_offset} + op.scratch_bytes;
    const auto take = [&](uint16_t index) {
      if (index == wire::kNoTensor) return;
      const wire::TensorRecord& tensor = image.tensor(index);
      if (tensor.place == static_cast<uint8_t>(wire::Place::kData)) return;
      end = std::max(end, uint64_t{tensor.offset} + tensor.bytes);
    };
    for (const uint16_t index : image.op_inputs(i)) take(index);
    for (const uint16_t index : image.op_outputs(i)) take(index);
    if (end > most) most = end, highest = i;
  }
  return highest;
}

// The op with the largest constants.
uint32_t Heaviest(const wire::ImageView& image) {
  uint32_t heaviest = 0;
  uint64_t most = 0;
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    uint64_t sum = 0;
    for (const uint16_t index : image.op_inputs(i)) {
      if (index == wire::kNoTensor) continue;
      const wire::TensorRecord& tensor = image.tensor(index);
      if (tensor.place == static_cast<uint8_t>(wire::Place::kData)) sum += tensor.bytes;
    }
    if (sum > most) most = sum, heaviest = i;
  }
  return heaviest;
}

Status Refuse(const char* what, int64_t needs, int64_t has, const std::string& where, Diag& diag) {
  const std::string problem = std::to_string(needs - has) +
                              " bytes are missing: the network needs " + std::to_string(needs) +
                              ", the board has " + std::to_string(has) + " beside the firmware; " +
                              where;
  diag.Report({.subject = what, .problem = problem.c_str()});
  return kNoRoom;
}

}  // namespace

Result<BoardRoom> RoomOf(const std::filesystem::path& firmware, Diag& diag) {
  std::ifstream file(firmware, std::ios::binary);
  const Elf elf(std::vector<char>(std::istreambuf_iterator<char>(file), {}));
  const auto flash = elf.Symbol("__flash_free"), flash_end = elf.Symbol("__flash_end");
  const auto ram = elf.Symbol("__ram_free"), ram_end = elf.Symbol("__ram_end");
  if (flash && flash_end && ram && ram_end && *flash <= *flash_end && *ram <= *ram_end) {
    return BoardRoom{.flash_bytes = int64_t{*flash_end} - *flash,
                     .ram_bytes = int64_t{*ram_end} - *ram};
  }
  const std::string name = firmware.string();
  diag.Report({.subject = name.c_str(),
               .problem = "is no board's firmware, expected a 32-bit ELF file with the symbols "
                          "__flash_free, __flash_end, __ram_free and __ram_end"});
  return Status(Code::kDataLoss, "the firmware cannot be read");
}

Status CheckRoom(const wire::ImageView& image, const BoardRoom& room, Diag& diag) {
  const int64_t image_bytes = image.header().total_bytes, arena_bytes = image.header().arena_bytes;
  if (image_bytes > room.flash_bytes) {
    return Refuse("flash", image_bytes, room.flash_bytes,
                  "the largest constants are those of " + LayerText(image, Heaviest(image)), diag);
  }
  if (arena_bytes > room.ram_bytes) {
    return Refuse("RAM", arena_bytes, room.ram_bytes,
                  "most is needed by " + LayerText(image, Highest(image)), diag);
  }
  return OkStatus();
}

}  // namespace covey::serve
