// Socket.IO clients that poll first and upgrade then: node socketio_client.mjs URL COUNT
//
// Prints for each the server that answered first and the one it has after its upgrade. A session that comes
// to another server is refused there, and the client throws.
import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";

const [url, count] = process.argv.slice(2);

async function visit() {
  const socket = io(url, { withCredentials: true, forceNew: true, reconnection: false });
  socket.on("connect_error", (error) => {
    throw error;
  });
  const engine = socket.io.engine;
  assert.equal(engine.transport.name, "polling");
  await once(socket, "connect");
  const polled = await socket.emitWithAck("who");
  if (engine.transport.name !== "websocket") await once(engine, "upgrade");
  assert.equal(engine.transport.name, "websocket");
  const upgraded = await socket.emitWithAck("who");
  socket.disconnect();
  return `${polled} ${upgraded}`;
}

for (const visited of await Promise.all(Array.from({ length: Number(count) }, visit))) console.log(visited);
