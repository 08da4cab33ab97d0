"""The faults of the chaos run. Each holds something for a while, and gives it back in order."""
from harness.floods import KINDS


class Fault:
    """`holds` names what no other fault may hold at the same time."""

    seconds = (1, 5)

    def __init__(self, site, chance):
        self.site = site
        self.chance = chance
        self.lasts_s = chance.uniform(*self.seconds)
        self.holds = self.choose()

    @property
    def kind(self):
        return type(self).__name__

    def choose(self):
        return {self.kind}

    def begin(self):
        raise NotImplementedError

    def end(self):
        pass


class _OfBackend(Fault):
    def choose(self):
        self.backend = self.chance.choice(self.site.backends)
        return {self.backend.address}


class KilledBackend(_OfBackend):
    seconds = (0.2, 4)

    def begin(self):
        self.backend.kill()

    def end(self):
        self.backend.start()


class HungBackend(_OfBackend):
    seconds = (0.5, 7)

    def begin(self):
        self.backend.hang()

    def end(self):
        self.backend.go_on()


class DrainedBackend(_OfBackend):
    def choose(self):
        return super().choose() | {"configuration"}

    def begin(self):
        self._drain("window=1s")

    def end(self):
        self._drain("undo=1")

    def _drain(self, how):
        status, document = self.site.control(f"/drain?backend=tunnels/{self.backend.address}&{how}")
        assert status == 200, document


class DrainedRoute(Fault):
    def choose(self):
        return {"configuration"}

    def begin(self):
        self._drain("window=1s")

    def end(self):
        self._drain("undo=1")

    def _drain(self, how):
        status, document = self.site.control(f"/drain?route=pinged&{how}")
        assert status == 200, document


class Reload(Fault):
    """Another route, another weight, or a backend that is no longer there; then back."""

    seconds = (1, 4)

    def choose(self):
        return {"configuration"}

    def begin(self):
        change = self.chance.choice((
            {"with_extra_route": True},
            {"weight": 3},
            {"without": (self.chance.choice(self.site.backends),)},
        ))
        self._reload(self.site.config(**change))

    def end(self):
        self._reload(self.site.config())

    def _reload(self, text):
        self.site.proxy.write_config(text)
        status, document = self.site.control("/reload")
        assert status == 200, document


class CutFront(Fault):
    seconds = (0.5, 6)

    def begin(self):
        self.site.front.cut(self.site.front_port)

    def end(self):
        self.site.front.mend(self.site.front_port)


class CutBack(Fault):
    seconds = (0.5, 6)

    def begin(self):
        self.site.back.cut(self.site.back_port)

    def end(self):
        self.site.back.mend(self.site.back_port)


class LongCut(CutBack):
    """As CutBack, for half a minute."""

    seconds = (30, 30)

    def choose(self):
        return {"CutBack"}


class Resets(Fault):
    """A third of the clients break off in the middle of a frame."""

    def begin(self):
        self.site.clients.ask("reset", self.chance.randint(5, 40))


class Flood(Fault):
    seconds = (2, 5)
    counts = {"slow-heads": 500, "slow-bodies": 500, "connects": 100, "requests": 20, "giant-frames": 200}

    def choose(self):
        self.of = self.chance.choice([kind for kind in KINDS if kind != "slow-readers"])
        return {"Flood"}

    @property
    def kind(self):
        return f"Flood of {self.of}"

    def begin(self):
        self.running = self.site.flood(self.of, self.counts.get(self.of, 10), self.lasts_s)

    def end(self):
        self.running.result()


ORDINARY = (
    KilledBackend,
    KilledBackend,
    HungBackend,
    DrainedBackend,
    DrainedRoute,
    Reload,
    CutFront,
    CutBack,
    Resets,
    Flood,
    Flood,
)
