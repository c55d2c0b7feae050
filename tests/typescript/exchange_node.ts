// Node against a server whose messages have the tags of the client's: node exchange_node.js URL

import process from "node:process";

import { WebSocket } from "ws";

import * as exchange from "./generated/exchange.ts";
import { inTime, Inbox, refusal, same } from "./support.ts";

const [url = ""] = process.argv.slice(2);
const ws = exchange.createWebSocketClient({ url, webSocket: WebSocket });
const [subscribed, alive, said] = [new Inbox<exchange.Accepted>(), new Inbox<exchange.Accepted>(), new Inbox<exchange.Said>()];
ws.on("subscribed", subscribed.put);
ws.on("alive", alive.put);
ws.on("said", said.put);
await inTime(ws.connect(), "a connection");
ws.send("subscribe", { args: ["a", "b"] });
same(await subscribed.next("the answer"), { success: true, args: 2 }, "the answer");
ws.send("poke");
same(await alive.next("a sign of life"), { success: true, args: null }, "a sign of life");
ws.send("said", { text: "x" });
same(await said.next("an echo"), { text: "x" }, "an echo");
const loose = ws as unknown as { send(type: string, data: unknown): void };
const wrong = await refusal((async () => loose.send("subscribed", {}))(), "a message of the server's");
same(wrong instanceof TypeError, true, "the refusal");
await ws.disconnect();
console.log("all passed");
process.exit();
