// Headless Chromium that does what it is told: a JSON array [name, ...arguments] on each line of the standard
// input, {"value"} or {"error"} on each line of the output. Ends with its input.
import { createInterface } from "node:readline";
import { launchBrowser } from "./browser.mjs";

const browser = await launchBrowser();
let page;
let troubles = []; // of the console, of scripts, and of the Content-Security-Policy

const patience = { timeout: 20_000 };

const commands = {
  async open(url, options = {}) {
    const context = await browser.newContext(options);
    await context.exposeFunction("noteViolation", (text) => troubles.push(`policy: ${text}`));
    await context.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        window.noteViolation(`${event.violatedDirective} ${event.blockedURI}`),
      ),
    );
    page = await context.newPage();
    page.on("console", (said) => said.type() === "error" && troubles.push(`console: ${said.text()}`));
    page.on("pageerror", (error) => troubles.push(`script: ${error.stack}`));
    page.on("dialog", (dialog) => troubles.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
    page.on("request", (asked) => {
      if (new URL(asked.url()).origin !== new URL(url).origin) troubles.push(`elsewhere: ${asked.url()}`);
    });
    const answer = await page.goto(url);
    return { status: answer.status(), headers: answer.headers() };
  },
  // Of each that is there, the text as it is seen.
  texts: (selector) => page.locator(selector).allInnerTexts(),
  rows: (selector) =>
    page
      .locator(`${selector} tbody tr`)
      .evaluateAll((rows) =>
        rows.map((row) =>
          Object.fromEntries([...row.cells].map((cell) => [cell.dataset.label, cell.textContent])),
        ),
      ),
  count: (selector) => page.locator(selector).count(),
  visible: (selector) => page.locator(selector).first().isVisible(),
  attribute: (selector, name) => page.locator(selector).first().getAttribute(name),
  style: (selector, name) =>
    page
      .locator(selector)
      .first()
      .evaluate((node, of) => getComputedStyle(node)[of], name),
  click: (selector) => page.locator(selector).first().click(patience),
  fill: (selector, text) => page.locator(selector).fill(text, patience),
  select: (selector, value) => page.locator(selector).selectOption(value, patience),
  press: (key) => page.keyboard.press(key),
  scroll: (selector) => page.locator(selector).first().scrollIntoViewIfNeeded(patience),
  title: () => page.title(),
  stored: () => page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } })),
  width: () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]),
  focus: () =>
    page.evaluate(() => {
      const at = document.activeElement;
      const name =
        at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent.trim() ?? at.textContent.trim();
      return {
        tag: at.tagName,
        id: at.id,
        name: name.slice(0, 60),
        outline: getComputedStyle(at).outlineStyle,
      };
    }),
  // What axe finds wrong by WCAG 2.2 AA and its own best practice; the page was opened with bypassCSP.
  async violations() {
    await page.addScriptTag({ path: new URL("node_modules/axe-core/axe.min.js", import.meta.url).pathname });
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, passes } = await page.evaluate((only) => window.axe.run({ runOnly: only }), runOnly);
    const texts = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => `${id}: ${target.join(" ")}`),
    );
    return { texts, passed: passes.length };
  },
  screenshot: (path, options = {}) => page.screenshot({ path, ...options }),
  async close() {
    await page.context().close();
  },
  troubles() {
    const seen = troubles;
    troubles = [];
    return seen;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  const answer = await Promise.resolve()
    .then(() => commands[name](...given))
    .then(
      (value) => ({ value: value ?? null }),
      (error) => ({ error: String(error) }),
    );
  console.log(JSON.stringify(answer));
}
await browser.close();
