#!/usr/bin/env python3
"""Compiles every header alone (and twice, for its guard) with each compiler of its floor.

    headers.py ROOT BUILD [FILTER]     BUILD: a configured and built host folder; its flags are used

Device headers: g++ without exceptions and RTTI, and the Arm and RISC-V compilers if they are installed. Host headers:
g++. The porch: C11 and C++ for *.h. Each is compiled as a file of two lines through ccache, so a second run is quick.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import rooms as law

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
TOOLCHAINS = {
    "m33": ["arm-none-eabi-g++", "-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
    "m55": ["arm-none-eabi-g++", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"],
    "rv32": ["riscv64-unknown-elf-g++", "-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32", "--specs=picolibc.specs",
             "-isystem", "/usr/include/newlib/c++/12.2.1",
             "-isystem", "/usr/include/newlib/c++/12.2.1/arm-none-eabi/thumb/v7-m/nofp"],
}
DEVICE = ["-std=c++20", "-ffreestanding", "-fno-exceptions", "-fno-rtti"]


def include_flags(build):
    """{room: [-I..., -isystem..., -D...]}: what any source of the room is compiled with."""
    flags = {}
    database = build / "compile_commands.json"
    if not database.exists():
        return flags
    for entry in json.loads(database.read_text()):
        parts = pathlib.Path(entry["file"]).parts
        if "src" not in parts:
            continue
        room = parts[len(parts) - parts[::-1].index("src")]
        words, have = shlex.split(entry["command"]), flags.setdefault(room, [])
        for i, word in enumerate(words):
            if word == "-isystem" and [word, words[i + 1]] not in have:
                have.append([word, words[i + 1]])
            elif word.startswith(("-I", "-D")) and [word] not in have:
                have.append([word])
    return flags


def jobs_for(root, build):
    """Yields (name, header, command, suffix) for every header and compiler."""
    source = root / "src"
    rooms, _ = law.read_rooms(source / "ROOMS")
    base = [f"-I{source}", f"-I{root / 'include'}", f"-I{root / 'third_party' / 'nanopb'}"]
    host = {room: sum(lists, []) for room, lists in include_flags(build).items()}
    boards = {board: {room: sum(lists, []) for room, lists in include_flags(root / "build" / board).items()}
              for board in TOOLCHAINS}
    for path in law.sources_under(source):
        relative = path.relative_to(source)
        if path.suffix not in (".hpp", ".h") or relative.parts[0] not in rooms:
            continue
        name = relative.as_posix()
        room = rooms[relative.parts[0]]
        device = law.on_device_floor(relative, room)
        floor = ["-fno-exceptions", "-fno-rtti"] if device else []
        if not name.startswith(("kernels/dsp/", "kernels/mve/", "kernels/rv32/")):
            yield f"g++ {name}", name, ["g++", "-std=c++20", *floor, *base, *host.get(relative.parts[0], [])], ".cc"
        for board, compiler in TOOLCHAINS.items():
            if not device or not shutil.which(compiler[0]) or name.startswith("kernels/x86/"):
                continue
            only = {"kernels/dsp/": "m33", "kernels/mve/": "m55", "kernels/rv32/": "rv32"}
            mine = [one for folder, one in only.items() if name.startswith(folder)]
            # The M55 reads what the M33 reads, but for its own folder.
            if (mine and mine != [board]) or (board == "m55" and not mine):
                continue
            yield f"{board} {name}", name, [*compiler, *DEVICE, *base, *boards[board].get(relative.parts[0], [])], ".cc"
    yield from porch_jobs(root)


def porch_jobs(root):
    include = root / "include"
    for path in law.sources_under(include):
        name = path.relative_to(include).as_posix()
        yield f"g++ {name}", name, ["g++", "-std=c++20", f"-I{include}"], ".cc"
        if path.suffix == ".h":
            yield f"gcc {name}", name, ["gcc", "-std=c11", "-pedantic", f"-I{include}"], ".c"
            compiler = TOOLCHAINS["m33"]
            if shutil.which(compiler[0]):
                yield f"m33 {name}", name, ["arm-none-eabi-gcc", *compiler[1:], "-std=c11", f"-I{include}"], ".c"


def compile_alone(job, scratch):
    """Returns the compiler's complaint, or an empty text."""
    label, header, command, suffix = job
    unit = scratch / (label.replace("/", "_").replace(" ", "-").replace("+", "x") + suffix)
    text = f'#include "{header}"\n#include "{header}"\n'
    if not unit.exists() or unit.read_text() != text:
        unit.write_text(text)
    launcher = ["ccache"] if shutil.which("ccache") else []
    done = subprocess.run([*launcher, *command, *WARNINGS, "-O0", "-c", str(unit), "-o", f"{unit}.o"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return f"{label}:\n{done.stdout}" if done.returncode else ""


def main(argv):
    if len(argv) < 3:
        print(__doc__.splitlines()[2].strip(), file=sys.stderr)
        return 2
    root, build = pathlib.Path(argv[1]).resolve(), pathlib.Path(argv[2]).resolve()
    scratch = build / "headers"
    scratch.mkdir(parents=True, exist_ok=True)
    jobs = [job for job in jobs_for(root, build) if len(argv) < 4 or argv[3] in job[0]]
    for board, compiler in TOOLCHAINS.items():
        if not shutil.which(compiler[0]):
            print(f"note: {compiler[0]} is not installed; {board} left out")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda job: compile_alone(job, scratch), jobs) if text]
    print("\n".join(complaints) or f"{len(jobs)} compilations of a header alone: all pass")
    return 1 if complaints or not jobs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
