"""What the binary and the units of systemd are hardened with, as readelf and systemd-analyze see it."""
import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest

from harness.documented_metrics import ROOT
from harness.proxy import BINARY

UNITS = ("systemd/fairlead.service", "npath/fairlead-npath.service")
RELEASED = os.environ.get("FAIRLEAD_RELEASED", os.path.join(ROOT, "build/bench/fairlead"))  # as people run it


def readelf(*arguments, binary=BINARY):
    command = ["readelf", "--wide", *arguments, binary]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Binary(unittest.TestCase):
    def test_it_is_loaded_at_an_address_of_chance(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN \(Position-Independent Executable file\)")

    def test_its_relocations_are_done_at_the_start_and_read_only_then(self):
        self.assertRegex(readelf("--program-headers"), r"\bGNU_RELRO\b")
        flags = readelf("--dynamic")
        self.assertRegex(flags, r"FLAGS_1\).*\bNOW\b")

    def test_nothing_that_can_be_written_is_executed_not_even_the_stack(self):
        headers = readelf("--program-headers")
        rights = re.findall(r"^\s+(LOAD|GNU_STACK)(?:\s+0x\w+){5}\s+([RWE ]{3})", headers, re.MULTILINE)
        self.assertIn("GNU_STACK", dict(rights))
        for segment, right in rights:
            self.assertFalse("W" in right and "E" in right, f"{segment} {right}")

    def test_it_looks_for_libraries_where_the_system_has_them(self):
        self.assertNotRegex(readelf("--dynamic"), r"\((RPATH|RUNPATH)\)")

    @unittest.skipUnless(os.path.exists(RELEASED), "what people run has not been built")
    def test_what_people_run_guards_its_stack_and_its_copies(self):
        names = set(re.findall(r"\b__\w+(?=@GLIBC)", readelf("--dyn-syms", binary=RELEASED)))
        self.assertIn("__stack_chk_fail", names)
        self.assertTrue({"__memcpy_chk", "__recv_chk"} & names, names)
        if platform.machine() == "x86_64":
            with open(RELEASED, "rb") as file:  # where an indirect call may land (CET)
                self.assertGreater(file.read().count(b"\xf3\x0f\x1e\xfa"), 1000, "endbr64")


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
class Units(unittest.TestCase):
    def analyze(self, *arguments):
        return subprocess.run(
            ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder.name
        )  # fmt: skip

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-units-")
        self.addCleanup(self.folder.cleanup)
        for unit in UNITS:
            with open(os.path.join(ROOT, "deploy", unit)) as file:
                text = file.read().replace("/usr/local/bin/fairlead", os.path.abspath(BINARY))
            with open(os.path.join(self.folder.name, os.path.basename(unit)), "w") as file:
                file.write(text)

    def test_systemd_understands_every_line(self):
        for unit in UNITS:
            done = self.analyze("verify", "--man=no", f"./{os.path.basename(unit)}")
            said = [line for line in (done.stdout + done.stderr).splitlines() if "fairlead" in line]
            self.assertEqual(said, [])

    def test_little_is_exposed(self):
        for unit in UNITS:
            done = self.analyze("security", "--offline=true", "--no-pager", f"./{os.path.basename(unit)}")
            level = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
            self.assertTrue(level, done.stdout + done.stderr)
            self.assertLess(float(level[1]), 2.0, unit)

    def test_the_filter_lets_the_handshake_threads_have_their_priority(self):
        with open(os.path.join(ROOT, "deploy", UNITS[0])) as file:
            text = file.read()
        self.assertIn("SystemCallFilter=@system-service", text)
        self.assertNotIn("@resources", text)


if __name__ == "__main__":
    unittest.main()
