// Clients of backends of other forms, in Node: node wires_node.js

import { WebSocket } from "ws";

import { runWires } from "./wire_scenarios.ts";
import { WireServers } from "./wire_servers.ts";

const servers = await WireServers.start();
try {
  await runWires({
    urls: servers.urls,
    webSocket: WebSocket,
    frames: (name) => servers.frames(name),
    cut: (name) => servers.cut(name),
    report: (line) => console.log(line),
  });
  console.log("all passed");
} finally {
  servers.stop();
}
