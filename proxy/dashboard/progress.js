// Drains and rebalancing, as bars of what is done of them.
import { byId, element, keyed, setText } from "./dom.js";
import { count, duration, words } from "./format.js";

export class Progress {
  constructor() {
    this.list = element("ul", { class: "progress" });
    this.nothing = element("p", { class: "empty" }, "Nothing is being drained or rebalanced.");
    byId("progress").append(this.list, this.nothing);
  }

  update(status) {
    const steps = [...status.drains.map(drainStep), ...status.rebalancing.map(rebalanceStep)];
    this.nothing.hidden = steps.length !== 0;
    this.list.hidden = steps.length === 0;
    keyed(this.list, steps, { key: ({ title }) => title, make: makeStep, update: updateStep });
  }
}

function drainStep(drain) {
  const gone = drain.total - drain.left;
  const rest =
    drain.state !== "drained" && drain.seconds_left > 0
      ? `, ${duration(Math.ceil(drain.seconds_left))} of its window left`
      : "";
  return {
    title: `Drain of ${drain.kind} ${drain.name}`,
    part: drain.total ? gone / drain.total : drain.state === "drained" ? 1 : 0,
    text: `${drain.state}: ${count(gone)} of ${count(drain.total)} told to leave, ${count(drain.open)} open${rest}`,
  };
}

function rebalanceStep(pool) {
  const title = `Rebalancing of pool ${pool.pool}`;
  if (pool.by_value) return { title, part: null, text: `${words(pool.state)}; by value` };
  const above = pool.above_share_percent;
  return {
    title,
    part: pool.state === "rebalancing" ? 1 - Math.min(1, above / 100) : null,
    text: `${words(pool.state)}: the fullest is ${above} % above its share, ${count(pool.would_close)} to move`,
  };
}

function makeStep({ title }) {
  const item = element("li", {}, element("span", { class: "name" }, title));
  item.bar = element("progress", { max: 1, "aria-label": title });
  item.text = element("span", { class: "hint" });
  item.append(item.bar, item.text);
  return item;
}

function updateStep(item, { part, text }) {
  item.bar.hidden = part === null;
  if (part !== null) item.bar.value = part;
  setText(item.text, text);
}
