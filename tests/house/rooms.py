#!/usr/bin/env python3
"""Checks every #include against src/ROOMS and the rules of the two floors.

    rooms.py [ROOT]          prints each breach as file:line: what was found, what was expected

A room includes itself and the rooms its line names. A folder host/ in a device room, and its tests, fuzzers and
benchmarks, are host floor. The device floor includes no hosted header.
"""

import dataclasses
import pathlib
import re
import sys

FREESTANDING = {"cstdint", "cstddef", "span", "array", "bit", "limits", "type_traits", "concepts", "optional"}
# What a part of the device floor may include beyond that: third-party or generated headers for the device.
DEVICE_EXTRAS = {
    "wire/rpc": {"pb.h", "pb_encode.h", "pb_decode.h", "covey.nanopb.h"},
    "kernels/dsp": {"arm_acle.h"},
    "kernels/mve": {"arm_mve.h"},
    "kernels/x86": {"immintrin.h"},
}
# Who may include the porch; None stands for all of it.
PORCH = {"micro": {"covey/micro.h"}, "serve": None, "api": None}
PORCH_C_HEADERS = {"stdbool.h", "stddef.h", "stdint.h"}
SOURCES = {".cc", ".hpp", ".h", ".c", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclasses.dataclass
class Room:
    floor: str
    may_include: set


def read_rooms(path):
    """Returns ({room: Room}, [breach]) of a ROOMS file: a line may name only rooms above it."""
    rooms, breaches = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) < 3 or words[1] not in ("device", "host"):
            breaches.append(f"{path}:{number}: expected `room device|host rooms...`, found `{line}`")
            continue
        name, floor, others = words[0], words[1], set(words[2:]) - {"-"}
        for other in sorted(others - set(rooms)):
            breaches.append(f"{path}:{number}: room {name} names {other}, which is not above it")
        for other in sorted(others & set(rooms)):
            if floor == "device" and rooms[other].floor == "host":
                breaches.append(f"{path}:{number}: device room {name} names host room {other}")
        rooms[name] = Room(floor, others)
    return rooms, breaches


def on_device_floor(relative, room):
    """True for a file (seen from src/) that is linked into firmware."""
    hosted_stem = relative.stem.endswith(("_test", "_fuzz", "_bench"))
    return room.floor == "device" and "host" not in relative.parts[:-1] and not hosted_stem


def includes(path):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) == '"', found.group(2)


def device_extras(relative):
    return set().union(*(extra for folder, extra in DEVICE_EXTRAS.items() if relative.as_posix().startswith(folder + "/")))


def check_porch(name, target):
    """Why a room may not include a header of include/covey, or None."""
    if name not in PORCH:
        return f"room {name} may not include the porch ({', '.join(sorted(PORCH))} may)"
    allowed = PORCH[name]
    if allowed is not None and target not in allowed:
        return f"room {name} may include of the porch only {', '.join(sorted(allowed))}"
    return None


def check_room_include(rooms, name, relative, target):
    """Why the file may not include "target", a path with a room's name in front, or None."""
    other = target.split("/")[0]
    if other != name and other not in rooms[name].may_include:
        return f"room {name} may not include room {other} (src/ROOMS)"
    if on_device_floor(relative, rooms[name]) and "host" in target.split("/")[:-1]:
        return "a file of the device floor may not include a host/ folder"
    return None


def check_file(rooms, source, path):
    """Yields `line, breach` for one file of src/."""
    relative = path.relative_to(source)
    name = relative.parts[0]
    device = on_device_floor(relative, rooms[name])
    for number, quoted, target in includes(path):
        first = target.split("/")[0]
        why = None
        if ".." in target.split("/"):
            why = "an include is a path from src/, never ../"
        elif first == "covey" and "/" in target:
            why = check_porch(name, target)
        elif first in rooms and "/" in target:
            why = check_room_include(rooms, name, relative, target)
        elif quoted and "/" not in target and (path.parent / target).exists():
            why = f'an include is a path from src/: "{relative.parent.as_posix()}/{target}"'
        elif device and target not in FREESTANDING | device_extras(relative):
            why = f"hosted header on the device floor; allowed: {', '.join(sorted(FREESTANDING))}"
        if why:
            yield number, f"#include {target}: {why}"


def check_outside(root, rooms, folder):
    """Yields `path, line, breach` for firmware/, which is on the device floor as far as rooms go."""
    for path in sources_under(root / folder):
        for number, _, target in includes(path):
            parts = target.split("/")
            if ".." in parts:
                yield path, number, f"#include {target}: an include is a room's path, never ../"
            elif parts[0] in rooms and len(parts) > 1 and rooms[parts[0]].floor == "host":
                yield path, number, f"#include {target}: {folder}/ may not include host room {parts[0]}"
            elif parts[0] in rooms and "host" in parts[:-1]:
                yield path, number, f"#include {target}: {folder}/ may not include a host/ folder"


def check_porch_headers(root, rooms):
    """The porch stands alone: whoever installs include/covey has nothing else."""
    for path in sources_under(root / "include"):
        for number, _, target in includes(path):
            first = target.split("/")[0]
            if first in rooms and "/" in target or ".." in target.split("/"):
                yield path, number, f"#include {target}: an installed header may not include a room"
            elif path.suffix == ".h" and first != "covey" and target not in PORCH_C_HEADERS:
                yield path, number, f"#include {target}: expected one of {', '.join(sorted(PORCH_C_HEADERS))}"


def sources_under(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in SOURCES and p.is_file())


def check(root):
    """Returns every breach of the law in the tree as lines of text."""
    source = root / "src"
    rooms, breaches = read_rooms(source / "ROOMS")
    if breaches:
        return breaches
    for path in sources_under(source):
        if path.relative_to(source).parts[0] not in rooms:
            breaches.append(f"{path.relative_to(root)}: its folder is not a room of src/ROOMS")
            continue
        breaches += [f"{path.relative_to(root)}:{number}: {why}" for number, why in check_file(rooms, source, path)]
    others = [*check_outside(root, rooms, "firmware"), *check_porch_headers(root, rooms)]
    breaches += [f"{path.relative_to(root)}:{number}: {why}" for path, number, why in others]
    return breaches


def main(argv):
    root = pathlib.Path(argv[1] if len(argv) > 1 else ".").resolve()
    breaches = check(root)
    print("\n".join(breaches) or "every include keeps src/ROOMS")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
