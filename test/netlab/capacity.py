#!/usr/bin/python3
"""How many connections each mode holds, against what a narrow range of ports could hold in theory.

    client 10.1.0.2 - front - 10.1.0.1 proxy 10.2.0.1 - back - 10.2.0.2 backend

Every row of SCENARIOS is a lab of its own: tunnels are opened through one or several Fairleads until all
refuse, and what the backend holds is compared. On the way no dial may fail, nor a port be found in foreign
use.
Exit code: 0 every promise is held; 1 one is not; 2 wrong arguments.
"""
import argparse
import dataclasses
import os
import sys
import time
import typing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from harness.case import pool, route  # noqa: E402
from harness.connection import connect  # noqa: E402
from harness.frames import upgrade_request  # noqa: E402
from harness.lab import Lab, enter_lab  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.tunnel_backend import TunnelBackend  # noqa: E402

LEDGER_FIRST = 20_000  # below the kernel's range
KERNEL_FIRST = 40_000  # in it
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/transparent/install.sh")

EXACT = 0.999
KERNEL = 0.98  # where it is refused by count


def in_ledger(ports):
    return {"ports": f'"{LEDGER_FIRST}-{LEDGER_FIRST + ports - 1}"'}


def in_kernel(ports):
    return {"ports": f'"{KERNEL_FIRST}-{KERNEL_FIRST + ports - 1}"', "port_selection": '"kernel"'}


def narrow_kernel_range(host, ports):
    host.sysctl("net.ipv4.ip_local_port_range", f'"{KERNEL_FIRST} {KERNEL_FIRST + ports - 1}"')


def add_routed_prefix(lab):
    """The prefix is the proxy's as a whole (AnyIP): routed to it, none of its addresses on an interface."""
    lab.proxy.ip("-6 route add local fd99::/126 dev lo")
    lab.backend.ip("-6 route add fd99::/126 via fd02::1")


def install_transparent_rules(lab):
    lab.proxy.run("sh", "-eu", RULES)
    lab.backend.ip("route add default via 10.2.0.1")


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    source: str = ""  # the pool's, as TOML text; none: the kernel's address and port
    spaces: int = 1  # tuple spaces of that many ports each
    promise: float = EXACT
    keys: typing.Callable = lambda ports: {}  # further ones of the pool
    backends: int = 1
    backend_ports: int = 1  # of each, as one entry of the pool
    replicas: int = 1
    is_v6: bool = False
    narrows_kernel: bool = False  # its range to the ports of the run
    prepare: typing.Callable = lambda lab: None


SCENARIOS = [
    Scenario("ledger, 1 source", '["10.2.0.50"]', keys=in_ledger),
    Scenario("ledger, 3 sources", '["10.2.0.50", "10.2.0.52/31"]', spaces=3, keys=in_ledger),
    Scenario("ledger, 1 source, 2 backend addresses", '["10.2.0.50"]', spaces=2, backends=2, keys=in_ledger),
    Scenario("ledger, 1 source, 1 backend with 3 ports", '["10.2.0.50"]', spaces=3, backend_ports=3,
             keys=in_ledger),
    Scenario("ledger, 3 replicas share 1 source", '["10.2.0.50"]', replicas=3, keys=in_ledger),
    Scenario("ledger, IPv6, 1 source", '["fd02::50"]', is_v6=True, keys=in_ledger),
    Scenario("ledger, IPv6 prefix (AnyIP), 4 sources", '["fd99::/126"]', spaces=4, is_v6=True, keys=in_ledger,
             prepare=add_routed_prefix),
    Scenario("kernel's choice, 1 source", '["10.2.0.50"]', keys=in_kernel, promise=KERNEL),
    Scenario("kernel's choice, IPv6, 1 source", '["fd02::50"]', is_v6=True, keys=in_kernel, promise=KERNEL),
    Scenario("no source: the kernel's address", narrows_kernel=True),
    Scenario("transparent, 1 client address", '"client"', narrows_kernel=True,
             prepare=install_transparent_rules),
]


def ports_of(scenario):
    return [0] if scenario.backend_ports == 1 else range(9000, 9000 + scenario.backend_ports)


class Bench(Lab):
    """The hosts of a scenario, and what runs on them."""

    def __init__(self):
        super().__init__()
        self.client, self.proxy, self.backend = (self.host(name) for name in ("client", "proxy", "backend"))
        front, back = self.segment("front"), self.segment("back")
        front.join(self.client, "10.1.0.2/24", "fd01::2/64")
        front.join(self.proxy, "10.1.0.1/24", "fd01::1/64")
        back.join(self.proxy, "10.2.0.1/24", "10.2.0.50/24", "10.2.0.52/24", "10.2.0.53/24", "fd02::1/64",
                  "fd02::50/64")
        back.join(self.backend, "10.2.0.2/24", "10.2.0.3/24", "fd02::2/64")
        self.client.sysctl("net.ipv4.ip_local_port_range", '"1024 65535"')
        self.backends, self.proxies, self.clients = [], [], []

    def start(self, scenario, ports):
        hosts = ["fd02::2"] if scenario.is_v6 else ["10.2.0.2", "10.2.0.3"][: scenario.backends]
        with self.backend.entered():
            self.backends = [TunnelBackend(host, port) for host in hosts for port in ports_of(scenario)]
        scenario.prepare(self)
        if scenario.narrows_kernel:
            narrow_kernel_range(self.proxy, ports)
        source = {"source": scenario.source} if scenario.source else {}
        for index in range(1, scenario.replicas + 1):
            body = [
                '[log]\naccess = "off"\n',
                f'[source]\nreplica = "{index}/{scenario.replicas}"\n',
                pool("app", *self.entries(scenario), **source, **scenario.keys(ports)),
                route(),
            ]
            with self.proxy.entered():
                host = "fd01::1" if scenario.is_v6 else "10.1.0.1"
                self.proxies.append(Proxy("\n".join(body), host=host))

    def entries(self, scenario):
        """The backends as the pool lists them: one entry for each host."""
        if scenario.backend_ports == 1:
            return self.backends
        listed = list(ports_of(scenario))
        hosts = dict.fromkeys(each.host for each in self.backends)
        return [f"{host}:{listed[0]}-{listed[-1]}" for host in hosts]

    def fill(self, proxy, most):
        """Opens tunnels until one is refused, `most` at most."""
        with self.client.entered():
            while len(self.clients) <= most:
                client = connect(proxy.address)
                client.forget_received()
                client.send(upgrade_request("/"))
                if client.read_head().status != 101:
                    client.close()
                    return
                self.clients.append(client)

    def held(self):
        return sum(len(backend.peers) for backend in self.backends)

    def count(self, metric):
        with self.proxy.entered():
            return sum(int(proxy.metrics().value(metric)) for proxy in self.proxies)

    def close(self):
        for client in self.clients:
            client.close()
        for backend in self.backends:
            backend.close()
        try:
            with self.proxy.entered():
                for proxy in self.proxies:
                    proxy.stop()
        finally:
            for proxy in self.proxies:
                proxy.abandon()
            super().close()


def measure(scenario, ports):
    """(held, theory, problems); the problems are texts."""
    theory = scenario.spaces * ports
    bench = Bench()
    try:
        bench.start(scenario, ports)
        problems = []
        for proxy in bench.proxies:
            bench.fill(proxy, theory)
        foreign = bench.count("fairlead_source_foreign_ports_total")
        failures = bench.count("fairlead_backend_dial_failures_total")
        refusals = bench.count("fairlead_refusals_total")
        if foreign:
            problems.append(f"{foreign} ports in foreign use")
        tries = scenario.backends * scenario.backend_ports  # of the request that ends it: each backend
        if failures > refusals * tries:
            problems.append(f"{failures} dials failed, {refusals} requests were refused")
        if bench.held() != len(bench.clients):
            problems.append(f"{len(bench.clients)} were opened")
        return bench.held(), theory, problems
    finally:
        bench.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ports", type=int, default=2000, help="of each tuple space (2000; at most 2200)")
    parser.add_argument("--only", help="scenarios whose name has this in it")
    arguments = parser.parse_args()
    if not 50 <= arguments.ports <= 2200:
        parser.error("--ports must be 50 to 2200: client and backend hold two descriptors of a tunnel here")
    chosen = [each for each in SCENARIOS if arguments.only is None or arguments.only in each.name]
    if not chosen:
        parser.error(f"no scenario is called like {arguments.only!r}")
    print(f"{'mode':<44}{'held':>7}{'of':>7}{'share':>9}{'promise':>9}{'seconds':>9}", flush=True)
    is_held = True
    for scenario in chosen:
        begun = time.monotonic()
        held, theory, problems = measure(scenario, arguments.ports)
        if held < int(scenario.promise * theory):
            problems.append("below the promise")
        took = time.monotonic() - begun
        figures = f"{held:>7}{theory:>7}{held / theory:>9.2%}{scenario.promise:>9.1%}{took:>9.1f}"
        print(f"{scenario.name:<44}{figures}  {'; '.join(problems) or 'held'}", flush=True)
        is_held = is_held and not problems
    return 0 if is_held else 1


if __name__ == "__main__":
    enter_lab()
    sys.exit(main())
