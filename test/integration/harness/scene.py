"""A proxy that is worth looking at: several routes and pools, a backend that is down, a source pool that
fills, and clients who talk, come and go."""
import asyncio
import random
import threading

import websockets

from harness.case import pool, route
from harness.ports import free_port


def scene_config(chat, feed, web, dead, source="127.0.0.1", ports="20000-20127"):
    """The configuration's parts. `chat` are two backends; towards each the source has 128 ports."""
    return [
        pool("chat", *chat, balance='"least-connections"', source=f'["{source}"]', ports=f'"{ports}"'),
        pool("feed", feed, dead, health='{ every = "1s", timeout = "500ms", fall = 1, rise = 1 }'),
        pool("web", web),
        route("chat", name='"chat"', path='"/chat/"', max_connections=200),
        route("feed", name='"feed"', path='"/feed"'),
        route("web", name='"site"', path='"/"'),
    ]


def unused_address():
    return f"127.0.0.1:{free_port()}"


class Crowd:
    """Clients on a thread of their own until close()."""

    def __init__(self, websocket_url, seed=1):
        self.url = websocket_url
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def talk(self, path, count, every_s, size, lives_s=None):
        """`count` clients who each send up to `size` bytes now and then and read the echo; with `lives_s`
        they leave after about so long, and others come."""
        for _ in range(count):
            self._spawn(self._client(path, every_s, size, lives_s))

    def request(self, path, every_s, port):
        """GETs on connections of their own."""
        self._spawn(self._requests(path, every_s, port))

    def _spawn(self, coroutine):
        asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _client(self, path, every_s, size, lives_s):
        while True:
            life = self._random.uniform(0.3, 1.7) * lives_s if lives_s else 1e9
            try:
                await asyncio.wait_for(self._talk(path, every_s, size), life)
            except asyncio.TimeoutError:
                continue
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(0.2)  # the proxy is away; it comes back in some tests

    async def _talk(self, path, every_s, size):
        options = {"compression": None, "ping_interval": None, "user_agent_header": "scene/1"}
        async with websockets.connect(self.url + path, **options) as socket:
            while True:
                await asyncio.sleep(self._random.expovariate(1 / every_s))
                await socket.send("x" * self._random.randint(1, size))
                await socket.recv()

    async def _requests(self, path, every_s, port):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                await reader.read()
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(self._random.expovariate(1 / every_s))

    def close(self):
        async def end():
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
