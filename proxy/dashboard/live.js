// The stream of status documents, and single questions, both with the token where one is asked for.
//
// fetch and not EventSource: it can send an Authorization field. The stream begins again by itself, after
// half a second at first and five at most, and counts as lost when nothing came for a while.

const tokenKey = "fairlead-token";
const silence = 5_000;
const firstPause = 500;
const longestPause = 5_000;

export const token = {
  get: () => sessionStorage.getItem(tokenKey),
  set: (value) => sessionStorage.setItem(tokenKey, value),
};

export async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  return fetch(path, { ...options, headers, cache: "no-store" });
}

// Calls `use` with the data of each event of that name until the stream ends.
export async function readEvents(body, name, use) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      if (!lines.includes(`event: ${name}`)) continue;
      use(
        lines
          .filter((line) => line.startsWith("data: "))
          .map((line) => line.slice(6))
          .join("\n"),
      );
    }
  }
}

export class Live {
  #on;
  #pause = firstPause;
  #wake = () => {};

  // onStatus(document); onState(state, text) with connecting, live, lost, full or token.
  constructor(on) {
    this.#on = on;
  }

  async run() {
    for (;;) {
      const again = await this.#once();
      await new Promise((resolve) => {
        this.#wake = resolve;
        if (again) setTimeout(resolve, this.#pause);
      });
      this.#pause = Math.min(this.#pause * 2, longestPause);
    }
  }

  // Now, and not after the pause: a token was given.
  retry() {
    this.#pause = firstPause;
    this.#wake();
  }

  // False when there is no use in trying again by itself.
  async #once() {
    const stop = new AbortController();
    let timer = setTimeout(() => stop.abort(), silence);
    try {
      const answer = await ask("events?every=1s", { signal: stop.signal });
      if (answer.status === 401 || answer.status === 403) {
        this.#on.onState("token", token.get() ? "The token was refused." : "A token is needed.");
        return false;
      }
      if (!answer.ok) {
        this.#on.onState("full", `The stream was refused: ${answer.status}. Trying again…`);
        return true;
      }
      await readEvents(answer.body, "status", (data) => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), silence);
        this.#pause = firstPause;
        this.#on.onState("live", "Live");
        this.#on.onStatus(JSON.parse(data));
      });
      this.#on.onState("lost", "Connection lost. Trying again…");
    } catch (error) {
      if (error instanceof SyntaxError) console.error("a status that is no JSON", error);
      this.#on.onState("lost", "Connection lost. Trying again…");
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    return true;
  }
}
