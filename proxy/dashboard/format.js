// How figures are written. Everywhere the same, and in English, whatever the browser speaks.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function count(value) {
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value);
}

export function rate(value) {
  if (value === null || value === undefined) return "–";
  if (value > 0 && value < 10) return value.toFixed(value < 1 ? 2 : 1);
  return count(value);
}

const sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  let step = 0;
  while (value >= 1024 && step < sizes.length - 1) {
    value /= 1024;
    ++step;
  }
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${sizes[step]}`;
}

export const byteRate = (value) => (value === null || value === undefined ? "–" : `${bytes(value)}/s`);

// Two units at most: "3 d 4 h", "12 min 5 s", "1.5 s", "250 ms", "80 µs".
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds === 0) return "0 s";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${short(seconds * 1e3)} ms`;
  if (seconds < 60) return `${short(seconds)} s`;
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  const [size, unit] = units[first];
  const [nextSize, nextUnit] = units[first + 1] ?? [1, "s"];
  const rest = Math.floor((seconds % size) / nextSize);
  const head = `${Math.floor(seconds / size)} ${unit}`;
  return rest === 0 ? head : `${head} ${rest} ${nextUnit}`;
}

const short = (value) => (value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10));

export const share = (ratio) => `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)} %`;

// A bound of a histogram, as short as an axis wants it.
export const bound = (seconds) => duration(seconds).replaceAll(" ", "");

export const clock = (text) => (text ? text.replace("T", " ").replace(/\.\d+Z$|Z$/, "") : "–");

export const words = (label) => label.replaceAll("_", " ");
