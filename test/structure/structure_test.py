"""The rules of the house that can be read off the files: sizes, names, and who may include whom."""
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MAX_LINES = 400
MAX_COLUMNS = 110
CODE = (".cpp", ".hpp", ".py", ".mjs")
FOLDERS = ("conf", "metrics", "tls", "proxy", "test", "bench")
NOT_OURS = {"node_modules", "__pycache__", "build"}
FORBIDDEN_NAMES = {"util", "utils", "common", "helper", "helpers", "manager", "managers", "base", "misc"}

# What a folder may include of this project, and which folders may include a library.
PROJECT_EDGES = {
    "conf": {"conf"},
    "metrics": {"metrics"},
    "tls": {"tls"},
    "proxy": {"proxy", "conf", "metrics", "tls"},
}
LIBRARY_OWNERS = {
    "toml++": {"conf"},
    "prometheus": {"metrics"},
    "openssl": {"tls"},
    "boost": {"proxy", "tls"},
    "spdlog": {"proxy"},
    "re2": {"conf", "proxy"},
    "CLI": {"proxy"},
    "xxhash.h": {"proxy"},
    "ares.h": {"proxy"},
    "zlib.h": {"proxy"},
    "crypt.h": {"proxy"},
    "cap-ng.h": {"proxy"},
    "seccomp.h": {"proxy"},
}

# Where the bytes of a socket or of OpenSSL get another type; nowhere else does anything.
CAST_SEAMS = {
    "proxy/net/address.cpp",  # sockaddr
    "proxy/websocket/relay.cpp",  # epoll's word, which names a tunnel
    "tls/certificate_facts.cpp",
    "tls/handshake_facts.cpp",
    "tls/ocsp_staple.cpp",
    "tls/octets.hpp",
    "tls/record_protection.cpp",
    "tls/wire.cpp",
}
CAST = "reinterpret_" + "cast"

# Inside proxy: what decides does no I/O, and nothing below the server knows it.
PURE_FOLDERS = {"proxy/routing", "proxy/plan", "proxy/health", "proxy/status"}
ASIO = re.compile(r"^(boost/(asio|beast)/|proxy/net/stream)")
TOP_FOLDERS = {"proxy/server", "proxy/cli", "proxy/demo"}

_include = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def files(*suffixes, folders=FOLDERS):
    """Paths relative to the root."""
    for top in folders:
        for folder, subfolders, names in os.walk(os.path.join(ROOT, top)):
            subfolders[:] = [name for name in subfolders if name not in NOT_OURS]
            for name in names:
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def includes(path):
    return _include.findall(read(path))


class StructureCase(unittest.TestCase):
    def expect_none(self, offenders):
        if offenders:
            self.fail("\n" + "\n".join(map(str, offenders)))


class Files(StructureCase):
    def test_no_file_is_longer_than_400_lines(self):
        self.expect_none([path for path in files(*CODE) if read(path).count("\n") > MAX_LINES])

    def test_no_line_is_longer_than_110_columns(self):
        wide = [
            f"{path}:{number}"
            for path in files(*CODE)
            for number, line in enumerate(read(path).split("\n"), 1)
            if len(line) > MAX_COLUMNS
        ]
        self.expect_none(wide)

    def test_names_say_what_is_inside(self):
        named = [path for path in files(*CODE) if FORBIDDEN_NAMES & set(re.split(r"[_./-]", path.lower()))]
        self.expect_none(named)

    def test_names_are_snake_case(self):
        odd = [path for path in files(".cpp", ".hpp", ".py") if not re.fullmatch(r"[a-z0-9_/]+\.\w+", path)]
        self.expect_none(odd)

    def test_nothing_is_left_to_be_done(self):
        marker = re.compile(r"\b(TO[D]O|FIX[M]E|X{3}|HA[C]K)\b")
        self.expect_none([path for path in files(*CODE) if marker.search(read(path))])

    def test_bytes_change_their_type_only_at_the_seams(self):
        having = {path for path in files(".cpp", ".hpp", folders=PROJECT_EDGES) if CAST in read(path)}
        self.assertEqual(having, CAST_SEAMS)

    def test_every_test_mirrors_a_file_or_a_folder(self):
        self.expect_none([path for path in files("_test.cpp", folders=("test",)) if not mirrored(path)])


def mirrored(path):
    """What `test/a/head_limits_test.cpp` tests: a/head_limits, or a part of a/head."""
    folder, name = os.path.split(path.removeprefix("test/"))
    words = name.removesuffix("_test.cpp").split("_")
    while words:
        subject = os.path.join(ROOT, folder, "_".join(words))
        if any(os.path.exists(subject + suffix) for suffix in (".hpp", ".cpp", "")):
            return True
        words.pop()
    return False


class Headers(StructureCase):
    def test_each_begins_with_its_contract_and_has_pragma_once(self):
        bad = []
        for path in files(".hpp", folders=("conf", "metrics", "tls", "proxy")):
            text = read(path)
            if text.count("#pragma once") != 1 or not text.startswith("//"):
                bad.append(path)
        self.expect_none(bad)

    def test_none_opens_a_namespace_for_its_includers(self):
        self.expect_none(
            [path for path in files(".hpp") if re.search(r"^\s*using namespace", read(path), re.M)]
        )


class Includes(StructureCase):
    def edges(self):
        """(file, folder, included) for every include of the four folders."""
        for path in files(".cpp", ".hpp", folders=PROJECT_EDGES):
            for included in includes(path):
                yield path, path.split("/")[0], included

    def test_folders_include_only_what_lies_below_them(self):
        wrong = [
            (path, included)
            for path, folder, included in self.edges()
            if (top := included.split("/")[0]) in PROJECT_EDGES and top not in PROJECT_EDGES[folder]
        ]
        self.expect_none(wrong)

    def test_libraries_stay_in_the_folders_that_own_them(self):
        wrong = [
            (path, included)
            for path, folder, included in self.edges()
            if folder not in LIBRARY_OWNERS.get(included.split("/")[0], {folder})
        ]
        self.expect_none(wrong)

    def test_headers_of_conf_that_others_include_reach_only_std_and_each_other(self):
        seen, queue = set(), [
            included
            for _, folder, included in self.edges()
            if folder != "conf" and included.startswith("conf/")
        ]
        while queue:
            path = queue.pop()
            if path in seen:
                continue
            seen.add(path)
            for included in includes(path):
                self.assertNotIn("toml++", included, f"{path} is included from outside conf")
                if included.startswith("conf/"):
                    queue.append(included)

    def test_what_decides_does_no_io(self):
        wrong = [
            (path, included)
            for path, _, included in self.edges()
            if os.path.dirname(path) in PURE_FOLDERS and ASIO.match(included)
        ]
        self.expect_none(wrong)

    def test_nothing_below_the_server_includes_it(self):
        wrong = [
            (path, included)
            for path, _, included in self.edges()
            if os.path.dirname(included) in TOP_FOLDERS
            and os.path.dirname(path) not in TOP_FOLDERS | {"proxy"}
        ]
        self.expect_none(wrong)

    def test_npath_is_a_process_of_its_own_that_the_data_path_does_not_know(self):
        own = "proxy/npath"
        wrong = [
            (path, included)
            for path, _, included in self.edges()
            if os.path.dirname(included) == own and os.path.dirname(path) not in {own, "proxy/cli"}
            or os.path.dirname(path) == own
            and included.startswith("proxy/")
            and os.path.dirname(included) not in {own, "proxy/net", "proxy/health"}
            and included != "proxy/upstream/maglev_table.hpp"  # a pure function, which pools use too
        ]
        self.expect_none(wrong)

    def test_project_includes_name_files_that_exist(self):
        gone = [
            (path, included)
            for path, _, included in self.edges()
            if included.split("/")[0] in PROJECT_EDGES and not os.path.exists(os.path.join(ROOT, included))
        ]
        self.expect_none(gone)


class Commands(unittest.TestCase):
    def test_the_readme_names_the_two_commands(self):
        text = read("README.md")
        self.assertIn("make run", text)
        self.assertIn("make test", text)

    def test_ci_runs_make_test(self):
        self.assertIn("make test", read(".ci/run"))


if __name__ == "__main__":
    unittest.main()
