#!/usr/bin/env python3
"""Builds an example as a stranger would, outside the tree, and runs it where it can run.

    build.py host|firmware ROOT BUILD     BUILD: a built host folder
"""

import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib


def run(*words):
    done = subprocess.run(list(map(str, words)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def ccache(launcher):
    return [f"-DCMAKE_{language}_COMPILER_LAUNCHER={launcher}" for language in ("C", "CXX")] if launcher else []


def configure_and_build(source, to, *more):
    run("cmake", "-S", source, "-B", to, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *ccache(shutil.which("ccache")), *more)
    run("cmake", "--build", to)


def png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes([7 * y % 256] * 3 * width) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def host(root, build, work):
    run("cmake", "--install", build, "--prefix", work / "covey")
    configure_and_build(root / "examples/host", work / "build", f"-DCMAKE_PREFIX_PATH={work / 'covey'}")
    (work / "picture.png").write_bytes(png(32, 32))
    run(work / "covey/bin/covey", "compile", root / "models/shapes/device/model.onnx", "-o", work / "net.covey")
    said = run(work / "build/picture_teller", work / "net.covey", work / "picture.png")
    if not said.rstrip().endswith("from local"):
        sys.exit(f"picture_teller said '{said}', expected a class 'from local'")


def firmware(root, build, work):
    if not shutil.which("arm-none-eabi-g++"):
        print("arm-none-eabi-g++ is not installed")
        sys.exit(77)
    configure_and_build(root / "examples/firmware", work / "build", f"-DCOVEY_SOURCE={root}")
    names = run("arm-none-eabi-nm", work / "build/doorbell")
    for name in ("covey_classify", "main"):
        if f" T {name}\n" not in names:
            sys.exit(f"doorbell holds no {name}")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("host", "firmware"):
        sys.exit(__doc__)
    root, build = map(pathlib.Path, sys.argv[2:])
    with tempfile.TemporaryDirectory(prefix="covey_example") as work:
        {"host": host, "firmware": firmware}[sys.argv[1]](root, build, pathlib.Path(work))


main()
