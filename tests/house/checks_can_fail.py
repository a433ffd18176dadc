#!/usr/bin/env python3
"""Proves that each check of this folder can fail: feeds it a small tree or text that breaks one rule."""

import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import budgets
import headers
import rooms
import symbols

LAW = "core device -\nwire device core\nmicro device core wire\nserve host core wire\n"


class Tree(unittest.TestCase):
    """A repository of a few files in a temporary folder."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.write("src/ROOMS", LAW)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def one_breach(self, part):
        found = rooms.check(self.root)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])


class Rooms(Tree):
    def test_accepts_what_the_law_allows(self):
        self.write("src/core/a.hpp", "#include <cstdint>\n#include <span>\n")
        self.write("src/wire/b.cc", '#include "core/a.hpp"\n')
        self.write("src/wire/host/c.cc", '#include <vector>\n#include "wire/host/d.hpp"\n')
        self.write("src/wire/b_test.cc", "#include <gtest/gtest.h>\n#include <string>\n")
        self.write("src/micro/e.cc", '#include "covey/micro.h"\n')
        self.write("src/serve/f.cc", '#include "wire/host/d.hpp"\n#include "covey/covey.hpp"\n')
        self.write("include/covey/micro.h", "#include <stdint.h>\n")
        self.assertEqual(rooms.check(self.root), [])

    def test_refuses_a_room_that_is_not_on_the_line(self):
        self.write("src/core/a.cc", '#include <cstdint>\n#include "wire/b.hpp"\n')
        self.one_breach("src/core/a.cc:2: #include wire/b.hpp: room core may not include room wire")

    def test_refuses_a_hosted_header_on_the_device_floor(self):
        self.write("src/core/a.hpp", "#include <vector>\n")
        self.one_breach("hosted header")

    def test_refuses_a_c_header_on_the_device_floor(self):
        self.write("src/core/a.hpp", "#  include <string.h>\n")
        self.one_breach("hosted header")

    def test_refuses_a_host_folder_from_the_device_floor(self):
        self.write("src/wire/a.cc", '#include "wire/host/b.hpp"\n')
        self.one_breach("host/ folder")

    def test_refuses_a_parent_path(self):
        self.write("src/serve/a.cc", '#include "../core/b.hpp"\n')
        self.one_breach("never ../")

    def test_refuses_a_neighbour_without_its_room(self):
        self.write("src/core/b.hpp", "")
        self.write("src/core/a.cc", '#include "b.hpp"\n')
        self.one_breach('"core/b.hpp"')

    def test_refuses_the_porch_in_a_lower_room(self):
        self.write("src/wire/a.cc", '#include "covey/micro.h"\n')
        self.one_breach("may not include the porch")

    def test_refuses_the_host_porch_in_micro(self):
        self.write("src/micro/a.cc", '#include "covey/covey.hpp"\n')
        self.one_breach("only covey/micro.h")

    def test_refuses_a_device_extra_elsewhere(self):
        self.write("src/wire/rpc/a.cc", "#include <pb.h>\n")
        self.assertEqual(rooms.check(self.root), [])
        self.write("src/core/a.cc", "#include <pb.h>\n")
        self.one_breach("core/a.cc")

    def test_refuses_a_folder_that_is_no_room(self):
        self.write("src/util/a.cc", "")
        self.one_breach("not a room")

    def test_refuses_a_host_room_in_firmware(self):
        self.write("firmware/apps/a.cc", '#include "serve/a.hpp"\n')
        self.one_breach("may not include host room serve")

    def test_refuses_a_room_in_an_installed_header(self):
        self.write("include/covey/covey.hpp", '#include "core/a.hpp"\n')
        self.one_breach("may not include a room")

    def test_refuses_a_law_that_names_a_room_below(self):
        self.write("src/ROOMS", "core device wire\nwire device core\n")
        self.one_breach("core names wire, which is not above it")

    def test_refuses_a_device_room_on_a_host_room(self):
        self.write("src/ROOMS", "serve host -\nmicro device serve\n")
        self.one_breach("device room micro names host room serve")


class Headers(Tree):
    def complaints(self):
        scratch = self.root / "scratch"
        scratch.mkdir()
        found = [headers.compile_alone(job, scratch) for job in headers.jobs_for(self.root, self.root / "build/host")]
        return [text for text in found if text]

    def test_accepts_a_header_that_stands_alone(self):
        self.write("src/core/a.hpp", "#pragma once\n#include <cstdint>\ninline uint8_t One() { return 1; }\n")
        self.assertEqual(self.complaints(), [])

    def test_refuses_a_header_that_needs_another(self):
        self.write("src/core/a.hpp", "#pragma once\ninline uint8_t One() { return 1; }\n")
        self.assertTrue(any("uint8_t" in text for text in self.complaints()))

    def test_refuses_a_header_without_a_guard(self):
        self.write("src/core/a.hpp", "struct Twice {};\n")
        self.assertTrue(any("redefinition" in text for text in self.complaints()))

    def test_refuses_an_installed_header_that_is_not_c(self):
        self.write("include/covey/micro.h", "#pragma once\nnamespace covey {}\n")
        self.assertTrue(any(text.startswith("gcc") for text in self.complaints()))


class Symbols(unittest.TestCase):
    def refused(self, *names):
        return [name for _, name in symbols.breaches_in(names, symbols.REFUSED)]

    def test_refuses_each_kind(self):
        for name in ("malloc", "_malloc_r", "free", "calloc", "_sbrk", "_Znwj", "_Znam", "_ZdlPvj", "printf", "snprintf",
                     "_vfprintf_r", "__cxa_throw", "_ZTI5Thing", "__aeabi_dadd", "__aeabi_f2d", "__aeabi_cdcmple",
                     "__adddf3", "__muldf3", "__divdf3", "__extendsfdf2", "__fixdfsi", "__floatsidf", "exp", "round"):
            self.assertEqual(self.refused(name), [name])

    def test_accepts_what_is_allowed(self):
        self.assertEqual(self.refused("memcpy", "memset", "__aeabi_uldivmod", "__aeabi_idiv0", "__aeabi_fadd", "expf",
                                      "__aeabi_lmul", "__divdi3", "__addsf3", "_ZN5covey5ArenaC2Ev", "freeze"), [])

    def test_finds_a_heap_call_in_a_real_archive(self):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder) / "m33"
            build.mkdir()
            (build / "a.c").write_text("void* malloc(unsigned long);\nvoid* take(void) { return malloc(4); }\n")
            subprocess.run(["gcc", "-c", "-fno-builtin", "a.c", "-o", "a.o"], cwd=build, check=True)
            subprocess.run(["ar", "rc", "libcovey_core.a", "a.o"], cwd=build, check=True)
            found, files = symbols.check(build, "nm")
        self.assertEqual(files, 1)
        self.assertEqual(found, ["m33/libcovey_core.a[a.o]: malloc (heap) is used"])


MAP = """Discarded input sections
 .text          0x00000000       0x10 libcovey_micro.a(session.cc.obj)
Linker script and memory map
 .text._ZN5covey4SendEv
                0x10000100       0x40 libcovey_wire.a(frame.cc.obj)
 .rodata.str1.4 0x10000200       0x08 libcovey_micro.a(session.cc.obj)
 .bss.pool      0x38000000      0x400 libcovey_micro.a(session.cc.obj)
 .text          0x10000300      0x100 libcovey_kernels.a(conv.cc.obj)
 .text.pb_dec   0x00000000       0x99 libcovey_nanopb.a(pb_decode.c.obj)
 .text.pb_enc   0x10000400       0x20 libcovey_nanopb.a(pb_encode.c.obj)
"""


class Budgets(unittest.TestCase):
    def test_refuses_a_number_above_its_budget(self):
        row = {"text": 100, "data": 0, "bss": 50, "stack": 0}
        self.assertEqual(list(budgets.breaches({("m33", "a"): row}, {("m33", "a"): dict(row)})), [])
        found = list(budgets.breaches({("m33", "a"): row}, {("m33", "a"): {**row, "text": 101}}))
        self.assertEqual(found, ["m33,a: text is 101 bytes, budget 100"])

    def test_refuses_a_program_without_a_row(self):
        self.assertIn("no row", next(budgets.breaches({}, {("m33", "new"): dict.fromkeys(budgets.COLUMNS, 1)})))

    def test_counts_each_section_once(self):
        lines = ["section  size  addr", ".vectors 64 0", ".text 1000 64", ".data 20 536870912", ".bss 300 536870932",
                 ".stack 4096 536871232", ".debug_info 9999 0", ".ARM.attributes 46 0", "Total 15000"]
        self.assertEqual(budgets.measure_sections(lines), {"text": 1064, "data": 20, "bss": 300, "stack": 4096})

    def test_counts_only_linked_code_of_the_client(self):
        objects = ["libcovey_nanopb.a(", "libcovey_wire.a(frame.cc.o", "libcovey_micro.a(session.cc.o"]
        self.assertEqual(budgets.part_text(MAP, objects), 0x40 + 0x08 + 0x20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
