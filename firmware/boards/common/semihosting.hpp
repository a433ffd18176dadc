// Files of the machine that runs the emulator, its command line, and the way out. A board without
// an emulator would stop at the first call: apps that are meant for hardware do not use this.
//
//   HostFile file = HostFile::Open("model.covey", HostFile::kRead);
//   if (file.is_open()) file.Read(buffer);
//
// Source: Arm "Semihosting for AArch32 and AArch64"; RISC-V "Semihosting Specification".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::board {

[[noreturn]] void Exit(int code);

// The words of the emulator's command line, at most `words.size()`, in `buffer`. A blank inside a
// word travels as 0x1F. Returns how many; 0 if there is none or it does not fit.
size_t CommandLine(std::span<char> buffer, std::span<const char*> words);

// The value of the word "NAME=VALUE", or null.
const char* Argument(std::span<const char* const> words, const char* name);

class HostFile {
 public:
  enum Mode : uint32_t { kRead = 1, kWrite = 5 };  // "rb", "wb"

  HostFile() = default;
  static HostFile Open(const char* path, Mode mode);
  bool is_open() const { return handle_ >= 0; }
  int64_t Size();  // -1: unknown
  bool Seek(uint32_t offset);
  bool Read(std::span<std::byte> bytes);  // all of them, or false
  bool Write(std::span<const std::byte> bytes);
  void Close();

 private:
  int32_t handle_ = -1;
};

}  // namespace covey::board
