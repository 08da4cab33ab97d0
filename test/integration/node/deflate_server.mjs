// A WebSocket backend by `ws` with permessage-deflate: echoes, and refuses who did not negotiate it.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  maxPayload: 64 * 1024 * 1024,
  perMessageDeflate: { threshold: 0 },
  handleProtocols: (offered) => (offered.has("echo") ? "echo" : false),
});

server.on("connection", (socket) => {
  if (!socket.extensions.includes("permessage-deflate")) {
    socket.close(1010, "permessage-deflate is wanted");
    return;
  }
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});

server.on("listening", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit(0));
