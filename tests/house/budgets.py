#!/usr/bin/env python3
"""Compares the size of each built program with tests/budgets.csv, and the client code with its limit.

    budgets.py ROOT          fails if a number is above its budget, or a built program has no row
    budgets.py ROOT --rows   prints the rows as measured, to paste into tests/budgets.csv

Columns: board,app,text,data,bss,stack in bytes. text is code and constants, data is initialised RAM, bss is zeroed
RAM without the stack, stack is what the linker reserves. Two rows are parts of the linked program `classify`, summed
over the sections that the linker map lists: `client` (wire/rpc, micro/session, nanopb) and `router` (micro/route,
micro/session/hedge).
"""

import csv
import pathlib
import re
import shutil
import subprocess
import sys

SIZES = {"m33": "arm-none-eabi", "m4": "arm-none-eabi", "m55": "arm-none-eabi",
         "rv32": "riscv64-unknown-elf"}
COLUMNS = ("text", "data", "bss", "stack")
# What a linker map calls the objects of a part: by the folders of their sources, and of whole libraries.
PARTS = {"client": ({"wire": ["rpc"], "micro": ["session"]}, ["libcovey_nanopb.a("]),
         "router": ({"micro": ["route", "session/hedge"]}, [])}
CODE_SECTION = re.compile(r"^ ?\.(text|rodata|data\.rel\.ro|ARM\.exidx|init_array|srodata)\b")


def read_budgets(path):
    """{(board, app): {column: bytes}}"""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {(row["board"], row["app"]): {c: int(row[c] or 0) for c in COLUMNS} for row in csv.DictReader(lines)}


def measure_sections(objdump_lines):
    """Adds up `size -A` lines: (text, data, bss, stack)."""
    sizes = dict.fromkeys(COLUMNS, 0)
    for line in objdump_lines:
        words = line.split()
        if len(words) < 3 or not words[0].startswith(".") or not words[1].isdigit():
            continue
        name, size = words[0], int(words[1])
        if name.startswith((".debug", ".comment", ".ARM.attributes", ".riscv.attributes", ".symtab", ".strtab")):
            continue
        kind = ("stack" if "stack" in name else "bss" if name.startswith((".bss", ".sbss", ".noinit", ".arena", ".heap"))
                else "data" if name.startswith((".data", ".sdata")) else "text")
        sizes[kind] += size
    return sizes


def measure_program(prefix, elf):
    text = subprocess.run([f"{prefix}-size", "-A", "-d", str(elf)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return measure_sections(text.splitlines())


def part_objects(root, part):
    """What a linker map calls the part's objects: `libcovey_<room>.a(<file>.cc.o`, and whole libraries."""
    part_folders, libraries = PARTS[part]
    names = list(libraries)
    for room, folders in part_folders.items():
        for folder in folders:
            names += [f"libcovey_{room}.a({path.name}.o" for path in sorted((root / "src" / room / folder).glob("*.cc"))]
    return names


def part_text(map_text, objects):
    """Bytes of code and constants that the linker took from these objects, by its map."""
    total, pending = 0, False
    _, _, memory_map = map_text.partition("Linker script and memory map")
    for line in memory_map.splitlines():
        starts_section = CODE_SECTION.match(line) is not None
        found = re.match(r"^.*?\s0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", line)
        if found and (starts_section or pending):
            address, size, source = int(found.group(1), 16), int(found.group(2), 16), found.group(3)
            if address and any(name in source for name in objects):
                total += size
            pending = False
        else:
            pending = starts_section and not found  # A long section name stands on a line of its own.
    return total


def measure(root):
    """{(board, app): {column: bytes}} of everything that is built."""
    sizes = {}
    for board, prefix in SIZES.items():
        if not shutil.which(f"{prefix}-size"):
            continue
        for elf in sorted((root / "build" / board / "firmware").rglob("*.elf")):
            sizes[board, elf.stem] = measure_program(prefix, elf)
            map_file = elf.with_name(elf.name + ".map")
            if elf.stem == "classify" and map_file.exists():
                map_text = map_file.read_text(errors="replace")
                for part in PARTS:
                    text = part_text(map_text, part_objects(root, part))
                    sizes[board, part] = {**dict.fromkeys(COLUMNS, 0), "text": text}
    return sizes


def breaches(budgets, sizes):
    """Yields a line for each number above its budget and for each program without a row."""
    for (board, app), measured in sizes.items():
        if (board, app) not in budgets:
            yield f"{board},{app}: no row in tests/budgets.csv; measured {','.join(str(measured[c]) for c in COLUMNS)}"
            continue
        for column in COLUMNS:
            budget = budgets[board, app][column]
            if measured[column] > budget:
                yield f"{board},{app}: {column} is {measured[column]} bytes, budget {budget}"


def main(argv):
    root = pathlib.Path(argv[1]).resolve()
    sizes = measure(root)
    if "--rows" in argv:
        for (board, app), measured in sizes.items():
            print(f"{board},{app}," + ",".join(str(measured[c]) for c in COLUMNS))
        return 0
    if not sizes:
        print("SKIPPED: firmware: no board is built")
        return 77
    found = list(breaches(read_budgets(root / "tests" / "budgets.csv"), sizes))
    for (board, app), measured in sizes.items():
        print(f"{board:5} {app:10} " + "  ".join(f"{c} {measured[c]}" for c in COLUMNS))
        if app in PARTS and measured["text"] == 0:
            found.append(f"{board},{app}: the linker map lists no code of it; expected {PARTS[app]}")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
