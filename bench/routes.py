"""The configuration of a peer with many routes, each for a host of its own, in the way that suits it best.

Fairlead gets that many [[route]] tables, HAProxy and nginx a map, which is a tree or a hash table: what
somebody would write who has that many hosts. All lead to the one backend, so that only the choice differs.
"""


def hosts(count):
    return [f"r{number}.bench.example" for number in range(count)]


def _fairlead(text, names, _):
    return text + "".join(f'\n[[route]]\nhost = "{name}"\npool = "echo"\n' for name in names)


def _haproxy(text, names, directory):
    file = directory / "hosts.map"
    file.write_text("".join(f"{name} echo\n" for name in names), encoding="utf-8")
    rule = f"    use_backend %[req.hdr(host),field(1,:),lower,map_str({file},echo)]\n"
    return text.replace("    default_backend echo\n", rule + "    default_backend echo\n")


def _nginx(text, names, _):
    lines = "".join(f"        {name} echo;\n" for name in names)
    sizes = "    map_hash_max_size 65536;\n    map_hash_bucket_size 128;\n"  # ahead of the first map
    text = text.replace("    map $http_upgrade", sizes + "    map $http_upgrade")
    table = f"    map $host $pool {{\n        default echo;\n{lines}    }}\n\n    upstream echo {{"
    text = text.replace("    upstream echo {", table)
    return text.replace("proxy_pass http://echo;", "proxy_pass http://$pool;")


def with_routes(text, template, count, directory):
    """The text of a configuration file, which has one route for everything, with `count` more."""
    write = {"fairlead.toml": _fairlead, "haproxy.cfg": _haproxy, "nginx.conf": _nginx}[template]
    return write(text, hosts(count), directory)
