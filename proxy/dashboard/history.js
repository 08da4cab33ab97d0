// What was seen lately: rates from documents that only hold totals.
//
// Bounded: 300 samples of the totals for the plots, the last six documents for the rates of rows, and the
// histograms of five minutes, one each ten seconds. A process that began anew begins a new history.

const plotSamples = 300;
const rowDocuments = 6;
const snapshotEvery = 10;
const snapshots = 31;

const at = (status) => Date.parse(status.at) / 1000;

// Of the totals of two documents, for each second between.
const rates = {
  messagesIn: (t) => t.messages.to_backend,
  messagesOut: (t) => t.messages.to_client,
  bytesIn: (t) => t.bytes.to_backend + t.body_bytes.to_backend,
  bytesOut: (t) => t.bytes.to_client + t.body_bytes.to_client,
  upgrades: (t) => t.tunnels_opened,
  requests: (t) => t.requests - (t.requests_by_class["1xx"] ?? 0),
  failures: (t) => t.requests_by_class["5xx"] ?? 0,
  closes: (t) => t.tunnels_closed,
};

export const keys = {
  routes: (row) => row.route,
  pools: (row) => row.pool,
  backends: (row) => `${row.pool}/${row.backend}`,
};

export class History {
  samples = []; // {at, tunnels, and the rates by name}
  #documents = []; // {at, status, rows}
  #snapshots = []; // {at, all, routes}

  add(status) {
    const last = this.#documents.at(-1);
    if (last && last.status.process.started !== status.process.started) this.clear();
    this.#sample(status);
    this.#documents.push({ at: at(status), status, rows: index(status) });
    if (this.#documents.length > rowDocuments) this.#documents.shift();
    this.#snapshot(status);
  }

  clear() {
    this.samples = [];
    this.#documents = [];
    this.#snapshots = [];
  }

  // Of a counter of a row, over the last seconds; null before there are two documents.
  rate(section, key, counter) {
    const first = this.#documents[0];
    const last = this.#documents.at(-1);
    if (!first || last.at <= first.at) return null;
    const before = first.rows[section].get(key);
    const now = last.rows[section].get(key);
    if (!now) return null;
    return Math.max(0, (counter(now) - (before ? counter(before) : 0)) / (last.at - first.at));
  }

  // The traffic of five minutes ago, or of the first that was seen; undefined: there was none of it then.
  before(route) {
    const first = this.#snapshots[0];
    return route === "" ? first?.all : first?.routes.get(route);
  }

  #sample(status) {
    const now = { at: at(status), tunnels: status.totals.tunnels_active };
    const last = this.#documents.at(-1);
    const seconds = last ? now.at - last.at : 0;
    for (const [name, counter] of Object.entries(rates)) {
      const grown = last ? counter(status.totals) - counter(last.status.totals) : 0;
      now[name] = seconds > 0 ? Math.max(0, grown / seconds) : null;
    }
    this.samples.push(now);
    if (this.samples.length > plotSamples) this.samples.shift();
  }

  #snapshot(status) {
    const last = this.#snapshots.at(-1);
    if (last && at(status) - last.at < snapshotEvery) return;
    const routes = new Map(status.routes.map((row) => [row.route, ends(row)]));
    this.#snapshots.push({ at: at(status), all: ends(status.totals), routes });
    if (this.#snapshots.length > snapshots) this.#snapshots.shift();
  }
}

function index(status) {
  const out = {};
  for (const [section, key] of Object.entries(keys))
    out[section] = new Map(
      status[section].filter((row) => row.tunnels_opened !== undefined).map((row) => [key(row), row]),
    );
  return out;
}

const ends = (row) => ({
  handshake_seconds: row.handshake_seconds,
  lifetime_seconds: row.lifetime_seconds,
  request_seconds: row.request_seconds,
  close_codes: row.close_codes,
  closed_by: row.closed_by,
});
