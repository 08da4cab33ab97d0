// The table of connections: asked for again every few seconds while it is looked at, in pages of 25, on a phone of 10.
import { byId, element, setText } from "./dom.js";
import { bytes, count, duration } from "./format.js";
import { ask } from "./live.js";
import { Table } from "./table.js";

const narrow = matchMedia("(max-width: 640px)");
const pageSize = () => (narrow.matches ? 10 : 25);
const every = 3_000;

const sum = (row, name) => (row.client[name] ?? 0) + (row.backend[name] ?? 0);
export const roundTrip = (end) => end.round_trip_us ?? end.tcp_round_trip_us ?? null;
const roundTripText = (end) => (roundTrip(end) === null ? "–" : duration(roundTrip(end) / 1e6));

const columns = (open) => [
  { label: "Client", draw: (cell, row) => drawOpener(cell, row, open), kind: "name" },
  { label: "Route", text: (row) => row.route ?? "–" },
  { label: "Backend", text: (row) => row.backend.address ?? "–", kind: "long" },
  { label: "Path", text: (row) => row.path ?? "–", kind: "path long" },
  { label: "Open for", text: (row) => duration(Math.floor(row.age)), kind: "number" },
  { label: "Idle", text: (row) => duration(Math.floor(row.idle)), kind: "number" },
  { label: "Messages", text: (row) => count(sum(row, "messages")), kind: "number" },
  { label: "Bytes", text: (row) => bytes(sum(row, "bytes")), kind: "number" },
  { label: "Round trip", text: (row) => roundTripText(row.client), kind: "number" },
];

// A button, so that a keyboard gets there.
function drawOpener(cell, row, open) {
  if (!cell.button) {
    cell.button = element("button", { type: "button", class: "opener" });
    cell.button.addEventListener("click", (event) => {
      event.stopPropagation();
      open(cell.shown, cell.button);
    });
    cell.replaceChildren(cell.button);
  }
  cell.shown = row;
  setText(cell.button, row.client.address ?? "unknown");
}

export class Connections {
  #offset = 0;
  #matched = 0;
  #isVisible = false;
  #timer = 0;
  #question = 0;

  constructor(open) {
    this.form = byId("connections-form");
    this.table = new Table({
      label: "Connections",
      columns: columns(open),
      key: (row) => row.id,
      most: Infinity,
      empty: "No connection is open that fits.",
      onOpen: (row) => open(row, null),
    });
    byId("connections").append(this.table.root);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.#turn(0));
    byId("page-before").addEventListener("click", () => this.#turn(this.#offset - pageSize()));
    byId("page-after").addEventListener("click", () => this.#turn(this.#offset + pageSize()));
    document.addEventListener("visibilitychange", () => this.#schedule(0));
    new IntersectionObserver(([entry]) => {
      this.#isVisible = entry.isIntersecting;
      this.#schedule(0);
    }).observe(byId("connections").closest("section"));
  }

  // What can be filtered by, as it is configured now.
  offer(status) {
    this.#fillSelect(
      this.form.elements.route,
      status.routes.map((row) => row.route),
    );
    this.#fillSelect(
      this.form.elements.backend,
      status.backends.map((row) => `${row.pool}/${row.backend}`),
    );
  }

  async load() {
    await this.#load();
  }

  #fillSelect(select, names) {
    const offered = names.join("\n");
    if (select.offered === offered) return;
    select.offered = offered;
    const chosen = select.value;
    const options = names.map((name) => element("option", { value: name }, name));
    select.replaceChildren(select.firstElementChild, ...options);
    select.value = names.includes(chosen) ? chosen : "";
  }

  #turn(offset) {
    this.#offset = Math.max(0, offset);
    this.#schedule(150);
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    if (!this.#isVisible || document.hidden) return;
    this.#timer = setTimeout(() => this.#load(), delay);
  }

  #query() {
    const wanted = [...new FormData(this.form)].filter(([, value]) => value.trim() !== "");
    return new URLSearchParams([
      ...wanted.map(([name, value]) => [name, value.trim()]),
      ["limit", pageSize()],
      ["offset", this.#offset],
    ]);
  }

  async #load() {
    const question = ++this.#question;
    try {
      const answer = await ask(`connections?${this.#query()}`);
      const told = await answer.json();
      if (question !== this.#question) return; // another was asked meanwhile
      if (answer.ok) this.#show(told);
      else setText(byId("connections-count"), told.error ?? `refused: ${answer.status}`);
    } catch {
      // The stream of statuses says that the connection is lost; this comes back with it.
    }
    this.#schedule(every);
  }

  #show(told) {
    this.#matched = told.matched;
    if (this.#offset > 0 && this.#offset >= told.matched) {
      this.#turn(Math.floor(Math.max(0, told.matched - 1) / pageSize()) * pageSize());
      return;
    }
    this.table.update(told.connections);
    setText(byId("connections-count"), `${count(told.matched)} ${told.matched === 1 ? "fits" : "fit"}`);
    const last = this.#offset + told.connections.length;
    setText(
      byId("page-text"),
      told.matched === 0 ? "" : `${count(this.#offset + 1)} to ${count(last)} of ${count(told.matched)}`,
    );
    byId("page-before").disabled = this.#offset === 0;
    byId("page-after").disabled = last >= told.matched;
    byId("page-before").parentElement.hidden = told.matched <= pageSize();
  }
}
