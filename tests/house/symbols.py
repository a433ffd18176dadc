#!/usr/bin/env python3
"""Looks for what the device floor must not use: a heap, printf, exceptions, double precision.

    symbols.py ROOT [BOARD...]     reads the archives build/BOARD/**/libcovey_*.a and the programs *.elf

A name is refused where an archive refers to it (nm, undefined symbols), and where a program contains it. Programs may
contain double-precision helpers only through code that is not ours, so those are looked for in archives alone.
"""

import pathlib
import re
import shutil
import subprocess
import sys

HEAP = r"_?(malloc|calloc|realloc|free|memalign)(_r)?|_sbrk(_r)?|aligned_alloc|posix_memalign|_Zn[wa]\w+|_Zd[la]\w+"
PRINTF = r"_?(v?[fs]n?i?printf|v?i?printf|puts|putchar|s?scanf)(_r|_float)?|__[sd]printf|_dtoa_r|_printf_\w+"
EXCEPTIONS = r"__cxa_(throw|allocate_exception|begin_catch|rethrow|guard_acquire|atexit)|_Unwind_\w+|__gxx_personality\w*|_ZTI\w+|__dynamic_cast"
DOUBLES = (r"__aeabi_(d(?!iv0)\w+|[a-z]+2d|cd\w+)|__(add|sub|mul|div|neg|cmp|eq|ne|lt|le|gt|ge|unord)df[23]"
           r"|__(fix|fixuns)df\w+|__float(un)?[sd]idf|__extendsfdf2|__truncdfsf2"
           r"|(exp|exp2|log|log2|pow|sqrt|sin|cos|tan|tanh|floor|ceil|round|lround|rint|ldexp|frexp|fmod|atan2?)")
REFUSED = {
    "heap": re.compile(f"^({HEAP})$"),
    "printf": re.compile(f"^({PRINTF})$"),
    "exceptions or RTTI": re.compile(f"^({EXCEPTIONS})$"),
    "double precision": re.compile(f"^({DOUBLES})$"),
}
TOOLS = {"m33": "arm-none-eabi-nm", "m4": "arm-none-eabi-nm", "m55": "arm-none-eabi-nm",
         "rv32": "riscv64-unknown-elf-nm"}


def breaches_in(names, kinds):
    """Yields (kind, name) for every refused name."""
    for name in sorted(set(names)):
        for kind in kinds:
            if REFUSED[kind].match(name):
                yield kind, name


def read_symbols(nm, path, undefined):
    """{member: [names]} of an archive or program: the names it refers to, or all it contains."""
    flags = ["--undefined-only"] if undefined else ["--defined-only"]
    text = subprocess.run([nm, *flags, "--format=posix", str(path)], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    members, member = {}, path.name
    for line in text.splitlines():
        header = re.match(r".*\[(.+)\]:$", line)
        if header:
            member = f"{path.name}[{header.group(1)}]"
        elif line.strip():
            members.setdefault(member, []).append(line.split()[0])
    return members


def check(build, nm):
    """Returns (breaches, number of files read) of one board's build folder."""
    breaches, files = [], 0
    archive_kinds, program_kinds = list(REFUSED), ["heap", "printf", "exceptions or RTTI"]
    for path in [*sorted(build.rglob("libcovey_*.a")), *sorted(build.rglob("*.elf"))]:
        archive = path.suffix == ".a"
        files += 1
        for member, names in read_symbols(nm, path, undefined=archive).items():
            for kind, name in breaches_in(names, archive_kinds if archive else program_kinds):
                breaches.append(f"{build.name}/{member}: {name} ({kind}) is {'used' if archive else 'linked'}")
    return breaches, files


def main(argv):
    root = pathlib.Path(argv[1]).resolve()
    breaches, read = [], 0
    for board in argv[2:] or TOOLS:
        build = root / "build" / board
        if not shutil.which(TOOLS[board]) or not any(build.rglob("libcovey_*.a")):
            print(f"note: {build.relative_to(root)} is not built; left out")
            continue
        found, files = check(build, TOOLS[board])
        breaches += found
        read += files
    if not read:
        print("SKIPPED: firmware: no board is built")
        return 77
    print("\n".join(breaches) or f"{read} archives and programs: no heap, printf, exceptions or double precision")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
