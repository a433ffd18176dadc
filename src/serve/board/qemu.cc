// How each board is emulated: machine, memory, network, and the stated cycle model.

#include <unistd.h>

#include <cstdlib>

#include "serve/board/board.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;

struct Emulation {
  const char* board;
  const char* description;
  const char* program;
  const char* package;
  std::vector<std::string> machine;
  std::vector<std::string> with_network, without_network;
  double cycles_per_instruction;
  double clock_hz;
};

// The cycle model is a statement, not a measurement. Instructions are exact; cycles per instruction
// follow from published MLPerf Tiny latencies of int8 networks divided by instruction counts of the
// same networks (means over four networks): 1.29 on a Cortex-M33 at 128 MHz (nRF5340), 1.58 on a
// Cortex-M4 at 120 MHz (STM32L4R5). For RV32IMC no such figures are known: 1.5 cycles at 160 MHz is
// an assumption for a short in-order pipeline (loads and taken branches cost two to three cycles).
// Nor for a Cortex-M55: 2 cycles at 160 MHz assume that a vector instruction takes its two beats,
// and that what overlaps makes up for scalar stalls.
const std::vector<Emulation>& Emulations() {
  static const std::vector<Emulation> emulations = {
      {"m33",
       "Cortex-M33 (QEMU mps2-an505)",
       "qemu-system-arm",
       "qemu-system-arm",
       {"-M", "mps2-an505"},
       {"-nic", "user"},
       {"-nic", "none"},
       1.3,
       128e6},
      {"m4",
       "Cortex-M4F (QEMU mps2-an386)",
       "qemu-system-arm",
       "qemu-system-arm",
       {"-M", "mps2-an386"},
       {"-nic", "user"},
       {"-nic", "none"},
       1.6,
       120e6},
      {"m55",
       "Cortex-M55 with Helium (QEMU mps3-an547)",
       "qemu-system-arm",
       "qemu-system-arm",
       {"-M", "mps3-an547"},
       {"-nic", "user"},
       {"-nic", "none"},
       2.0,
       160e6},
      {"rv32",
       "RV32IMC (QEMU virt, lowrisc-ibex)",
       "qemu-system-riscv32",
       "qemu-system-misc",
       {"-M", "virt", "-cpu", "lowrisc-ibex", "-m", "4M", "-bios", "none"},
       {"-global", "virtio-mmio.force-legacy=false", "-netdev", "user,id=n0", "-device",
        "virtio-net-device,netdev=n0"},
       {"-nic", "none"},
       1.5,
       160e6},
  };
  return emulations;
}

Result<const Emulation*> FindEmulation(const std::string& board, Diag& diag) {
  for (const Emulation& emulation : Emulations()) {
    if (emulation.board == board) return &emulation;
  }
  diag.Report(
      {.subject = board.c_str(), .problem = "no such board, expected m33, m4, m55 or rv32"});
  return Status(Code::kNotFound, "unknown board");
}

bool IsOnPath(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::string rest = path == nullptr ? "/usr/bin" : path;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    if (access((fs::path(rest.substr(0, colon)) / program).c_str(), X_OK) == 0) return true;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return false;
}

// QEMU separates options by commas (a doubled one is a comma), the firmware words by blanks.
std::string Escape(const std::string& argument) {
  std::string out;
  for (const char c : argument) {
    if (c == ',') out += ',';
    out += c == ' ' ? '\x1f' : c;
  }
  return out;
}

std::vector<fs::path> FirmwareRoots() {
  std::vector<fs::path> roots;
  if (const char* const set = std::getenv("COVEY_FIRMWARE"); set != nullptr && *set != '\0') {
    roots.emplace_back(set);
  }
  std::error_code error;
  // A program lies somewhere below build/host: look upwards for the folder that holds the boards'.
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; i < 6 && !folder.empty(); ++i, folder = folder.parent_path()) {
    roots.push_back(folder);
    roots.push_back(folder / "build");
  }
  roots.push_back(fs::current_path(error) / "build");
  return roots;
}

}  // namespace

std::vector<BoardInfo> Boards() {
  std::vector<BoardInfo> boards;
  for (const Emulation& emulation : Emulations()) {
    boards.push_back({emulation.board, emulation.description, emulation.cycles_per_instruction,
                      emulation.clock_hz});
  }
  return boards;
}

Result<fs::path> FindFirmware(const std::string& board, const std::string& app, Diag& diag) {
  COVEY_TRY_ASSIGN(const Emulation* const emulation, FindEmulation(board, diag));
  const std::string file = app + ".elf";
  std::error_code error;
  for (const fs::path& root : FirmwareRoots()) {
    for (const fs::path& path :
         {root / emulation->board / file, root / emulation->board / "firmware" / file}) {
      if (fs::is_regular_file(path, error)) return fs::absolute(path, error);
    }
  }
  const std::string problem =
      "no firmware; build it with: cmake --preset " + board + " && cmake --build --preset " +
      board + ", or set COVEY_FIRMWARE to the folder that holds " + board + "/" + file;
  diag.Report({.subject = file.c_str(), .problem = problem.c_str()});
  return Status(Code::kNotFound, "the board's firmware has not been built");
}

Result<std::vector<std::string>> QemuCommand(const std::string& board, const fs::path& firmware,
                                             std::span<const std::string> arguments, bool network,
                                             bool count_instructions, Diag& diag) {
  COVEY_TRY_ASSIGN(const Emulation* const emulation, FindEmulation(board, diag));
  if (!IsOnPath(emulation->program)) {
    const std::string problem =
        std::string("not found; install the Debian package ") + emulation->package;
    diag.Report({.subject = emulation->program, .problem = problem.c_str()});
    return Status(Code::kNotFound, "the emulator is not installed");
  }
  std::string semihosting = "enable=on,target=native,arg=" + Escape(firmware.stem().string());
  for (const std::string& argument : arguments) semihosting += ",arg=" + Escape(argument);

  std::vector<std::string> command = {emulation->program};
  const auto add = [&command](std::span<const std::string> words) {
    command.insert(command.end(), words.begin(), words.end());
  };
  add(emulation->machine);
  add(network ? emulation->with_network : emulation->without_network);
  command.insert(command.end(), {"-nographic", "-monitor", "none", "-serial", "stdio",
                                 "-semihosting-config", semihosting});
  if (count_instructions) command.insert(command.end(), {"-icount", "shift=7"});
  command.insert(command.end(), {"-kernel", firmware.string()});
  return command;
}

}  // namespace covey::serve
