"""A WebSocket backend by the Python `websockets` library, on a thread with its own event loop."""
import asyncio
import threading

import websockets


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


class WebSocketBackend:
    """Serves `handler(websocket)`; options are those of websockets.serve (compression, subprotocols, ...)."""

    def __init__(self, handler=echo, host="127.0.0.1", port=0, **options):
        self.closed = []  # (close code, reason) of each connection, as the backend saw it
        self.errors = []
        self.headers = []  # request headers of each connection
        self._handler = handler
        self._host = host
        self._port = port
        self._options = {"compression": None, "max_size": None, "ping_interval": None, **options}
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(5)
        self.port = self._server.sockets[0].getsockname()[1]
        self.address = f"{host}:{self.port}"

    def _run(self):
        asyncio.run(self._main())

    async def _main(self):
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with websockets.serve(self._serve, self._host, self._port, **self._options) as self._server:
            self._started.set()
            await self._stop.wait()

    async def _serve(self, websocket):
        self.headers.append(websocket.request_headers)
        try:
            await self._handler(websocket)
        except websockets.ConnectionClosed:
            pass
        except Exception as error:  # reported when the test ends
            self.errors.append(error)
        finally:
            await websocket.wait_closed()
            self.closed.append((websocket.close_code, websocket.close_reason))

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
