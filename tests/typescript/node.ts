// Runs the scenarios in Node: node node.js CHAT

import process from "node:process";

import { WebSocket } from "ws";

import { SCENARIOS as FIELD } from "./field.ts";
import { SCENARIOS as FRAMES } from "./frames.ts";
import { SCENARIOS as LIFE } from "./life.ts";
import { Server } from "./peer.ts";
import { run } from "./scenarios.ts";
import { ChatServer, mute } from "./server.ts";

for (const [name, scenario] of Object.entries({ ...FRAMES, ...LIFE, ...FIELD })) {
  const server = await Server.start();
  await scenario(server);
  await server.stop();
  console.log(`ok ${name}`);
}

const [chat = ""] = process.argv.slice(2);
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
