// Frames, and who is called for them: against a server that follows a script. In Node alone.

import { WebSocket } from "ws";

import * as chat from "../../examples/contract/client.ts";
import * as odd from "./generated/odd.ts";
import * as shop from "./generated/shop.ts";
import { connected } from "./peer.ts";
import type { Scenarios, Server } from "./peer.ts";
import { expect, Inbox, same } from "./support.ts";

async function wireForm(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  const before = Date.now();
  ws.send("chat", { user: "Ada", content: "x" });
  const { timestamp, ...rest } = await peer.next("chat");
  same(rest, { type: "chat", data: { user: "Ada", content: "x" } }, "the frame");
  expect(Number(timestamp) >= before && Number(timestamp) <= Date.now(), "the timestamp is now");
  await ws.disconnect();

  const market = shop.createWebSocketClient({ url: server.url, webSocket: WebSocket });
  await market.connect();
  const stall = await server.peers.next("the server's end");
  market.send("leave");
  expect(!("data" in (await stall.next("leave"))), "a message without payload has no data");
  await market.disconnect();
}

async function strangeFrames(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  const errors = new Inbox<chat.WebSocketClientError>();
  const unknown = new Inbox<chat.WebSocketMessage>();
  const lines = new Inbox<chat.Chat>();
  ws.on("error", errors.put);
  ws.on("unknown", unknown.put);
  ws.on("chat", lines.put);
  const malformed = [
    "",
    "nonsense",
    "[]",
    "null",
    "1",
    "{}",
    '{"type":1}',
    '{"type":"chat"} x',
    '{"type":"chat","data":{},"timestamp":-1}',
    '{"type":"chat","data":{},"timestamp":"1"}',
    "[".repeat(100_000),
  ];
  for (const text of malformed) peer.socket.send(text);
  peer.socket.send(Buffer.from("{}"));
  for (const text of [...malformed, "binary"]) same((await errors.next(text)).kind, "malformed", text.slice(0, 50));
  peer.say("chat");
  same((await errors.next("no payload")).kind, "payload", "a chat without data");
  peer.say("constructor", 1);
  peer.say("weather", { rain: true });
  same((await unknown.next("constructor")).type, "constructor", "an unknown type");
  same(await unknown.next("weather"), { type: "weather", data: { rain: true } }, "an unknown message");
  // Valid frames: keys in any order, unknown keys, a null timestamp.
  peer.socket.send('{"more":1,"timestamp":null,"data":{"user":"a","content":"b","extra":1},"type":"chat"}');
  same((await lines.next("a line")).content, "b", "the line");
  same([errors.waiting, ws.isConnected()], [0, true], "further errors");
  await ws.disconnect();
}

async function heartbeats(server: Server): Promise<void> {
  const [ws, peer] = await connected(server, { heartbeatInterval: 1000, heartbeatTimeout: 1000 });
  const errors = new Inbox<chat.WebSocketClientError>();
  ws.on("error", errors.put);
  // Any frame counts as activity, so each heartbeat gets a different answer.
  const answers = [() => peer.say("pong"), () => peer.say("weather"), () => peer.socket.send("nonsense")];
  const unknown = new Inbox<chat.WebSocketMessage>();
  ws.on("unknown", unknown.put);
  const { data } = await peer.next("ping");
  expect(Number.isInteger((data as { timestamp: unknown }).timestamp), "a heartbeat carries the time");
  for (const answer of answers) answer();
  same((await unknown.next("the answers")).type, "weather", "the first answer that goes further");
  // An inbound ping is answered, and is no message.
  peer.say("ping", { timestamp: 1 });
  await peer.next("pong");
  same(await errors.until((error) => error.kind === "heartbeat", "a missed beat").then(() => 0), 0, "the miss");
  const again = await server.peers.next("a new connection");
  again.say("weather");
  await unknown.next("life on it");
  same(errors.waiting, 0, "errors of what the old connection still did");
  await ws.disconnect();
  again.socket.terminate();

  const [quiet, end] = await connected(server, { heartbeatInterval: 0 });
  quiet.send("join", { user: "a" });
  await end.next("join");
  await quiet.disconnect();
  same(end.frames.waiting, 0, "heartbeats of a client without");
}

async function handlers(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  const called: string[] = [];
  const errors = new Inbox<chat.WebSocketClientError>();
  const done = new Inbox<void>();
  const stopError = ws.on("error", errors.put);
  const third = (): void => void called.push("third");
  const late = (): void => void called.push("late");
  ws.on("chat", () => {
    called.push("first");
    ws.off("chat", third);
    ws.on("chat", late);
    throw new Error("first");
  });
  ws.on("chat", async () => {
    called.push("second");
    await Promise.reject(new Error("second"));
  });
  ws.on("chat", third);
  const stop = ws.on("chat", () => void called.push("fourth"));
  ws.on("notification", () => done.put());
  peer.say("chat", { user: "", content: "" });
  const reasons = [await errors.next("one"), await errors.next("two")].map(({ kind, reason }) => [
    kind,
    String(reason),
  ]);
  same(
    reasons,
    [
      ["handler", "Error: first"],
      ["handler", "Error: second"],
    ],
    "what failed",
  );
  stop();
  peer.say("chat", { user: "", content: "" });
  peer.say("notification", {});
  await done.next("the last message");
  same(called, ["first", "second", "fourth", "first", "second", "late"], "who was called");
  await errors.next("one more");
  await errors.next("and one more");
  ws.off("chat");
  peer.say("chat", { user: "", content: "" });
  peer.say("notification", {});
  await done.next("the last message again");
  same(called.length, 6, "calls after off()");

  // Without an error handler, a failure is logged to the console.
  stopError();
  ws.on("chat", () => {
    throw new Error("unhandled");
  });
  const real = console.error;
  const logged = new Inbox<unknown>();
  console.error = (...args: unknown[]) => logged.put(args[1]);
  peer.say("chat", { user: "", content: "" });
  const line = await logged.next("a line on the console").finally(() => {
    console.error = real;
  });
  same(String(line), "Error: unhandled", "the console");
  await ws.disconnect();
}

async function lateOpen(server: Server): Promise<void> {
  const [ws] = await connected(server);
  const opens = new Inbox<void>();
  ws.on("open", () => opens.put());
  await opens.next("an open that has been");
  // Removed before it is called.
  ws.on("open", () => opens.put())();
  await Promise.resolve();
  same(opens.waiting, 0, "opens");
  await ws.disconnect();
}

async function shadows(server: Server): Promise<void> {
  const ws = odd.createWebSocketClient({ url: server.url, webSocket: WebSocket });
  await ws.connect();
  const peer = await server.peers.next("the server's end");
  const messages = new Inbox<unknown>();
  const events = new Inbox<odd.WebSocketClientError>();
  ws.on("error", messages.put);
  ws.on("open", (data) => messages.put(data ?? "nothing"));
  ws.on("世界", messages.put);
  ws.onEvent("error", events.put);
  peer.say("error", { detail: "d" });
  peer.say("open", { ignored: true });
  peer.say("世界", [1]);
  peer.socket.send("nonsense");
  const received = [await messages.next("error"), await messages.next("open"), await messages.next("世界")];
  same(received, [{ detail: "d" }, "nothing", [1]], "the messages");
  same((await events.next("the event")).kind, "malformed", "the event");
  ws.send("__proto__", { a: 1 });
  same((await peer.next("__proto__"))["data"], { a: 1 }, "a strange name");
  await ws.disconnect();
}

/** In a page, events report the end of a disconnect or of a sleep. */
async function wakes(server: Server): Promise<void> {
  const listeners = new Map<string, (event: { type: string }) => void>();
  const page = {
    addEventListener: (type: string, listener: () => void): void => void listeners.set(type, listener),
    removeEventListener: (type: string): void => void listeners.delete(type),
  };
  Object.assign(globalThis, page, { document: page });
  const [ws, peer] = await connected(server);
  for (const event of ["online", "offline", "visibilitychange"]) {
    listeners.get(event)?.({ type: event });
    await peer.next("ping");
  }
  await ws.disconnect();
  same(listeners.size, 0, "listeners of a client that is closed");
  for (const name of ["addEventListener", "removeEventListener", "document"]) Reflect.deleteProperty(globalThis, name);
}

export const SCENARIOS: Scenarios = { wireForm, strangeFrames, heartbeats, handlers, lateOpen, shadows, wakes };
