// Two pages in headless Chromium ask an API of another origin: node cors_page.mjs OUR_PAGE OTHER_PAGE API
//
// Prints what each page could see as JSON.
import { launchBrowser } from "./browser.mjs";

const [ours, other, api] = process.argv.slice(2);
const browser = await launchBrowser();

// In the page: what a script of it can do with the API.
async function tryAll(url) {
  const attempt = async (options) => {
    try {
      const answer = await fetch(url, { credentials: "include", ...options });
      return {
        status: answer.status,
        body: await answer.text(),
        shown: answer.headers.get("X-Shown"),
        hidden: answer.headers.get("X-Hidden"),
      };
    } catch {
      return "refused";
    }
  };
  return {
    get: await attempt({}),
    put: await attempt({ method: "PUT", headers: { "X-Tenant": "blue" }, body: "x" }),
    delete: await attempt({ method: "DELETE" }),
    header: await attempt({ headers: { "X-Other": "1" } }),
  };
}

async function asked(from) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(from);
  return page.evaluate(tryAll, api);
}

try {
  console.log(JSON.stringify({ ours: await asked(ours), other: await asked(other) }));
} finally {
  await browser.close();
}
