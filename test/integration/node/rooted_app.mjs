// An application on node:http alone that believes to live at the root of its host: prints its port,
// serves until it is stopped. Who has no cookie is sent to sign in, and from there home by the address of
// the backend.
import { createServer } from "node:http";

const server = createServer((request, answer) => {
  const path = request.url.split("?")[0];
  const knows = /(^|; )user=ann(;|$)/.test(request.headers.cookie ?? "");
  if (path === "/login") {
    const home = `http://127.0.0.1:${server.address().port}/home?from=login`;
    return answer.writeHead(303, { Location: home, "Set-Cookie": "user=ann; Path=/; HttpOnly" }).end();
  }
  if (!knows) return answer.writeHead(302, { Location: "/login" }).end();
  if (path !== "/home") return answer.writeHead(404).end();
  answer.writeHead(200, { "Content-Type": "text/plain" }).end("hello ann");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
