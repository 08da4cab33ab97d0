// The tables of routes and backends: what is open, how fast it goes, and why a backend is left alone.
import { byId, element, setText } from "./dom.js";
import { byteRate, clock, count, rate, share, words } from "./format.js";
import { keys } from "./history.js";
import { drawBadge, drawBar, Table } from "./table.js";

const both = (of) => of.to_backend + of.to_client;
const messages = (row) => both(row.messages);
const traffic = (row) => both(row.bytes) + (row.body_bytes ? both(row.body_bytes) : 0);
const requests = (row) => row.requests - (row.requests_by_class["1xx"] ?? 0);
const failures = (row) => row.requests_by_class["5xx"] ?? 0;
const levels = { up: "good", draining: "notice", down: "bad", ejected: "bad", backing_off: "bad" };

export class Routes {
  constructor(history) {
    const rateOf = (counter) => (row) => history.rate("routes", keys.routes(row), counter);
    const column = (label, counter, write) => ({
      label,
      kind: "number",
      value: rateOf(counter),
      text: (row) => (row.messages ? write(rateOf(counter)(row)) : "–"),
    });
    this.table = new Table({
      label: "Routes",
      key: keys.routes,
      most: 20,
      filter: byId("routes-filter"),
      empty: "No route fits.",
      columns: [
        { label: "Route", value: keys.routes, draw: drawRoute, kind: "name" },
        { label: "Pool", value: (row) => row.pool ?? "", text: (row) => row.pool ?? "–" },
        {
          label: "Tunnels",
          kind: "number wide",
          value: (row) => row.tunnels_active,
          draw: (cell, row) =>
            drawBar(cell, row.tunnels_active / Math.max(1, this.most), count(row.tunnels_active)),
        },
        {
          label: "Limit",
          kind: "number",
          value: (row) => row.live / (row.max_connections || Infinity),
          text: (row) => (row.max_connections ? share(row.live / row.max_connections) : "–"),
        },
        column("Messages/s", messages, rate),
        column("Bytes/s", traffic, byteRate),
        {
          ...column("Requests/s", requests, rate),
          text: (row) => (row.requests === undefined ? "–" : rate(rateOf(requests)(row))),
        },
        {
          ...column("5xx/s", failures, rate),
          text: (row) => (row.requests === undefined ? "–" : rate(rateOf(failures)(row))),
        },
      ],
    });
    byId("routes").append(this.table.root);
  }

  update(status) {
    this.most = Math.max(0, ...status.routes.map((row) => row.tunnels_active));
    this.table.update(status.routes);
  }
}

function drawRoute(cell, row) {
  if (row.configured && !row.draining) setText(cell, row.route);
  else drawNamed(cell, row.route, row.configured ? "draining" : "removed");
}

function drawNamed(cell, name, badge) {
  cell.replaceChildren(`${name} `, element("span", { class: "badge", "data-level": "notice" }, badge));
}

export class Backends {
  constructor(history) {
    const rateOf = (counter) => (row) => history.rate("backends", keys.backends(row), counter);
    this.table = new Table({
      label: "Backends",
      key: keys.backends,
      most: 20,
      filter: byId("backends-filter"),
      empty: "No backend fits.",
      columns: [
        { label: "Backend", value: keys.backends, text: (row) => row.backend, kind: "name" },
        { label: "Pool", value: (row) => row.pool, text: (row) => row.pool },
        { label: "State", value: (row) => row.state ?? "removed", draw: drawState, kind: "state" },
        {
          label: "Tunnels",
          kind: "number wide",
          value: (row) => row.tunnels_active,
          draw: (cell, row) =>
            drawBar(cell, row.tunnels_active / Math.max(1, this.most), count(row.tunnels_active)),
        },
        {
          label: "Serving",
          kind: "number",
          value: (row) => row.active,
          text: (row) =>
            row.max_connections
              ? `${count(row.active)} of ${count(row.max_connections)}`
              : count(row.active ?? 0),
        },
        {
          label: "Weight",
          kind: "number",
          value: (row) => row.effective_weight,
          text: (row) => (row.weight === undefined ? "–" : String(row.weight)),
        },
        {
          label: "Messages/s",
          kind: "number",
          value: rateOf(messages),
          text: (row) => rate(rateOf(messages)(row)),
        },
        {
          label: "Dials/s",
          kind: "number",
          value: rateOf((row) => row.dials),
          text: (row) => rate(rateOf((it) => it.dials)(row)),
        },
        { label: "Failed dials", kind: "number", value: failedDials, text: (row) => count(failedDials(row)) },
      ],
    });
    byId("backends").append(this.table.root);
  }

  update(status) {
    this.most = Math.max(0, ...status.backends.map((row) => row.tunnels_active));
    this.table.update(status.backends);
  }
}

const failedDials = (row) => Object.values(row.dial_failures).reduce((sum, value) => sum + value, 0);

function drawState(cell, row) {
  drawBadge(cell, words(row.state ?? "removed"), levels[row.state] ?? "notice", row.reason ?? "");
  const since = row.since ? `since ${clock(row.since)} UTC` : "";
  if (cell.title !== since) cell.title = since;
}
