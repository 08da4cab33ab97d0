// A WebSocket client by `ws` with permessage-deflate, against an echoing backend:
// node deflate_client.mjs URL [quiet]
//
// With `quiet` it waits between the fragments of a message until it has been pinged three times.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import WebSocket from "ws";

const [url, mode] = process.argv.slice(2);
const socket = new WebSocket(url, ["other", "echo"], { perMessageDeflate: { threshold: 0 } });
await once(socket, "open");
assert.match(socket.extensions, /permessage-deflate/);
assert.equal(socket.protocol, "echo");

async function echoOf(data, isBinary) {
  const answer = once(socket, "message");
  socket.send(data, { binary: isBinary });
  const [echoed, echoedIsBinary] = await answer;
  assert.equal(echoedIsBinary, isBinary);
  assert.ok(Buffer.from(data).equals(echoed));
}

for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_048_576]) {
  await echoOf("x".repeat(size), false);
  await echoOf(randomBytes(size), true);
}

// One message in fragments, compressed as one.
const whole = once(socket, "message");
async function pause() {
  for (let pings = 0; mode === "quiet" && pings < 3; ++pings) await once(socket, "ping");
}
socket.send("one ", { fin: false });
await pause();
socket.send("two ", { fin: false });
await pause();
socket.send("three", { fin: true });
assert.equal((await whole)[0].toString(), "one two three");

// Many at once come back in order.
const count = 1000;
const received = [];
const all = new Promise((resolve) => {
  socket.on("message", (data) => {
    received.push(data.toString());
    if (received.length === count) resolve();
  });
});
for (let i = 0; i < count; ++i) socket.send(`message ${i}`);
await all;
assert.deepEqual(received, Array.from({ length: count }, (_, i) => `message ${i}`));

const pong = once(socket, "pong");
socket.ping("are you there");
assert.equal((await pong)[0].toString(), "are you there");

const closed = once(socket, "close");
socket.close(4242, "enough");
const [code] = await closed;
assert.equal(code, 4242);
console.log("ok");
