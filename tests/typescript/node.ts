// Runs the scenarios in Node: node node.js CHAT, or those of `field.ts` that begin with a word: node node.js CHAT WORD

import process from "node:process";

import { WebSocket } from "ws";

import { SCENARIOS as FIELD } from "./field.ts";
import { SCENARIOS as FRAMES } from "./frames.ts";
import { SCENARIOS as LIFE } from "./life.ts";
import { Server } from "./peer.ts";
import { run } from "./scenarios.ts";
import { ChatServer, mute } from "./server.ts";

const [chat = "", word] = process.argv.slice(2);
for (const [name, scenario] of Object.entries(word === undefined ? { ...FRAMES, ...LIFE } : FIELD)) {
  if (word !== undefined && !name.startsWith(word)) continue;
  const server = await Server.start();
  await scenario(server);
  await server.stop();
  console.log(`ok ${name}`);
}

if (word !== undefined) process.exit();

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
    tell: (line) => console.log(line),
  });
  console.log("all passed");
} finally {
  await server.stop();
  for (const client of silent.server.clients) client.terminate();
  silent.server.close();
}
