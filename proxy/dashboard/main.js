// Brings the stream of statuses to the parts of the page.
import { BarPlot, bucketsSince } from "./bar_plot.js";
import { ConnectionDetail } from "./connection_detail.js";
import { Connections } from "./connections.js";
import { byId, element, keyed, setAttribute, setText } from "./dom.js";
import { byteRate, count, rate, words } from "./format.js";
import { History } from "./history.js";
import { Live, token } from "./live.js";
import { Progress } from "./progress.js";
import { certificateTable, identityOf, reloadTable, Sources, workerTable } from "./sections.js";
import { Counts } from "./table.js";
import { TimePlot } from "./time_plot.js";
import { Backends, Routes } from "./traffic_tables.js";

const history = new History();
const ways = (inName, outName) => [
  { name: inName, label: "to backends" },
  { name: outName, label: "to clients" },
];

const plots = [
  new TimePlot({ title: "Tunnels open", series: [{ name: "tunnels" }], format: count, least: 4 }),
  new TimePlot({ title: "Messages a second", series: ways("messagesIn", "messagesOut"), format: rate }),
  new TimePlot({
    title: "Bytes a second",
    series: ways("bytesIn", "bytesOut"),
    format: byteRate,
    least: 1024,
    isBytes: true,
  }),
  new TimePlot({ title: "Upgrades a second", series: [{ name: "upgrades" }], format: rate }),
  new TimePlot({
    title: "Requests a second",
    series: [
      { name: "requests", label: "all" },
      { name: "failures", label: "5xx" },
    ],
    format: rate,
  }),
  new TimePlot({ title: "Closes a second", series: [{ name: "closes" }], format: rate }),
];
byId("rates").append(...plots.map(({ root }) => root));

const histograms = [
  ["handshake_seconds", new BarPlot({ title: "Time to the 101", empty: "No tunnel was opened." })],
  ["request_seconds", new BarPlot({ title: "Time of requests", empty: "No request was answered." })],
  ["lifetime_seconds", new BarPlot({ title: "Life of tunnels", empty: "No tunnel has ended." })],
];
byId("spread").append(...histograms.map(([, plot]) => plot.root));

const codes = new Counts({ empty: "No tunnel was closed." });
const causes = new Counts({ empty: "No tunnel has ended." });
const refusals = new Counts({ empty: "Nothing was refused." });
byId("codes").append(codes.root);
byId("causes").append(causes.root);
byId("refusals").append(refusals.root);

const detail = new ConnectionDetail();
const connections = new Connections((row, opener) => detail.open(row, opener));
const parts = [new Routes(history), new Backends(history), new Sources(), new Progress()];
const reloads = reloadTable();
const certificates = certificateTable();
const workers = workerTable();
let latest = null;

function showTop(status) {
  const badge = byId("lifecycle");
  badge.hidden = false;
  setText(badge, status.lifecycle);
  setAttribute(badge, "data-level", status.lifecycle === "ready" ? "good" : "notice");
  keyed(byId("identity"), identityOf(status), {
    key: ([name]) => name,
    make: ([name]) => {
      const value = element("dd");
      const item = element("div", {}, element("dt", {}, name), value);
      item.value = value;
      return item;
    },
    update: (item, [, text]) => setText(item.value, text),
  });
  byId("warnings").hidden = status.warnings.length === 0;
  keyed(byId("warning-list"), status.warnings, {
    key: (text) => text,
    make: (text) => element("li", {}, text),
    update: () => {},
  });
  setText(
    byId("warnings-title"),
    status.warnings.length === 1 ? "1 warning" : `${status.warnings.length} warnings`,
  );
  document.title = status.warnings.length ? `(${status.warnings.length}) Fairlead` : "Fairlead";
}

// Nested counts as [words, number], less what was there before.
const pairs = (now, before) =>
  Object.entries(now ?? {}).flatMap(([who, inner]) =>
    Object.entries(inner).map(([what, value]) => [
      `${words(what)}, by the ${who}`,
      value - (before?.[who]?.[what] ?? 0),
    ]),
  );

function showSpread(status) {
  const select = byId("spread-route");
  const names = status.routes.filter((row) => row.configured).map((row) => row.route);
  if (select.offered !== names.join("\n")) {
    select.offered = names.join("\n");
    const chosen = select.value;
    select.replaceChildren(
      select.firstElementChild,
      ...names.map((name) => element("option", { value: name }, name)),
    );
    select.value = names.includes(chosen) ? chosen : "";
  }
  const route = select.value;
  const now = route === "" ? status.totals : status.routes.find((row) => row.route === route);
  const before = byId("spread-window").value === "recent" ? history.before(route) : undefined;
  for (const [name, plot] of histograms)
    plot.update(bucketsSince(now[name], before?.[name]), status.bounds[name]);
  codes.update(pairs(now.close_codes, before?.close_codes));
  causes.update(pairs(now.closed_by, before?.closed_by));
  refusals.update(Object.entries(status.totals.refusals).map(([name, value]) => [words(name), value]));
}

function show(status) {
  latest = status;
  history.add(status);
  showTop(status);
  for (const plot of plots) plot.update(history.samples);
  for (const part of parts) part.update(status);
  showSpread(status);
  connections.offer(status);
  reloads.update(status.reloads);
  certificates.update(status.certificates);
  workers.update(status.workers.map((row, i) => ({ ...row, number: i + 1 })));
}

for (const id of ["spread-route", "spread-window"])
  byId(id).addEventListener("change", () => latest && showSpread(latest));

const live = new Live({
  onStatus: show,
  onState: (state, text) => {
    const wasLive = byId("link").dataset.state === "live";
    byId("link").dataset.state = state;
    setText(byId("link-text"), text);
    document.body.classList.toggle("stale", state !== "live" && latest !== null);
    byId("token-form").hidden = state !== "token";
    if (state === "token") byId("token").focus();
    if (state === "live" && !wasLive) connections.load();
  },
});

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set(byId("token").value.trim());
  byId("token").value = "";
  live.retry();
});

live.run();
