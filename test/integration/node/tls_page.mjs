// A page over https and its wss socket in headless Chromium: node tls_page.mjs URL PIN
//
// PIN is the SHA-256 of the public key that this browser takes without a known authority, in base64. Prints
// as JSON what the page saw, and what a second browser says that was told of no key.
import { launchBrowser } from "./browser.mjs";

const [url, pin] = process.argv.slice(2);

// In the page: three messages through a socket of its own origin, then a close with a code of its own.
function talk() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${location.host}/ws`);
    const sent = ["hello", "", "\u2693".repeat(30_000)];
    const received = [];
    socket.onopen = () => sent.forEach((each) => socket.send(each));
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onmessage = (event) => {
      received.push(event.data);
      if (received.length === sent.length) socket.close(4001, "done");
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve({ echoed: received.every((each, i) => each === sent[i]), code, reason, wasClean });
  });
}

async function withPage(flags, act) {
  const browser = await launchBrowser(...flags);
  try {
    return await act(await browser.newPage());
  } finally {
    await browser.close();
  }
}

const trusting = await withPage([`--ignore-certificate-errors-spki-list=${pin}`], async (page) => {
  const answer = await page.goto(url);
  const { protocol, subjectName } = await answer.securityDetails();
  const socket = await page.evaluate(talk);
  return { status: answer.status(), title: await page.title(), protocol, subjectName, socket };
});
const refused = await withPage([], (page) =>
  page.goto(url).then(
    () => "taken",
    (error) => /net::(\w+)/.exec(error.message)[1],
  ),
);
console.log(JSON.stringify({ trusting, refused }));
