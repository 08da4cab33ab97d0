// A Socket.IO server that says its own name to whoever asks: node socketio_server.mjs NAME
//
// A session lives in one server: a request of it that comes to another is answered 400.
import { createServer } from "node:http";
import { Server } from "socket.io";

const name = process.argv[2];
const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => socket.on("who", (answer) => answer(name)));
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.on("SIGTERM", () => process.exit(0));
