// The tables of source ports, reloads, certificates and workers, and the line at the top.
import { byId } from "./dom.js";
import { bytes, clock, count, duration, share } from "./format.js";
import { drawBadge, drawBar, Table } from "./table.js";

const levelOf = (ratio) => (ratio >= 0.95 ? "bad" : ratio > 0.8 ? "notice" : "");

const fullIn = (seconds) =>
  seconds === undefined ? "not in sight" : seconds === 0 ? "is full" : duration(seconds);

export class Sources {
  constructor() {
    this.table = new Table({
      label: "Source ports",
      key: (row) => `${row.pool} ${row.destination}`,
      most: 12,
      empty: "No pool dials by TCP from this machine.",
      columns: [
        { label: "Pool", text: (row) => row.pool, kind: "name" },
        { label: "Destination", text: (row) => row.destination, kind: "long" },
        {
          label: "Used",
          kind: "number wide",
          draw: (cell, row) => drawBar(cell, row.used_ratio, share(row.used_ratio), levelOf(row.used_ratio)),
        },
        {
          label: "Ports",
          kind: "number",
          text: (row) => `${count(row.in_use + row.set_aside)} of ${count(row.capacity)}`,
        },
        { label: "Full in", kind: "number", text: (row) => fullIn(row.full_in_seconds) },
      ],
    });
    byId("sources").append(this.table.root);
  }

  // The fullest first: that is what is looked for here.
  update(status) {
    this.table.update(status.sources.toSorted((a, b) => b.used_ratio - a.used_ratio));
  }
}

const changesOf = (row) =>
  Object.entries(row.changes ?? {})
    .map(([kind, number]) => `${kind}: ${number}`)
    .join(", ") || "nothing changed";

export function reloadTable() {
  const table = new Table({
    label: "Reloads",
    key: (row) => `${row.at} ${row.generation}`,
    empty: "The configuration is the one of the start.",
    columns: [
      { label: "When (UTC)", text: (row) => clock(row.at), kind: "name" },
      { label: "By", text: (row) => row.by },
      {
        label: "Result",
        kind: "state",
        draw: (cell, row) =>
          drawBadge(
            cell,
            row.ok ? "in force" : "refused",
            row.ok ? "good" : "bad",
            row.ok ? changesOf(row) : (row.first_error ?? row.error ?? ""),
          ),
      },
      { label: "Generation", text: (row) => count(row.generation), kind: "number" },
      { label: "Tunnels leaving", text: (row) => count(row.tunnels_leaving ?? 0), kind: "number" },
    ],
  });
  byId("reloads").append(table.root);
  return table;
}

export function certificateTable() {
  const table = new Table({
    label: "Certificates",
    key: (row) => `${row.used_by} ${row.certificate}`,
    empty: "No certificate is in use.",
    columns: [
      { label: "Certificate", text: (row) => row.certificate, kind: "name path long" },
      { label: "Used by", text: (row) => row.used_by },
      { label: "State", kind: "state", draw: drawCertificate },
    ],
  });
  byId("certificates").append(table.root);
  return table;
}

function drawCertificate(cell, row) {
  const left = row.expires_in_seconds;
  const level =
    left <= 0 || row.refused ? "bad" : left < 14 * 86_400 || row.staple_left_out ? "notice" : "good";
  const more = [row.refused ? "a newer file was refused" : "", row.staple_left_out ? "not stapled" : ""];
  drawBadge(
    cell,
    left <= 0 ? "expired" : `expires in ${duration(left)}`,
    level,
    more.filter(Boolean).join(", "),
  );
}

export function workerTable() {
  const number = (label, name) => ({ label, kind: "number", text: (row) => count(row[name]) });
  const table = new Table({
    label: "Workers",
    key: (row) => String(row.number),
    empty: "There is no worker.",
    columns: [
      { label: "Worker", text: (row) => String(row.number), kind: "name" },
      number("Connections", "connections"),
      number("Sessions", "sessions"),
      number("Tunnels", "tunnels"),
      number("Accepted", "accepted"),
      number("Accept pauses", "accept_pauses"),
      number("Log lines dropped", "log_lines_dropped"),
    ],
  });
  byId("workers").append(table.root);
  return table;
}

// What the process is, beside its name.
export function identityOf(status) {
  const { process, configuration } = status;
  const memory = process.resident_bytes === undefined ? "–" : bytes(process.resident_bytes);
  const open = process.descriptors_open;
  return [
    ["Version", status.version],
    ["Up for", duration(process.uptime_seconds)],
    ["Generation", String(configuration.generation)],
    ["Memory", memory],
    ["Descriptors", open === undefined ? "–" : `${count(open)} of ${count(process.descriptors_limit)}`],
    ["Process", String(process.pid)],
  ];
}
