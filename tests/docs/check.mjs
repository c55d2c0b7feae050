// Looks at pages in a browser: `node check.mjs CHROMIUM FOLDER`. Each page in the folder is judged by
// axe-core, wide and on a phone, light and dark, and must make no network requests. The page
// `shop.html` is used as a reader would.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [executablePath, folder] = process.argv.slice(2);
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const files = readdirSync(folder).filter((file) => file.endsWith(".html")).sort();
const urlOf = (file) => pathToFileURL(resolve(folder, file)).href;
let faults = 0;

function expect(holds, message) {
  if (holds) return;
  faults += 1;
  console.log(`fault: ${message}`);
}

// Opens a page that reports whatever it fetches or complains of.
async function open(browser, file, options) {
  const context = await browser.newContext({ ...options, offline: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const name = `${file} (${options.colorScheme ?? "light"}, ${options.viewport.width} px)`;
  page.on("request", (request) => {
    expect(request.url().split("#")[0] === urlOf(file), `${name} asks for ${request.url()}`);
  });
  page.on("console", (message) => expect(false, `${name} logs ${message.text()}`));
  page.on("pageerror", (error) => expect(false, `${name} fails: ${error}`));
  page.on("dialog", (dialog) => expect(false, `${name} opens a dialog: ${dialog.message()}`));
  await page.goto(urlOf(file));
  return { page, name, close: () => context.close() };
}

const shown = (page, selector) => page.locator(`${selector}:visible`).count();

async function isAccessible(page, name) {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  expect(passes.length > 20, `${name}: axe checked only ${passes.length} rules`);
  for (const { id, nodes } of violations) {
    expect(false, `${name}: ${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
  }
}

async function judge(browser, file, options) {
  const { page, name, close } = await open(browser, file, options);
  await isAccessible(page, name);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width <= options.viewport.width, `${name} is ${width} px wide`);
  const doubled = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  });
  expect(doubled.length === 0, `${name} has ids twice: ${doubled.join(" ")}`);
  const lost = await page.evaluate(() =>
    [...document.querySelectorAll("a[href^='#']")]
      .map((link) => link.getAttribute("href").slice(1))
      .filter((id) => !document.getElementById(id)),
  );
  expect(lost.length === 0, `${name} links to what isn't there: ${lost.join(" ")}`);
  const levels = await page.evaluate(() =>
    [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(({ tagName }) => +tagName[1]),
  );
  const isOrdered = levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1);
  expect(isOrdered, `${name} skips a level of headings: ${levels.join(" ")}`);
  await close();
}

async function search(browser) {
  const { page, close } = await open(browser, "shop.html", { viewport: { width: 1280, height: 800 } });
  const all = await shown(page, "article.entry");
  await page.keyboard.press("/");
  await page.keyboard.type("street");
  expect((await shown(page, "article.entry")) === 1, "a search for a field leaves other entries");
  expect(await page.locator("#message-order-update").isVisible(), "a search hides what it found");
  expect((await shown(page, "nav li")) === 1, "a search leaves other contents");
  const status = await page.locator("#found").textContent();
  expect(status === `1 of ${all} messages and types match`, `a search says ${status}`);
  const marks = await page.evaluate(() => CSS.highlights.get("found").size);
  expect(marks > 0, "a search marks nothing");
  await isAccessible(page, "a search");
  await page.keyboard.press("Enter");
  const focused = await page.evaluate(() => document.activeElement.closest("article")?.id);
  expect(focused === "message-order-update", `Enter goes to ${focused}`);

  await page.locator("#search").fill("no such thing");
  expect(await page.locator("#empty").isVisible(), "a vain search says nothing");
  await isAccessible(page, "a vain search");
  await page.locator("#search").press("Escape");
  expect((await shown(page, "article.entry")) === all, "Escape leaves entries hidden");

  // From a message that was found to a type that was not.
  await page.locator("#search").fill("chat");
  expect(await page.locator("#type-Role").isHidden(), "a search leaves what it didn't find");
  await page.evaluate(() => { location.hash = "type-Role"; });
  await page.waitForFunction(() => document.querySelector("#search").value === "");
  expect(await page.locator("#type-Role").isVisible(), "a link leads to something hidden");
  await page.evaluate(() => { location.hash = "%"; });

  await page.locator("#search").fill("chat");
  await page.locator("#message-chat a", { hasText: "User" }).click();
  const top = (await page.locator("#type-User").boundingBox())?.y ?? -1;
  expect(top >= 0 && top < 800, `a click on a type that the search hid leads to ${top} px`);
  await close();
}

async function keyboard(browser) {
  const { page, close } = await open(browser, "shop.html", { viewport: { width: 1280, height: 800 } });
  await page.keyboard.press("Tab");
  const skip = await page.locator(".skip").boundingBox();
  expect(skip.y >= 0, "the skip link isn't seen where it has the focus");
  await page.keyboard.press("Enter");
  const focused = await page.evaluate(() => document.activeElement.id);
  expect(focused === "content", `the skip link goes to ${focused}`);
  // Tab goes through everything and out again.
  const stops = await page.evaluate(() => document.querySelectorAll("a, button, input").length);
  const seen = new Set();
  for (let count = 0; count < stops + 2; count += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const isSeen = element === document.body || style.outlineStyle !== "none";
      return { key: element.outerHTML.slice(0, 300) + element.closest("[id]")?.id, isSeen };
    });
    expect(stop.isSeen, `the focus isn't seen on ${stop.key}`);
    seen.add(stop.key);
  }
  expect(seen.size > stops / 2, `Tab stops at ${seen.size} places of ${stops}`);
  await close();
}

async function theme(browser) {
  const options = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
  const { page, close } = await open(browser, "shop.html", options);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.locator("#theme").click();
  const dark = await paper();
  expect(light !== dark, "the theme's button changes nothing");
  const pressed = await page.locator("#theme").getAttribute("aria-pressed");
  expect(pressed === "true", "the theme's button doesn't show its state");
  await page.reload();
  expect((await paper()) === dark, "the theme is forgotten");
  await close();
}

async function phone(browser) {
  const { page, close } = await open(browser, "shop.html", { viewport: { width: 360, height: 740 } });
  expect(await page.locator("#contents").isHidden(), "the contents cover a phone from the start");
  await page.locator("#menu").click();
  expect(await page.locator("#contents").isVisible(), "the contents don't open");
  await isAccessible(page, "open contents");
  await page.locator("#contents a", { hasText: "tags" }).click();
  expect(await page.locator("#contents").isHidden(), "the contents stay open");
  const { y } = await page.locator("#message-tags").boundingBox();
  expect(y >= 0 && y < 740, `a link of the contents leads to ${y} px`);
  await close();
}

async function withoutScript(browser) {
  for (const width of [1280, 360]) {
    const options = { viewport: { width, height: 740 }, javaScriptEnabled: false };
    const { page, close } = await open(browser, "shop.html", options);
    expect(await page.locator("#search").isHidden(), "the search shows without JavaScript");
    expect(await page.locator("#contents").isVisible(), "the contents hide without JavaScript");
    expect(await page.locator("#message-chat").isVisible(), "messages hide without JavaScript");
    await close();
  }
}

// The content security policy: injected content neither runs nor is fetched.
async function policy(browser) {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.goto(urlOf("shop.html"));
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<p onclick='globalThis.ran = true' id=evil>x</p>");
    document.getElementById("evil").click();
    return globalThis.ran === true;
  });
  expect(!ran, "the policy lets other scripts run");
  await context.close();
}

const profile = mkdtempSync(join(tmpdir(), "wirebond-docs-"));
const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: profile } });
try {
  for (const file of files) {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 360]) {
        await judge(browser, file, { colorScheme, viewport: { width, height: 800 } });
      }
    }
  }
  for (const use of [search, keyboard, theme, phone, withoutScript, policy]) await use(browser);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(`${files.length} pages, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
