// Tables that change in place: rows known by a key, sorted by a column's button, filtered by a text.
//
// Bounded: beyond `most` rows a button shows the others. On a narrow page the style turns rows into blocks
// with the column's name before each value, so roles are said and not left to the element.
import { element, keyed, setAttribute, setText } from "./dom.js";
import { count } from "./format.js";

export class Table {
  #rows = [];
  #sort = null;
  #isWhole = false;

  // `columns` are {label, value(row), text(row), kind, draw(cell, row)}: what sorts it, what is written, and
  // a class; `draw` fills the cell instead of `text`.
  constructor({ label, columns, key, empty, most = 50, filter, onOpen }) {
    Object.assign(this, { columns, key, most, filter, onOpen });
    this.body = element("tbody", { role: "rowgroup" });
    this.headers = columns.map((column, i) => this.#header(column, i));
    this.table = element(
      "table",
      { role: "table", "aria-label": label },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...this.headers)),
      this.body,
    );
    this.nothing = element("p", { class: "empty", hidden: "" }, empty);
    this.more = element("button", { type: "button", class: "more", hidden: "" });
    this.more.addEventListener("click", () => {
      this.#isWhole = !this.#isWhole;
      this.#show();
    });
    this.root = element("div", { class: "table" }, this.table, this.nothing, this.more);
    filter?.addEventListener("input", () => this.#show());
  }

  #header(column, i) {
    const cell = element("th", { role: "columnheader", scope: "col", class: column.kind });
    if (!column.value) {
      cell.append(column.label);
      return cell;
    }
    const button = element("button", { type: "button" }, column.label);
    button.addEventListener("click", () => {
      this.#sort = { i, isDown: this.#sort?.i === i ? !this.#sort.isDown : true };
      this.#show();
    });
    cell.append(button);
    return cell;
  }

  update(rows) {
    this.#rows = rows;
    this.#show();
  }

  #show() {
    const wanted = this.filter?.value.trim().toLowerCase();
    let rows = wanted ? this.#rows.filter((row) => this.key(row).toLowerCase().includes(wanted)) : this.#rows;
    if (this.#sort) {
      const { value } = this.columns[this.#sort.i];
      const factor = this.#sort.isDown ? -1 : 1;
      const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      rows = rows.toSorted((a, b) => factor * compare(value(a) ?? -1, value(b) ?? -1));
    }
    this.headers.forEach((cell, i) =>
      setAttribute(
        cell,
        "aria-sort",
        this.#sort?.i !== i ? null : this.#sort.isDown ? "descending" : "ascending",
      ),
    );
    const shown = this.#isWhole ? rows : rows.slice(0, this.most);
    keyed(this.body, shown, {
      key: this.key,
      make: () => this.#makeRow(),
      update: (tr, row) => this.#fill(tr, row),
    });
    this.table.hidden = shown.length === 0;
    this.nothing.hidden = shown.length !== 0;
    this.more.hidden = rows.length <= this.most;
    setText(this.more, this.#isWhole ? "Show fewer" : `Show all ${count(rows.length)}`);
  }

  #makeRow() {
    const cells = this.columns.map(({ label, kind }) =>
      element("td", { role: "cell", class: kind, "data-label": label }),
    );
    const tr = element("tr", { role: "row" }, ...cells);
    if (this.onOpen) {
      tr.classList.add("opens");
      tr.addEventListener("click", () => this.onOpen(tr.shown));
    }
    return tr;
  }

  #fill(tr, row) {
    tr.shown = row;
    this.columns.forEach((column, i) => {
      const cell = tr.cells[i];
      if (column.draw) column.draw(cell, row);
      else setText(cell, column.text(row));
    });
  }
}

// A figure with a bar of its part behind it.
export function drawBar(cell, part, text, level = "") {
  cell.bar ??= element("span", { class: "bar", "aria-hidden": "true" });
  cell.text ??= element("span", { class: "bar-text" });
  if (!cell.bar.isConnected)
    cell.replaceChildren(element("span", { class: "track", "aria-hidden": "true" }, cell.bar), cell.text);
  cell.bar.style.inlineSize = `${Math.min(100, Math.max(0, part * 100))}%`;
  setAttribute(cell.bar, "data-level", level || null);
  setText(cell.text, text);
}

// A word with a mark whose shape says the same as its colour.
export function drawBadge(cell, word, level, more = "") {
  cell.badge ??= element("span", { class: "badge" });
  cell.reason ??= element("span", { class: "reason" });
  if (!cell.badge.isConnected) cell.replaceChildren(cell.badge, cell.reason);
  setText(cell.badge, word);
  setAttribute(cell.badge, "data-level", level);
  setText(cell.reason, more);
  cell.reason.hidden = more === "";
}

// Words with their counts as bars, the largest first.
export class Counts {
  constructor({ empty }) {
    this.list = element("ul", { class: "counts" });
    this.nothing = element("p", { class: "empty" }, empty);
    this.root = element("div", {}, this.list, this.nothing);
  }

  update(entries) {
    const rows = entries.filter(([, value]) => value > 0).toSorted((a, b) => b[1] - a[1]);
    const most = rows[0]?.[1] ?? 1;
    this.list.hidden = rows.length === 0;
    this.nothing.hidden = rows.length !== 0;
    keyed(this.list, rows, {
      key: ([name]) => name,
      make: ([name]) => {
        const figure = element("span", { class: "number" });
        const item = element("li", {}, element("span", { class: "name" }, name), figure);
        item.figure = figure;
        return item;
      },
      update: (item, [, value]) => drawBar(item.figure, value / most, count(value)),
    });
  }
}
