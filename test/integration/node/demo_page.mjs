// Two tabs of headless Chromium on the demo's page: node demo_page.mjs URL SCREENSHOT
//
// The page is used as a person would: by its text box and by what it shows, whatever its markup.
import assert from "node:assert/strict";
import { launchBrowser } from "./browser.mjs";

const [url, screenshot] = process.argv.slice(2);
const browser = await launchBrowser();
const problems = [];

async function openTab() {
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(url);
  await page.getByRole("textbox").last().waitFor();
  return page;
}

async function say(page, line) {
  const box = page.getByRole("textbox").last();
  await box.fill(line);
  await box.press("Enter");
}

const patience = { timeout: 30_000 };
const sees = (page, text) => page.getByText(text).first().waitFor(patience);
// The page names it when its socket is open; what is typed before that is not sent.
const namesItsBackend = (page) =>
  page.waitForFunction(
    () => /^backend/i.test(document.getElementById("backend").textContent),
    null,
    patience,
  );

try {
  const tabs = [await openTab(), await openTab()];
  for (const tab of tabs) await namesItsBackend(tab);
  await say(tabs[0], "ahoy from the first tab");
  await say(tabs[1], "ahoy from the second tab");
  for (const tab of tabs) {
    await sees(tab, "ahoy from the first tab");
    await sees(tab, "ahoy from the second tab");
  }
  await tabs[0].screenshot({ path: screenshot, fullPage: true });
  assert.deepEqual(problems, []);
  console.log("ok");
} finally {
  await browser.close();
}
