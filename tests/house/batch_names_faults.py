#!/usr/bin/env python3
"""tools/batch runs many tests in one process; whichever of them crashes, hangs or leaks is named, the others too."""

import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
import xml.etree.ElementTree as ElementTree

BATCH = pathlib.Path(__file__).resolve().parents[2] / "tools" / "batch"

# A program that takes the arguments of GoogleTest and prints its lines; a test does what its name says.
PROGRAM = r"""#!/usr/bin/env python3
import os, signal, sys
names = sys.argv[1].split("=", 1)[1].split(":")
failed = leaked = False
for name in names:
    print(f"[ RUN      ] {name}", flush=True)
    what, state = name.split(".")[1], "OK"
    if what == "Fails":
        print("because of this")
        state, failed = "FAILED", True
    if what == "Skips":
        print("a_test.cc:1: Skipped\nno data\n")
        state = "SKIPPED"
    if what == "Leaks": leaked = True
    if what == "LeaksBesideAnother" and len(names) > 1: leaked = True
    if what == "Crashes": print("in the middle of", flush=True); os.abort()
    if what == "Exits": sys.exit(0)
    if what == "Hangs": signal.pause()
    if what == "EndsOnALineOfItsOwn": sys.stdout.write("words without an end")
    print(f"[{state:>10}] {name} (1 ms)", flush=True)
if leaked: print("some bytes were lost")
sys.exit(23 if leaked else failed)
"""


class Batch(unittest.TestCase):
    def run_tests(self, *names, limit=300):
        """{name: (state, output)} of what tools/batch says of tests `Suite.NAME`, and its exit code."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            program = folder / "program"
            program.write_text(PROGRAM)
            program.chmod(0o755)
            (folder / "CTestTestfile.cmake").write_text("".join(textwrap.dedent(f"""\
                add_test([[{name}]] "{program}" "--gtest_filter={name}" "--gtest_also_run_disabled_tests")
                set_tests_properties([[{name}]] PROPERTIES TIMEOUT {limit})
                """) for name in (f"Suite.{name}" for name in names)))
            junit = folder / "junit.xml"
            ran = subprocess.run([sys.executable, BATCH, folder, "-j", "1", "--junit", junit, "--", "-LE", "none"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
            self.assertTrue(junit.exists(), ran.stdout)
            cases = list(ElementTree.parse(junit).getroot().iter("testcase"))
            found = {case.get("name").replace("Suite.", ""): (case.get("status"), case.findtext("system-out"))
                     for case in cases}
            self.assertEqual(len(found), len(cases), "a test has two results")
            self.assertEqual(ran.returncode, int(any(state == "fail" for state, _ in found.values())), ran.stdout)
            return found

    def states(self, *names, **options):
        return {name: state for name, (state, _) in self.run_tests(*names, **options).items()}

    def test_each_test_has_its_result(self):
        found = self.run_tests("Passes", "EndsOnALineOfItsOwn", "Fails", "Skips")
        self.assertEqual({name: state for name, (state, _) in found.items()},
                         {"Passes": "run", "EndsOnALineOfItsOwn": "run", "Fails": "fail", "Skips": "skipped"})
        self.assertIn("because of this", found["Fails"][1])
        self.assertTrue(re.search(r": Skipped\nno data", found["Skips"][1]))

    def test_a_crash_is_named_and_the_rest_goes_on(self):
        found = self.run_tests("Passes", "Crashes", "Passes2", "Passes3")
        self.assertEqual([name for name, (state, _) in found.items() if state == "fail"], ["Crashes"])
        self.assertEqual(len(found), 4)
        self.assertIn("in the middle of", found["Crashes"][1])

    def test_an_exit_in_the_middle_is_a_failure(self):
        self.assertEqual(self.states("Exits", "Passes", "Passes2"), {"Exits": "fail", "Passes": "run", "Passes2": "run"})

    def test_a_test_that_hangs_is_named(self):
        self.assertEqual(self.states("Passes", "Hangs", "Passes2", limit=1),
                         {"Passes": "run", "Hangs": "fail", "Passes2": "run"})

    def test_a_leak_is_traced_to_its_test(self):
        found = self.run_tests("Passes", "Leaks", "Passes2", "Passes3")
        self.assertEqual([name for name, (state, _) in found.items() if state == "fail"], ["Leaks"])
        self.assertIn("some bytes were lost", found["Leaks"][1])

    def test_a_fault_of_tests_together_is_no_success(self):
        states = self.states("Passes", "LeaksBesideAnother", "Passes2", "Passes3")
        self.assertEqual(sum(state == "fail" for state in states.values()), 1)
        self.assertEqual(sum(state == "run" for state in states.values()), 4)


if __name__ == "__main__":
    unittest.main()
