"""The base of every integration test: what was started is stopped, and stopping is part of the test."""
import asyncio
import unittest

from harness.backends import HttpBackend, ScriptedBackend
from harness.proxy import Proxy
from harness.websocket_backend import WebSocketBackend


def pool(name, *backends, **keys):
    """A [pool.NAME] table; `backends` are addresses or objects with one, or entries as TOML text with braces;
    `keys` are written as TOML text."""
    texts = (getattr(backend, "address", backend) for backend in backends)
    addresses = ", ".join(text if text.startswith("{") else f'"{text}"' for text in texts)
    lines = [f"[pool.{name}]", f"backends = [{addresses}]"]
    lines += [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def route(pool_name="app", **keys):
    """A [[route]] table, without a pool for None; `keys` are written as TOML text."""
    to_pool = [] if pool_name is None else [f'pool = "{pool_name}"']
    lines = ["[[route]]"] + to_pool + [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


class ProxyCase(unittest.TestCase):
    """When a test ends its clients close, then its backends, then the proxy must end well by itself."""

    def setUp(self):
        self._proxies = []
        self._backends = []

    def tearDown(self):
        problems = []
        for proxy in self._proxies:
            proxy.close_clients()
        for backend in self._backends:
            backend.close()
            problems += backend.errors
        for proxy in self._proxies:
            try:
                proxy.stop()
            except AssertionError as error:
                problems.append(error)
        if problems:
            raise problems[0]

    def start_proxy(self, *parts, **options):
        """A proxy with this configuration; it must end well when the test does."""
        proxy = Proxy("\n".join(parts), **options)
        self._proxies.append(proxy)
        return proxy

    def front(self, backend, extra="", **options):
        """A proxy that sends everything to one backend."""
        return self.start_proxy(extra, pool("app", backend), route(), **options)

    def scripted(self, serve, **options):
        return self._keep(ScriptedBackend(serve, **options))

    def http_backend(self, name="backend", respond=None, **options):
        return self._keep(HttpBackend(name, respond, **options))

    def websocket_backend(self, *arguments, **options):
        return self._keep(WebSocketBackend(*arguments, **options))

    def _keep(self, backend):
        self._backends.append(backend)
        return backend

    def run_async(self, coroutine, timeout_s=20):
        return asyncio.run(asyncio.wait_for(coroutine, timeout_s))
