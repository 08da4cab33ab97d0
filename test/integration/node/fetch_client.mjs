// What a page does with web_app.mjs, by Node's fetch and http.Agent: node fetch_client.mjs URL
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";

const url = process.argv[2];
const at = (path) => new URL(path, url);

async function readsPages() {
  const page = await fetch(at("/")); // asks for gzip and unpacks it
  assert.equal(page.headers.get("content-encoding"), "gzip");
  assert.match(await page.text(), /ships and tides/);
  const again = await fetch(at("/"), { headers: { "If-None-Match": page.headers.get("etag") } });
  assert.equal(again.status, 304);
  const moved = await fetch(at("/old"));
  assert.equal(moved.url, at("/").href);
  assert.equal((await fetch(at("/nowhere"))).status, 404);
  assert.equal((await fetch(at("/fault"))).status, 500);
}

async function keepsItems() {
  assert.equal((await fetch(at("/api/items"))).status, 401);
  const signedIn = await fetch(at("/sign-in"), {
    method: "POST",
    body: new URLSearchParams({ word: "ahoy" }),
    redirect: "manual",
  });
  assert.equal(signedIn.status, 303);
  const cookies = signedIn.headers.getSetCookie();
  assert.equal(cookies.length, 2);
  const headers = { Cookie: cookies.map((each) => each.split(";")[0]).join("; ") };
  const put = await fetch(at("/api/items/boat"), { method: "PUT", headers, body: '{"sails": 3}' });
  assert.equal(put.status, 201);
  assert.deepEqual(await (await fetch(at("/api/items/boat"), { headers })).json(), { sails: 3 });
  assert.equal((await fetch(at("/api/items/boat"), { method: "DELETE", headers })).status, 204);
  assert.equal((await fetch(at("/api/items/boat"), { headers })).status, 404);
}

async function uploads() {
  const data = randomBytes(2_000_000);
  const sha256 = createHash("sha256").update(data).digest("hex");
  const whole = await (await fetch(at("/digest"), { method: "POST", body: data })).json();
  assert.deepEqual([whole.length, whole.sha256], [data.length, sha256]);
  const stream = new ReadableStream({
    start(controller) {
      for (let from = 0; from < data.length; from += 70_000)
        controller.enqueue(new Uint8Array(data.subarray(from, from + 70_000)));
      controller.close();
    },
  });
  const sending = { method: "POST", body: stream, duplex: "half" };
  assert.equal((await (await fetch(at("/digest"), sending)).json()).sha256, sha256);
  const form = new FormData();
  form.append("file", new Blob([data]), "tide.bin");
  const sent = await (await fetch(at("/digest"), { method: "POST", body: form })).json();
  assert.match(sent.type, /^multipart\/form-data; boundary=/);
}

async function hearsEvents() {
  const seen = [];
  const answer = await fetch(at("/events"));
  const decoder = new TextDecoder();
  for await (const piece of answer.body) seen.push(decoder.decode(piece));
  assert.ok(seen.length > 1, "events came in one piece");
  assert.equal(seen.join("").match(/data: /g).length, 5);
}

async function comesInNumbers() {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const once = (number) =>
    new Promise((resolve, reject) => {
      const headers = { Range: `bytes=${number}-${number + 9}` };
      request(at("/film"), { agent, headers }, (answer) => {
        let body = "";
        answer.on("data", (piece) => (body += piece));
        answer.on("end", () => resolve([answer.statusCode, body]));
      })
        .on("error", reject)
        .end();
    });
  const digits = "0123456789".repeat(30);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, number) => once(number)));
  answers.forEach((got, number) => assert.deepEqual(got, [206, digits.slice(number, number + 10)]));
  agent.destroy();
}

for (const flow of [readsPages, keepsItems, uploads, hearsEvents, comesInNumbers]) await flow();
console.log("all well");
