"""Configurations of peers with many routes."""
import os
import pathlib
import sys
import tempfile
import tomllib
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import routes  # noqa: E402


class Routes(unittest.TestCase):
    def written(self, template):
        with open(os.path.join(ROOT, "bench", "peers", template), encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            text = routes.with_routes(text, template, 3, folder)
            return text, {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}

    def test_fairlead_gets_a_table_for_each_host_beside_the_one_for_everything(self):
        config = tomllib.loads(self.written("fairlead.toml")[0])
        hosts = [each.get("host") for each in config["route"]]
        self.assertEqual(hosts, [None, "r0.bench.example", "r1.bench.example", "r2.bench.example"])

    def test_haproxy_gets_a_map(self):
        text, files = self.written("haproxy.cfg")
        self.assertIn("use_backend %[req.hdr(host),field(1,:),lower,map_str(", text)
        self.assertEqual(files["hosts.map"].splitlines()[2], "r2.bench.example echo")

    def test_nginx_gets_a_map_that_decides_where_a_request_goes(self):
        text, _ = self.written("nginx.conf")
        self.assertIn("        r2.bench.example echo;", text)
        self.assertIn("proxy_pass http://$pool;", text)
        self.assertLess(text.index("map_hash_max_size"), text.index("map $"))


if __name__ == "__main__":
    unittest.main()
