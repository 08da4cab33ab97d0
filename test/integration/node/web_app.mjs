// An application as people write them, on node:http alone: prints its port, serves until it is stopped.
//
// Pages with validators, a JSON API with a session cookie, uploads, forms, downloads with ranges, compressed
// and streamed answers, events, a redirect and an error.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const page = "<!doctype html><title>Harbour</title>" + "<p>ships and tides</p>".repeat(500);
const etag = `"${createHash("sha256").update(page).digest("hex").slice(0, 16)}"`;
const film = Buffer.alloc(3_000_000, "0123456789");
const items = new Map();

const json = (answer, status, value, fields = {}) => {
  answer.writeHead(status, { "Content-Type": "application/json", ...fields });
  answer.end(JSON.stringify(value));
};

const bodyOf = async (request) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
};

const isKnown = (request) => /(^|; )session=s3cr3t(;|$)/.test(request.headers.cookie ?? "");

function showPage(request, answer) {
  const fields = { "Content-Type": "text/html", ETag: etag, Vary: "Accept-Encoding" };
  if (request.headers["if-none-match"] === etag) return answer.writeHead(304, fields).end();
  const packs = (request.headers["accept-encoding"] ?? "").includes("gzip");
  const body = packs ? gzipSync(page) : Buffer.from(page);
  if (packs) fields["Content-Encoding"] = "gzip";
  answer.writeHead(200, { ...fields, "Content-Length": body.length }).end(body);
}

function showFilm(request, answer) {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (!range) return answer.writeHead(200, { "Content-Length": film.length }).end(film);
  const [from, to] = [Number(range[1]), Number(range[2])];
  const fields = { "Content-Range": `bytes ${from}-${to}/${film.length}`, "Content-Length": to - from + 1 };
  answer.writeHead(206, fields).end(film.subarray(from, to + 1));
}

async function signIn(request, answer) {
  const form = new URLSearchParams((await bodyOf(request)).toString());
  if (form.get("word") !== "ahoy") return json(answer, 403, { error: "who are you?" });
  const cookies = ["session=s3cr3t; Path=/; HttpOnly", "seen=1"];
  answer.writeHead(303, { Location: "/api/items", "Set-Cookie": cookies }).end();
}

async function serveItems(request, answer, name) {
  if (!isKnown(request)) return json(answer, 401, { error: "sign in" }, { "WWW-Authenticate": "Session" });
  if (request.method === "GET" && !name) return json(answer, 200, [...items.keys()]);
  if (request.method === "PUT") {
    items.set(name, JSON.parse(await bodyOf(request)));
    return json(answer, 201, items.get(name), { Location: `/api/items/${name}` });
  }
  if (!items.has(name)) return json(answer, 404, { error: "no such item" });
  if (request.method === "DELETE") return items.delete(name) && answer.writeHead(204).end();
  json(answer, 200, items.get(name));
}

async function digest(request, answer) {
  const hash = createHash("sha256");
  let length = 0;
  for await (const piece of request) {
    hash.update(piece);
    length += piece.length;
  }
  json(answer, 200, { length, sha256: hash.digest("hex"), type: request.headers["content-type"] ?? null });
}

async function tell(answer) {
  answer.writeHead(200, { "Content-Type": "text/event-stream" });
  for (let number = 0; number < 5; ++number) {
    answer.write(`id: ${number}\ndata: {"tide": ${number}}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  answer.end();
}

async function serve(request, answer) {
  const url = new URL(request.url, "http://app.test");
  const [, first, second, name] = url.pathname.split("/");
  if (url.pathname === "/") return showPage(request, answer);
  if (first === "film") return showFilm(request, answer);
  if (first === "sign-in") return signIn(request, answer);
  if (first === "api" && second === "items") return serveItems(request, answer, name);
  if (first === "digest") return digest(request, answer);
  if (first === "events") return tell(answer);
  if (first === "old") return answer.writeHead(301, { Location: "/" }).end();
  if (first === "fault") throw new Error("on purpose");
  json(answer, 404, { error: "not here" });
}

const server = createServer((request, answer) =>
  serve(request, answer).catch(() => json(answer, 500, { error: "ours" })),
);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit(0));
