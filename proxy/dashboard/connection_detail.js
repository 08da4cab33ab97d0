// One connection in a dialog: everything that /connections/ID tells, again each second until it is closed.
//
// What is known gets its name and unit; a member that a later version adds is shown by its own name.
import { byId, element, keyed, setText } from "./dom.js";
import { bytes, clock, count, duration, words } from "./format.js";
import { ask } from "./live.js";

const every = 1_000;

const microseconds = (value) => duration(value / 1e6);
const formats = {
  age: ["Open for", duration],
  idle: ["Idle for", duration],
  opened: ["Opened", clock],
  bytes: ["Bytes sent", (value) => `${bytes(value)} (${value.toLocaleString("en")})`],
  messages: ["Messages sent", count],
  local: ["Our address", String],
  tls: ["TLS", String],
  round_trip_us: ["Round trip (ping)", microseconds],
  tcp_round_trip_us: ["Round trip (TCP)", microseconds],
  waiting_bytes: ["Waiting here for it", bytes],
  unsent_bytes: ["Not acknowledged", bytes],
  close_code: ["Close code sent", String],
};

// A list is a line for each, an object its members.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join("\n");
  if (value === null || typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${words(name)} ${plain(inner)}`)
    .join(", ");
}

function named([name, value]) {
  const [label, format] = formats[name] ?? [words(name).replace(/^./, (c) => c.toUpperCase()), plain];
  return { name, label, text: format(value) };
}

class Facts {
  constructor(title) {
    this.list = element("dl", { class: "facts" });
    this.root = element("section", {}, element("h3", {}, title), this.list);
  }

  update(members) {
    keyed(this.list, Object.entries(members).map(named), {
      key: ({ name }) => name,
      make: ({ label }) => {
        const value = element("dd");
        const item = element("div", {}, element("dt", {}, label), value);
        item.value = value;
        return item;
      },
      update: (item, { text }) => setText(item.value, text),
    });
  }
}

export class ConnectionDetail {
  #timer = 0;
  #opener = null;
  #id = "";

  constructor() {
    this.dialog = byId("connection");
    this.parts = { own: new Facts("Connection"), client: new Facts("Client"), backend: new Facts("Backend") };
    byId("connection-body").append(...Object.values(this.parts).map(({ root }) => root));
    byId("connection-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // beside it
    });
    this.dialog.addEventListener("close", () => {
      clearTimeout(this.#timer);
      this.#id = "";
      this.#opener?.focus();
    });
  }

  open(row, opener) {
    this.#opener = opener;
    this.#id = row.id;
    this.#show(row);
    this.dialog.showModal();
    this.#load();
  }

  async #load() {
    clearTimeout(this.#timer);
    const id = this.#id;
    let isOver = false;
    try {
      const answer = await ask(`connections/${encodeURIComponent(id)}`);
      if (id !== this.#id) return;
      isOver = answer.status === 404;
      if (answer.ok) this.#show((await answer.json()).connections[0]);
      else if (isOver)
        setText(byId("connection-state"), "It has ended. This is the last that was seen of it.");
    } catch {
      setText(byId("connection-state"), "Connection to the proxy lost; this is the last that was seen.");
    }
    if (!isOver && id === this.#id) this.#timer = setTimeout(() => this.#load(), every);
  }

  #show(row) {
    const { client, backend, id, ...own } = row;
    setText(byId("connection-title"), `Connection ${id}`);
    setText(byId("connection-state"), `${words(row.kind)}, ${words(row.phase)}`);
    this.parts.own.update(own);
    this.parts.client.update(client);
    this.parts.backend.update(backend);
  }
}
