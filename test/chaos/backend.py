"""A backend of the chaos run: an upgrade is a checked tunnel (?NAME), /http an answer that can be checked,
/bad/KIND a fault, /sink takes everything.

    /usr/bin/python3 -B test/chaos/backend.py HOST PORT

What it finds wrong is a line on standard error at once, for it may be killed at any time.
"""
import asyncio
import logging
import os
import random
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from harness.frames import switching_protocols  # noqa: E402
from ledger import Ledger, Violation  # noqa: E402
from tunnel_ends import Closed, Messages, acknowledge, talk  # noqa: E402

chance = random.Random()
ENDED = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError)


def complain(text):
    print(text, file=sys.stderr, flush=True)


async def read_head(reader):
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return first.split(" ")[1], fields


async def read_body(reader, fields):
    if fields.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(fields.get("content-length", 0)))
    pieces = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(pieces)


async def swallow(reader, writer, fields):
    """For floods: all that comes is taken, and nothing is said."""
    writer.write(switching_protocols(fields["sec-websocket-key"]))
    while await reader.read(262_144):
        pass


async def serve_tunnel(reader, writer, target, fields):
    writer.write(switching_protocols(fields["sec-websocket-key"]))
    messages, ledger = Messages(reader, writer, masks=False), Ledger(target.partition("?")[2].encode())
    talking = asyncio.ensure_future(talk(messages, ledger, chance, 2.0, lambda: False))
    try:
        await acknowledge(messages, ledger, lambda: None)
    except Closed as closed:
        messages.write_close(closed.code)
        await messages.drain()
    except Violation as violation:
        complain(f"tunnel: {violation}")
    finally:
        talking.cancel()


async def answer(reader, writer, fields):
    """The checksum of the body that came, and as much body as was asked for, with its checksum."""
    body = await read_body(reader, fields)
    own = chance.randbytes(int(fields.get("x-want", 0)))
    lines = ["HTTP/1.1 200 OK", f"X-Got: {zlib.crc32(body):08x}", f"X-Name: {fields.get('x-name', '')}"]
    lines.append(f"X-Sum: {zlib.crc32(own):08x}")
    if chance.random() < 0.5:
        writer.write("\r\n".join([*lines, f"Content-Length: {len(own)}", "", ""]).encode() + own)
    else:
        writer.write("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode())
        for begin in range(0, len(own), 10_000):
            piece = own[begin : begin + 10_000]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def misbehave(kind, reader, writer, fields):
    """None of these is a whole answer that may be believed, but for the first of `twice`."""
    await read_body(reader, fields)
    if kind == "hang":
        await asyncio.sleep(30)
    elif kind == "reset":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await asyncio.sleep(0.01)
    elif kind == "garbage":
        writer.write(chance.randbytes(300) + b"\r\n\r\n")
    elif kind == "half-close":
        writer.write_eof()
        await reader.read()
    elif kind == "twice":
        said = f"HTTP/1.1 200 OK\r\nX-Name: {fields['x-name']}\r\nContent-Length: 0\r\n\r\n"
        writer.write(said.encode() + b"HTTP/1.1 200 OK\r\nX-Name: stolen\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(1)
    elif kind == "cut-chunks":
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nnot all")
        await writer.drain()
    elif kind == "endless-head":
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-Pad: y\r\n" * 20_000)
    if kind in ("reset", "garbage"):
        writer.transport.abort()


async def serve(reader, writer):
    try:
        while True:
            target, fields = await read_head(reader)
            if target == "/sink":
                return await swallow(reader, writer, fields)
            if "upgrade" in fields:
                return await serve_tunnel(reader, writer, target, fields)
            if target.startswith("/bad/"):
                return await misbehave(target.removeprefix("/bad/"), reader, writer, fields)
            await answer(reader, writer, fields)
    except ENDED:
        pass
    except Exception as error:  # a bug of this file, or something that no peer may send
        complain(f"{type(error).__name__}: {error}")
    finally:
        writer.close()


async def main():
    host, port = sys.argv[1], int(sys.argv[2])
    server = await asyncio.start_server(serve, host, port, backlog=4096, reuse_address=True)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a peer that is gone is nothing to tell
    asyncio.run(main())
