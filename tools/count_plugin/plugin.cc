// A QEMU plug-in that counts what a program fetches between two marks: instructions and their
// bytes, kinds of instructions, data read from flash and from RAM, misses of given caches.
//
//   -plugin libcovey_count.so,out=FILE,begin=ADDR,mark=ADDR,flash=ADDR,flash_end=ADDR,
//           cache=32-1-32-32-1-8,cache=...
//
// Counting starts where the function at `begin` is entered; where the one at `mark` is entered, a
// line of JSON goes to the file, and counting starts anew. A cache is LINE-SETS-WAYS for code and
// the same for data in flash; three numbers only: one cache for both. Numbers are exact, except
// that a block which is left early by a fault counts whole.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "cache.hpp"
#include "qemu_api.hpp"

int qemu_plugin_version = 1;

namespace covey::count {
namespace {

struct Counts {
  uint64_t instructions = 0, code_bytes = 0;
  uint64_t loads = 0;       // load instructions that follow no other access to memory
  uint64_t next_loads = 0;  // that do
  uint64_t stores = 0;
  uint64_t more_words = 0;  // of instructions that move several registers, beyond the first
  uint64_t divisions = 0;
  uint64_t taken = 0;  // branches, calls and returns
  uint64_t flash_bytes = 0, ram_read_bytes = 0, ram_written_bytes = 0;
};

struct Block {
  uint64_t begin = 0, end = 0;
  Counts counts;  // of one passage: those that the text of the instructions tells
};

struct Caches {
  Cache code, data;
  bool both = false;  // `code` serves data as well
};

struct State {
  std::FILE* out = nullptr;
  uint64_t begin = 0, mark = 0, flash = 0, flash_end = 0;
  std::vector<Caches> caches;
  std::vector<std::unique_ptr<Block>> blocks;
  Counts counts;
  bool counting = false;
  uint64_t expected = 0;  // where the program goes on if no branch is taken
};
State state;

bool Starts(const char* text, const char* with) {
  return std::strncmp(text, with, std::strlen(with)) == 0;
}

// How many registers a list or a pair holds.
uint64_t WordsOf(const char* text) {
  if (Starts(text, "ldrd") || Starts(text, "strd")) return 2;
  const char* const list = std::strchr(text, '{');
  if (list == nullptr) return 1;
  uint64_t words = 1;
  for (const char* c = list; *c != '\0' && *c != '}'; ++c) {
    words += *c == ',';
    if (*c == '-') words += 2;  // a range: rarely more than three
  }
  return words;
}

// The mnemonic: behind blanks, and behind the code in hexadecimal that RISC-V's text begins with.
const char* Mnemonic(const char* text) {
  text += std::strspn(text, " \t");
  const size_t digits = std::strspn(text, "0123456789abcdef");
  if ((digits == 4 || digits == 8) && (text[digits] == ' ' || text[digits] == '\t')) {
    text += digits;
    text += std::strspn(text, " \t");
  }
  return text;
}

// Adds one instruction, by its assembly text; `after_access`: the one before accessed memory.
bool AddInstruction(const char* text, bool after_access, Counts& counts) {
  text = Mnemonic(text);
  const bool load = Starts(text, "ld") || Starts(text, "pop") || Starts(text, "vld") ||
                    Starts(text, "lb") || Starts(text, "lh") || Starts(text, "lw") ||
                    Starts(text, "c.lw");
  const bool store = Starts(text, "st") || Starts(text, "push") || Starts(text, "vst") ||
                     Starts(text, "sb") || Starts(text, "sh ") || Starts(text, "sw") ||
                     Starts(text, "c.sw");
  if (Starts(text, "sdiv") || Starts(text, "udiv") || Starts(text, "div") || Starts(text, "rem"))
    ++counts.divisions;
  if (load) ++(after_access ? counts.next_loads : counts.loads);
  const bool subtract = Starts(text, "sbc") || Starts(text, "sbfx");
  if (store && !subtract) ++counts.stores;
  if (load || (store && !subtract)) counts.more_words += WordsOf(text) - 1;
  return load || (store && !subtract);
}

void Report() {
  const Counts& c = state.counts;
  const auto field = [](const char* name, uint64_t value) {
    (void)std::fprintf(state.out, "\"%s\":%llu,", name, static_cast<unsigned long long>(value));
  };
  (void)std::fputc('{', state.out);
  field("instructions", c.instructions), field("code_bytes", c.code_bytes);
  field("loads", c.loads), field("next_loads", c.next_loads), field("stores", c.stores);
  field("more_words", c.more_words), field("divisions", c.divisions), field("taken", c.taken);
  field("flash_bytes", c.flash_bytes), field("ram_read_bytes", c.ram_read_bytes);
  field("ram_written_bytes", c.ram_written_bytes);
  (void)std::fputs("\"misses\":[", state.out);
  const char* comma = "";
  for (Caches& caches : state.caches) {
    (void)std::fprintf(state.out, "%s[%llu,%llu]", comma,
                       static_cast<unsigned long long>(caches.code.TakeMisses()),
                       static_cast<unsigned long long>(caches.data.TakeMisses()));
    comma = ",";
  }
  (void)std::fputs("]}\n", state.out);
  (void)std::fflush(state.out);
}

void OnBlock(unsigned, void* data) {
  const Block& block = *static_cast<const Block*>(data);
  if (block.begin == state.begin) {
    state.counts = {};
    state.counting = true;
    state.expected = block.begin;
  } else if (block.begin == state.mark && state.counting) {
    Report();
    state.counts = {};
  }
  if (!state.counting) return;
  Counts& to = state.counts;
  const Counts& from = block.counts;
  to.instructions += from.instructions, to.code_bytes += from.code_bytes;
  to.loads += from.loads, to.next_loads += from.next_loads, to.stores += from.stores;
  to.more_words += from.more_words, to.divisions += from.divisions;
  to.taken += block.begin != state.expected;
  state.expected = block.end;
  const auto bytes = static_cast<uint32_t>(block.end - block.begin);
  for (Caches& caches : state.caches) caches.code.Touch(block.begin, bytes);
}

void OnAccess(unsigned, uint32_t info, uint64_t address, void*) {
  if (!state.counting) return;
  const uint32_t bytes = 1U << qemu_plugin_mem_size_shift(info);
  if (qemu_plugin_mem_is_store(info)) {
    state.counts.ram_written_bytes += bytes;
  } else if (address >= state.flash && address < state.flash_end) {
    state.counts.flash_bytes += bytes;
    for (Caches& caches : state.caches)
      (caches.both ? caches.code : caches.data).Touch(address, bytes);
  } else {
    state.counts.ram_read_bytes += bytes;
  }
}

void OnTranslation(CountPluginId, qemu_plugin_tb* translated) {
  auto block = std::make_unique<Block>();
  block->begin = block->end = qemu_plugin_tb_vaddr(translated);
  bool access = false;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(translated); ++i) {
    qemu_plugin_insn* const instruction = qemu_plugin_tb_get_insn(translated, i);
    block->end += qemu_plugin_insn_size(instruction);
    ++block->counts.instructions;
    char* const text = qemu_plugin_insn_disas(instruction);
    access = AddInstruction(text, access, block->counts);
    std::free(text);
    qemu_plugin_register_vcpu_mem_cb(instruction, OnAccess, 0, 3, nullptr);
  }
  block->counts.code_bytes = block->end - block->begin;
  qemu_plugin_register_vcpu_tb_exec_cb(translated, OnBlock, 0, block.get());
  state.blocks.push_back(std::move(block));
}

// "32-1-32" or "32-1-32-32-1-8".
bool AddCache(const char* text) {
  unsigned n[6] = {};
  const int found =
      std::sscanf(text, "%u-%u-%u-%u-%u-%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
  if (found != 3 && found != 6) return false;
  state.caches.push_back(
      {Cache({n[0], n[1], n[2]}), Cache({n[3], n[4], n[5]}), /*both=*/found == 3});
  return true;
}

bool TakeArgument(const char* text) {
  const char* const equals = std::strchr(text, '=');
  if (equals == nullptr) return false;
  const char* const value = equals + 1;
  if (Starts(text, "out=")) return (state.out = std::fopen(value, "w")) != nullptr;
  if (Starts(text, "cache=")) return AddCache(value);
  const uint64_t number = std::strtoull(value, nullptr, 16);
  if (Starts(text, "begin=")) return state.begin = number, true;
  if (Starts(text, "mark=")) return state.mark = number, true;
  if (Starts(text, "flash=")) return state.flash = number, true;
  if (Starts(text, "flash_end=")) return state.flash_end = number, true;
  return false;
}

}  // namespace
}  // namespace covey::count

int qemu_plugin_install(CountPluginId id, const void*, int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    if (covey::count::TakeArgument(argv[i])) continue;
    (void)std::fprintf(stderr, "covey_count: bad argument '%s'\n", argv[i]);
    return 1;
  }
  if (covey::count::state.out == nullptr) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, covey::count::OnTranslation);
  return 0;
}
