#include "common/semihosting.hpp"

#if !defined(__arm__)
extern "C" int32_t CoveySemihost(uint32_t operation, const void* block);
#endif

namespace covey::board {
namespace {

enum Operation : uint32_t {
  kSysOpen = 0x01,
  kSysClose = 0x02,
  kSysWrite = 0x05,
  kSysRead = 0x06,
  kSysSeek = 0x0A,
  kSysFlen = 0x0C,
  kSysGetCmdline = 0x15,
  kSysExitExtended = 0x20,
};
constexpr uint32_t kApplicationExit = 0x20026;

int32_t Call(Operation operation, const void* block) {
#if defined(__arm__)
  register uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = block;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<int32_t>(r0);
#else
  return CoveySemihost(operation, block);  // boards/<board>/start.S
#endif
}

uint32_t Word(const void* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

}  // namespace

void Exit(int code) {
  const uint32_t block[] = {kApplicationExit, static_cast<uint32_t>(code)};
  (void)Call(kSysExitExtended, block);
  while (true) {
  }
}

size_t CommandLine(std::span<char> buffer, std::span<const char*> words) {
  uint32_t block[] = {Word(buffer.data()), static_cast<uint32_t>(buffer.size())};
  if (Call(kSysGetCmdline, block) != 0 || block[1] >= buffer.size()) return 0;
  buffer[block[1]] = '\0';
  size_t count = 0;
  bool inside = false;
  for (char& c : buffer.first(block[1])) {
    if (c == ' ' || c == '\0') {
      c = '\0';
      inside = false;
      continue;
    }
    if (c == 0x1F) c = ' ';
    if (!inside && count == words.size()) return 0;
    if (!inside) words[count++] = &c;
    inside = true;
  }
  return count;
}

const char* Argument(std::span<const char* const> words, const char* name) {
  for (const char* word : words) {
    const char* rest = word;
    const char* want = name;
    while (*want != '\0' && *rest == *want) {
      ++rest;
      ++want;
    }
    if (*want == '\0' && *rest == '=') return rest + 1;
  }
  return nullptr;
}

HostFile HostFile::Open(const char* path, Mode mode) {
  HostFile file;
  const uint32_t block[] = {Word(path), mode, static_cast<uint32_t>(__builtin_strlen(path))};
  file.handle_ = Call(kSysOpen, block);
  return file;
}

int64_t HostFile::Size() {
  const uint32_t block[] = {static_cast<uint32_t>(handle_)};
  return Call(kSysFlen, block);
}

bool HostFile::Seek(uint32_t offset) {
  const uint32_t block[] = {static_cast<uint32_t>(handle_), offset};
  return Call(kSysSeek, block) == 0;
}

// Both answer with the number of bytes that were not moved.
bool HostFile::Read(std::span<std::byte> bytes) {
  const uint32_t block[] = {static_cast<uint32_t>(handle_), Word(bytes.data()),
                            static_cast<uint32_t>(bytes.size())};
  return Call(kSysRead, block) == 0;
}

bool HostFile::Write(std::span<const std::byte> bytes) {
  const uint32_t block[] = {static_cast<uint32_t>(handle_), Word(bytes.data()),
                            static_cast<uint32_t>(bytes.size())};
  return Call(kSysWrite, block) == 0;
}

void HostFile::Close() {
  const uint32_t block[] = {static_cast<uint32_t>(handle_)};
  (void)Call(kSysClose, block);
  handle_ = -1;
}

}  // namespace covey::board
