// A histogram of times: a bar for each bucket, and where the median and the tail are.
import { drawing, element, setAttribute, setText } from "./dom.js";
import { bound, count, duration } from "./format.js";

const height = 122;
const top = 16;
const bottom = 20;

// Of a cumulative histogram what came since `before`, by bucket; undefined: nothing did.
export function bucketsSince(now, before) {
  if (!now) return undefined;
  const grown = now.cumulative.map((value, i) => value - (before?.cumulative[i] ?? 0));
  const buckets = grown.map((value, i) => value - (grown[i - 1] ?? 0));
  return grown.at(-1) > 0 ? buckets : undefined;
}

// By a straight line through the bucket it falls into; above the last bound there is only that bound.
export function quantile(buckets, bounds, part) {
  const rank = part * buckets.reduce((sum, value) => sum + value, 0);
  let below = 0;
  for (let i = 0; i < bounds.length; ++i) {
    if (below + buckets[i] >= rank && buckets[i] > 0) {
      const from = i === 0 ? 0 : bounds[i - 1];
      return { seconds: from + ((rank - below) / buckets[i]) * (bounds[i] - from), isAbove: false };
    }
    below += buckets[i];
  }
  return { seconds: bounds.at(-1), isAbove: true };
}

const told = ({ seconds, isAbove }) => (isAbove ? `> ${duration(seconds)}` : `≈ ${duration(seconds)}`);

export class BarPlot {
  #width = 300;
  #shown = [];

  constructor({ title, empty }) {
    Object.assign(this, { title, empty });
    this.quantiles = element("p", { class: "quantiles" });
    this.nothing = element("p", { class: "empty" }, empty);
    this.svg = drawing("svg", { class: "plot bars", role: "img", height });
    this.root = element(
      "figure",
      {},
      element("figcaption", {}, element("h3", {}, title)),
      this.quantiles,
      this.svg,
      this.nothing,
    );
    new ResizeObserver(([entry]) => {
      this.#width = Math.max(160, Math.round(entry.contentRect.width));
      this.#draw(...this.#shown);
    }).observe(this.root);
  }

  update(buckets, bounds) {
    this.#shown = [buckets, bounds];
    this.#draw(buckets, bounds);
  }

  #draw(buckets, bounds) {
    this.svg.toggleAttribute("hidden", !buckets);
    this.quantiles.hidden = !buckets;
    this.nothing.hidden = Boolean(buckets);
    if (!buckets) return;
    const parts = [
      ["median", 0.5],
      ["95 %", 0.95],
      ["99 %", 0.99],
    ].map(([name, part]) => `${name} ${told(quantile(buckets, bounds, part))}`);
    const total = buckets.reduce((sum, value) => sum + value, 0);
    setText(this.quantiles, parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" · "));
    setAttribute(this.svg, "aria-label", `${this.title}, ${count(total)} in all: ${parts.join(", ")}`);
    setAttribute(this.svg, "viewBox", `0 0 ${this.#width} ${height}`);
    this.#drawBars(buckets, bounds);
  }

  // Without the empty ends.
  #drawBars(buckets, bounds) {
    const first = Math.max(0, buckets.findIndex((value) => value > 0) - 1);
    const last = Math.min(buckets.length - 1, buckets.findLastIndex((value) => value > 0) + 1);
    const most = Math.max(...buckets);
    const step = this.#width / (last - first + 1);
    const everyLabel = Math.ceil(46 / step);
    const drawn = [];
    for (let i = first; i <= last; ++i) {
      const x = (i - first) * step;
      const size = ((height - top - bottom) * buckets[i]) / most;
      const name = i < bounds.length ? `up to ${duration(bounds[i])}` : `above ${duration(bounds.at(-1))}`;
      const bar = drawing(
        "rect",
        {
          x: x + 1.5,
          width: Math.max(1, step - 3),
          rx: 2,
          y: height - bottom - size,
          height: Math.max(buckets[i] > 0 ? 1.5 : 0, size),
        },
        drawing("title", {}, `${name}: ${count(buckets[i])}`),
      );
      drawn.push(bar);
      if (buckets[i] > 0 && step > 24)
        drawn.push(
          drawing(
            "text",
            { x: x + step / 2, y: height - bottom - size - 4, "text-anchor": "middle" },
            count(buckets[i]),
          ),
        );
      if ((i - first) % everyLabel === 0)
        drawn.push(
          drawing(
            "text",
            { x: x + step / 2, y: height - bottom + 14, "text-anchor": "middle" },
            i < bounds.length ? bound(bounds[i]) : "more",
          ),
        );
    }
    drawn.push(
      drawing("line", { class: "axis", x1: 0, x2: this.#width, y1: height - bottom, y2: height - bottom }),
    );
    this.svg.replaceChildren(...drawn);
  }
}
