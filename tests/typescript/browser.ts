// Runs the scenarios in headless Chromium: node browser.js CHAT CHROMIUM
// or messages that survive their connections: node browser.js - CHROMIUM URL COUNT

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";

import { chromium } from "playwright-core";

import { ChatServer, mute } from "./server.ts";
import type { Wire } from "./wire_scenarios.ts";
import { WireServers } from "./wire_servers.ts";

const [chat = "", executablePath = "", lastingUrl, count] = process.argv.slice(2);

/** All that the page may load: compiled by the same run. */
const root = new URL("../../", import.meta.url);

const files = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://h").pathname;
  if (path === "/") {
    response.setHeader("Content-Type", "text/html");
    response.end(
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/tests/typescript/page.js"></script>',
    );
    return;
  }
  readFile(new URL(`.${path}`, root)).then(
    (text) => {
      response.setHeader("Content-Type", "text/javascript");
      response.end(text);
    },
    () => {
      response.statusCode = 404;
      response.end();
    },
  );
});
files.listen(0, "127.0.0.1");
await once(files, "listening");
const { port } = files.address() as AddressInfo;

const server = new ChatServer(chat);
if (lastingUrl === undefined) await server.start();
const silent = await mute();
const wires = await WireServers.start();
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const faults: string[] = [];
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => {
    // The browser itself says so when a server isn't there, which is what some scenarios are about.
    const isDisconnect = line.text().startsWith("WebSocket connection to 'ws://127.0.0.1:");
    if (["error", "warning"].includes(line.type()) && !isDisconnect) faults.push(line.text());
  });
  await page.exposeFunction("stopServer", () => server.stop());
  await page.exposeFunction("startServer", () => server.start());
  await page.exposeFunction("reportToTest", (line: string) => console.log(line));
  await page.exposeFunction("wireFrames", (name: Wire) => wires.frames(name));
  await page.exposeFunction("cutWire", (name: Wire) => wires.cut(name));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction("window.runScenarios !== undefined");
  // As text: this file is compiled without the types of a page.
  if (lastingUrl === undefined) {
    await page.evaluate(`window.runScenarios(${JSON.stringify(server.url)}, ${JSON.stringify(silent.url)})`);
    await page.evaluate(`window.runWires(${JSON.stringify(wires.urls)})`);
  } else console.log(await page.evaluate(`window.runLasting(${JSON.stringify(lastingUrl)}, ${Number(count)})`));
  if (faults.length > 0) throw new Error(`the page has errors:\n${faults.join("\n")}`);
  if (lastingUrl === undefined) console.log("all passed");
} finally {
  await browser.close();
  await server.stop();
  for (const client of silent.server.clients) client.terminate();
  silent.server.close();
  wires.stop();
  files.close();
}
