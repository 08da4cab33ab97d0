// A line or two over the last minutes, drawn as SVG; no library, for this is all that is plotted over time.
// The axis begins with a minute and grows to five.
//
// A pointer or the arrow keys read a moment; otherwise the newest value is shown. A gap of the samples is a
// gap of the line.
import { drawing, element, setAttribute, setText } from "./dom.js";
import { duration } from "./format.js";

const shortest = 60; // seconds that the axis shows
const longest = 300;
const gap = 3.5;
const height = 96;
const top = 8;
const bottom = 16;

// The next round number whose half is one too; of bytes, by powers of 1024.
export function niceAbove(value, isBytes = false) {
  if (value <= 0) return 1;
  const unit = isBytes ? 1024 ** Math.floor(Math.log2(value) / 10) : 1;
  const power = unit * 10 ** Math.floor(Math.log10(value / unit));
  return [1, 2, 3, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

export class TimePlot {
  #samples = [];
  #picked = null; // the time that is read, in seconds before the newest
  #width = 300;
  #span = shortest;

  // `series` are {name, label}, of which `name` is a member of a sample; one or two of them.
  constructor({ title, series, format, least = 1, isBytes = false }) {
    Object.assign(this, { title, series, format, least, isBytes });
    this.figures = series.map(() => element("span", { class: "figure" }));
    this.moment = element("span", { class: "moment" });
    this.grid = drawing("g", { class: "grid" });
    this.labels = drawing("g", { class: "labels" });
    this.lines = series.map((_, i) => drawing("path", { class: `line line-${i + 1}` }));
    this.areas = series.map((_, i) => drawing("path", { class: `area area-${i + 1}` }));
    this.cursor = drawing("line", { class: "cursor", y1: top, y2: height - bottom });
    this.svg = drawing(
      "svg",
      { class: "plot", role: "img", tabindex: 0, height },
      this.grid,
      ...this.areas,
      ...this.lines,
      this.labels,
      this.cursor,
    );
    this.root = element(
      "figure",
      { class: "card rate" },
      element("figcaption", {}, element("span", { class: "title" }, title), this.moment),
      this.#head(),
      this.svg,
    );
    this.#listen();
  }

  #head() {
    const parts = this.series.map(({ label }, i) =>
      element(
        "span",
        { class: `reading reading-${i + 1}` },
        this.figures[i],
        ...(label ? [element("span", { class: "key" }, label)] : []),
      ),
    );
    return element("div", { class: "readings" }, ...parts);
  }

  #listen() {
    new ResizeObserver(([entry]) => {
      this.#width = Math.max(120, Math.round(entry.contentRect.width));
      this.#draw();
    }).observe(this.svg);
    this.svg.addEventListener("pointermove", (event) => {
      const { left, width } = this.svg.getBoundingClientRect();
      this.#pick(this.#span * (1 - (event.clientX - left) / width));
    });
    for (const name of ["pointerleave", "blur"]) this.svg.addEventListener(name, () => this.#pick(null));
    this.svg.addEventListener("keydown", (event) => {
      const step = this.#span / 60;
      const steps = { ArrowLeft: step, ArrowRight: -step };
      if (event.key === "Escape") this.#pick(null);
      if (!(event.key in steps)) return;
      event.preventDefault();
      this.#pick((this.#picked ?? 0) + steps[event.key]);
    });
  }

  #pick(seconds) {
    this.#picked = seconds === null ? null : Math.min(this.#span, Math.max(0, seconds));
    this.#draw();
  }

  update(samples) {
    this.#samples = samples;
    this.#span = Math.min(longest, Math.max(shortest, samples.at(-1).at - samples[0].at));
    this.#draw();
  }

  #x(sample) {
    return this.#width * (1 - (this.#samples.at(-1).at - sample.at) / this.#span);
  }

  #draw() {
    const samples = this.#samples.filter((sample) => sample[this.series[0].name] !== null);
    setAttribute(this.svg, "viewBox", `0 0 ${this.#width} ${height}`);
    const highest = Math.max(0, ...samples.flatMap((sample) => this.series.map(({ name }) => sample[name])));
    const most = niceAbove(Math.max(highest, this.least), this.isBytes);
    this.#drawGrid(most);
    this.series.forEach(({ name }, i) => this.#drawLine(samples, name, i, most));
    this.#read(samples, highest);
  }

  // The labels lie above the lines, each with a rim of the ground.
  #drawGrid(most) {
    const levels = [0, 0.5, 1].map((part) => [most * part, this.#y(most * part, most)]);
    this.grid.replaceChildren(
      ...levels.map(([, y]) => drawing("line", { x1: 0, x2: this.#width, y1: y, y2: y })),
    );
    const past = `${duration(Math.round(this.#span))} ago`;
    this.labels.replaceChildren(
      ...levels.slice(1).map(([value, y]) => drawing("text", { x: 0, y: y - 2 }, this.format(value))),
      drawing("text", { x: 0, y: height - 3 }, past),
      drawing("text", { x: this.#width, y: height - 3, "text-anchor": "end" }, "now"),
    );
  }

  #y(value, most) {
    return Math.round((height - bottom - (value / most) * (height - bottom - top - 8)) * 10) / 10;
  }

  #drawLine(samples, name, i, most) {
    let line = "";
    let area = "";
    let begun = null;
    samples.forEach((sample, at) => {
      const x = Math.round(this.#x(sample) * 10) / 10;
      const breaks = at === 0 || sample.at - samples[at - 1].at > gap;
      if (breaks && begun !== null) area += this.#close(begun, this.#x(samples[at - 1]));
      if (breaks) begun = x;
      const step = `${breaks ? "M" : "L"}${x} ${this.#y(sample[name], most)}`;
      line += step;
      area += step;
    });
    if (begun !== null) area += this.#close(begun, this.#x(samples.at(-1)));
    setAttribute(this.lines[i], "d", line);
    setAttribute(this.areas[i], "d", area);
  }

  #close(from, to) {
    return `L${Math.round(to * 10) / 10} ${height - bottom}L${from} ${height - bottom}Z`;
  }

  #read(samples, highest) {
    const newest = samples.at(-1);
    const isNow = this.#picked === null;
    const wanted = newest && newest.at - (this.#picked ?? 0);
    const read =
      newest &&
      samples.reduce((best, sample) =>
        Math.abs(sample.at - wanted) < Math.abs(best.at - wanted) ? sample : best,
      );
    this.series.forEach(({ name }, i) => setText(this.figures[i], read ? this.format(read[name]) : "–"));
    setText(this.moment, isNow || !read ? "" : `${duration(Math.round(newest.at - read.at))} ago`);
    this.cursor.classList.toggle("off", isNow || !read);
    for (const end of ["x1", "x2"]) setAttribute(this.cursor, end, read ? this.#x(read) : 0);
    const told = this.series.map(
      ({ name, label }) => `${label ?? ""} ${read ? this.format(read[name]) : "nothing yet"}`,
    );
    setAttribute(
      this.svg,
      "aria-label",
      `${this.title}: ${told.join(", ")} ${this.moment.textContent}, highest ${this.format(highest)}`,
    );
  }
}
