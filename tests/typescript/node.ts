// Runs the scenarios in Node: node node.js CHAT

import process from "node:process";

import { WebSocket } from "ws";

import { run as runBare } from "./bare.ts";
import { run as runChat } from "./scenarios.ts";
import { ChatServer, mute } from "./server.ts";

await runBare();

const [chat = ""] = process.argv.slice(2);
const server = new ChatServer(chat);
await server.start();
const silent = await mute();
try {
  await runChat({
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
