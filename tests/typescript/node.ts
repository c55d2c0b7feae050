// Runs the scenarios in Node: node node.js CHAT [PREFIX]. With PREFIX, those of the other
// files whose names begin with it.

import process from "node:process";

import { WebSocket } from "ws";

import { SCENARIOS as CALLS } from "./calls.ts";
import { SCENARIOS as FIELD } from "./field.ts";
import { SCENARIOS as FORMS } from "./forms.ts";
import { SCENARIOS as FRAMES } from "./frames.ts";
import { SCENARIOS as MODEL } from "./model.ts";
import { SCENARIOS as RECONNECT } from "./reconnect.ts";
import { SCENARIOS as SESSIONS } from "./sessions.ts";
import { SCENARIOS as RUNNING } from "./running.ts";
import { Server } from "./peer.ts";
import { run } from "./scenarios.ts";
import { ChatServer, mute } from "./server.ts";

const [chat = "", prefix] = process.argv.slice(2);
for (const [name, scenario] of Object.entries(prefix === undefined ? { ...FRAMES, ...RECONNECT } : { ...FIELD, ...CALLS, ...SESSIONS, ...MODEL, ...RUNNING, ...FORMS })) {
  if (prefix !== undefined && !name.startsWith(prefix)) continue;
  const server = await Server.start();
  await scenario(server);
  await server.stop();
  console.log(`ok ${name}`);
}

if (prefix !== undefined) process.exit();

const server = new ChatServer(chat);
await server.start();
const silent = await mute();
try {
  await run({
    url: server.url,
    muteUrl: silent.url,
    webSocket: WebSocket,
    stop: () => server.stop(),
    start: () => server.start(),
    report: (line) => console.log(line),
  });
  console.log("all passed");
} finally {
  await server.stop();
  for (const client of silent.server.clients) client.terminate();
  silent.server.close();
}
