// What the typed client does against a server that does what a scenario tells it. In Node alone.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { WebSocket, WebSocketServer } from "ws";

import * as chat from "../../examples/contract/client.ts";
import * as odd from "../../schema/tests/typescript/odd.ts";
import * as shop from "../../schema/tests/typescript/shop.ts";
import { expect, inTime, Inbox, refusal, same } from "./support.ts";

/** One connection, at the server. */
class Peer {
  readonly socket: WebSocket;
  readonly url: string;
  readonly frames = new Inbox<Record<string, unknown>>();

  constructor(socket: WebSocket, url: string) {
    this.socket = socket;
    this.url = url;
    socket.on("message", (data: Buffer) => this.frames.put(JSON.parse(data.toString()) as Record<string, unknown>));
  }

  say(type: string, data?: unknown): void {
    this.socket.send(JSON.stringify({ type, data }));
  }

  next(type: string): Promise<Record<string, unknown>> {
    return this.frames.until((frame) => frame["type"] === type, `a "${type}"`);
  }
}

class Server {
  readonly #server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  readonly peers = new Inbox<Peer>();

  static async start(): Promise<Server> {
    const server = new Server();
    await once(server.#server, "listening");
    server.#server.on("connection", (socket, request) => server.peers.put(new Peer(socket, request.url ?? "")));
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.#server.clients) client.terminate();
    return inTime(stopped, "the server stops");
  }
}

type Config = Partial<chat.WebSocketConfig>;

/** A client, connected, and the server's end of it. */
async function connected(server: Server, config: Config = {}): Promise<[chat.WebSocketClient, Peer]> {
  const ws = chat.createWebSocketClient({ url: server.url, webSocket: WebSocket, reconnectInterval: 20, ...config });
  await inTime(ws.connect(), "a connection");
  return [ws, await server.peers.next("the server's end")];
}

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
  const malformed = ["", "nonsense", "[]", "null", "1", "{}", '{"type":1}', '{"type":"chat"} x', '{"type":"chat","data":{},"timestamp":-1}', '{"type":"chat","data":{},"timestamp":"1"}', "[".repeat(100_000)];
  for (const text of malformed) peer.socket.send(text);
  peer.socket.send(Buffer.from("{}"));
  for (const text of [...malformed, "binary"]) same((await errors.next(text)).kind, "malformed", text.slice(0, 50));
  peer.say("chat");
  same((await errors.next("no payload")).kind, "payload", "a chat without data");
  peer.say("constructor", 1);
  peer.say("weather", { rain: true });
  same((await unknown.next("constructor")).type, "constructor", "an unknown type");
  same(await unknown.next("weather"), { type: "weather", data: { rain: true } }, "an unknown message");
  // What is harmless: keys in any order, keys that nobody knows, a null timestamp.
  peer.socket.send('{"more":1,"timestamp":null,"data":{"user":"a","content":"b","extra":1},"type":"chat"}');
  same((await lines.next("a line")).content, "b", "the line");
  same([errors.waiting, ws.isConnected()], [0, true], "further errors");
  await ws.disconnect();
}

async function heartbeats(server: Server): Promise<void> {
  const [ws, peer] = await connected(server, { heartbeatInterval: 50, heartbeatTimeout: 50 });
  const errors = new Inbox<chat.WebSocketClientError>();
  ws.on("error", errors.put);
  // Whatever arrives is life, so each beat is answered differently.
  const answers = [() => peer.say("pong"), () => peer.say("weather"), () => peer.socket.send("nonsense")];
  const alive = new Inbox<void>();
  ws.on("unknown", () => alive.put());
  const { data } = await peer.next("ping");
  expect(Number.isInteger((data as { timestamp: unknown }).timestamp), "a heartbeat tells the time");
  for (const answer of answers) answer();
  await alive.next("life");
  // An inbound ping is answered, and is no message.
  peer.say("ping", { timestamp: 1 });
  await peer.next("pong");
  same(await errors.until((error) => error.kind === "heartbeat", "a missed beat").then(() => 0), 0, "the miss");
  const again = await server.peers.next("a new connection");
  await ws.disconnect();
  again.socket.terminate();

  const [quiet, end] = await connected(server, { heartbeatInterval: 0 });
  quiet.send("join", { user: "a" });
  await end.next("join");
  await quiet.disconnect();
  same(end.frames.waiting, 0, "heartbeats of a client without");
}

async function closeCodes(server: Server): Promise<void> {
  for (const code of [1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 3500, 3999, 4400, 4401, 4403, 4404, 4500, 4999]) {
    const [ws, peer] = await connected(server);
    const closes = new Inbox<chat.CloseInfo>();
    ws.on("close", closes.put);
    ws.on("reconnect", () => closes.put({ code: 0, reason: "", clean: false }));
    peer.socket.close(code, "because");
    same(await closes.next(`${code}`), { code, reason: "because", clean: true }, `the close with ${code}`);
    same([ws.isConnected(), closes.waiting], [false, 0], `what follows ${code}`);
    // The end is no prison.
    await inTime(ws.connect(), "a connection after the end");
    await ws.disconnect();
    (await server.peers.next("its other end")).socket.terminate();
  }
  for (const code of [1000, 1001, 1011, 1014, 3001, 3499, 4000, 4402, 4499]) {
    const [ws, peer] = await connected(server);
    peer.socket.close(code);
    await server.peers.next(`a new connection after ${code}`);
    await ws.disconnect();
  }
}

async function freshUrls(server: Server): Promise<void> {
  let made = 0;
  const url = async (): Promise<string> => `${server.url}/?code=${await Promise.resolve(++made)}`;
  const [ws, first] = await connected(server, { url });
  same(first.url, "/?code=1", "the first URL");
  const closes = new Inbox<chat.CloseInfo>();
  ws.on("close", closes.put);
  first.socket.close(4401);
  const second = await server.peers.next("once more, with another code");
  same(second.url, "/?code=2", "the second URL");
  second.socket.close(4401);
  same([(await closes.next("1")).code, (await closes.next("2")).code], [4401, 4401], "the closes");
  await inTime(ws.connect(), "a new start");
  same((await server.peers.next("by hand")).url, "/?code=3", "no attempt of its own after the second refusal");
  await ws.disconnect();

  const failing = chat.createWebSocketClient({ url: () => Promise.reject(new Error("no code")), webSocket: WebSocket });
  const error = await refusal(failing.connect(), "a URL that can't be had");
  expect(error instanceof chat.WebSocketClientError && String(error.reason).includes("no code"), "the reason is told");
  const nonsense = chat.createWebSocketClient({ url: "not a URL", webSocket: WebSocket });
  expect((await refusal(nonsense.connect(), "no URL")) instanceof chat.WebSocketClientError, "so is that of a bad URL");
}

async function flapping(server: Server): Promise<void> {
  const [ws, peer] = await connected(server, { maxReconnectAttempts: 3 });
  const attempts = new Inbox<number>();
  const failed = new Inbox<void>();
  ws.on("reconnect", attempts.put);
  ws.on("reconnect-failed", failed.put);
  peer.socket.terminate();
  // Each is taken and dropped: the count goes on.
  for (let n = 1; n <= 3; n += 1) (await server.peers.next(`connection ${n}`)).socket.terminate();
  await failed.next("the end of attempts");
  same([await attempts.next("1"), await attempts.next("2"), await attempts.next("3")], [1, 2, 3], "the attempts");
  same([attempts.waiting, failed.waiting], [0, 0], "more of them");

  const [steady, end] = await connected(server, { maxReconnectAttempts: 1, minUptime: 0 });
  steady.on("reconnect", attempts.put);
  end.socket.terminate();
  for (let n = 1; n <= 5; n += 1) {
    same(await attempts.next("an attempt"), 1, "after a good connection it counts from 1");
    (await server.peers.next("a connection")).socket.terminate();
  }
  await steady.disconnect();
}

async function queue(server: Server): Promise<void> {
  const ws = chat.createWebSocketClient({ url: server.url, webSocket: WebSocket });
  const errors = new Inbox<chat.WebSocketClientError>();
  ws.on("error", errors.put);
  const overflows = async (content: string): Promise<void> => {
    let thrown: unknown;
    try {
      ws.send("chat", { user: "", content });
    } catch (error) {
      thrown = error;
    }
    expect(thrown instanceof chat.WebSocketClientError && thrown.kind === "queue-full", "a full queue throws");
    same((await errors.next("an event")).kind, "queue-full", "and tells");
  };
  for (let n = 0; n < 1024; n += 1) ws.send("chat", { user: "", content: String(n) });
  await overflows("one more");
  ws.on("open", () => ws.send("join", { user: "after the queue" }));
  await ws.connect();
  const peer = await server.peers.next("the server's end");
  for (let n = 0; n < 1024; n += 1) {
    same(((await peer.next("chat"))["data"] as chat.Chat).content, String(n), "the order");
  }
  await peer.next("join");
  await ws.disconnect();

  // Two bytes each in UTF-8: a little over half of the bound.
  const half = "é".repeat(270_000);
  ws.send("chat", { user: "", content: half });
  await overflows(half);
  ws.send("chat", { user: "", content: "small" });
  await ws.connect();
  const again = await server.peers.next("the server's end");
  for (const length of [half.length, 5]) {
    same(((await again.next("chat"))["data"] as chat.Chat).content.length, length, "the length");
  }
  ws.send("chat", { user: "", content: half });
  await again.next("chat");
  await overflows("é".repeat(530_000));
  await ws.disconnect();
}

async function handlers(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  const heard: string[] = [];
  const errors = new Inbox<chat.WebSocketClientError>();
  const done = new Inbox<void>();
  const stopError = ws.on("error", errors.put);
  const third = (): void => void heard.push("third");
  const late = (): void => void heard.push("late");
  ws.on("chat", () => {
    heard.push("first");
    ws.off("chat", third);
    ws.on("chat", late);
    throw new Error("first");
  });
  ws.on("chat", async () => {
    heard.push("second");
    await Promise.reject(new Error("second"));
  });
  ws.on("chat", third);
  const stop = ws.on("chat", () => void heard.push("fourth"));
  ws.on("notification", () => done.put());
  peer.say("chat", { user: "", content: "" });
  const reasons = [await errors.next("one"), await errors.next("two")].map(({ kind, reason }) => [kind, String(reason)]);
  same(reasons, [["handler", "Error: first"], ["handler", "Error: second"]], "what failed");
  stop();
  peer.say("chat", { user: "", content: "" });
  peer.say("notification", {});
  await done.next("the last message");
  same(heard, ["first", "second", "fourth", "first", "second", "late"], "who was called");
  await errors.next("one more");
  await errors.next("and one more");
  ws.off("chat");
  peer.say("chat", { user: "", content: "" });
  peer.say("notification", {});
  await done.next("the last message again");
  same(heard.length, 6, "calls after off()");

  // With nobody to tell, a failure still isn't silent.
  stopError();
  ws.on("chat", () => {
    throw new Error("unheard");
  });
  const real = console.error;
  const told = new Inbox<unknown>();
  console.error = (...words: unknown[]) => told.put(words[1]);
  peer.say("chat", { user: "", content: "" });
  const words = await told.next("a line on the console").finally(() => {
    console.error = real;
  });
  same(String(words), "Error: unheard", "the console");
  await ws.disconnect();
}

async function lateOpen(server: Server): Promise<void> {
  const [ws] = await connected(server);
  const opens = new Inbox<void>();
  ws.on("open", () => opens.put());
  await opens.next("an open that has been");
  // Gone before its turn.
  ws.on("open", () => opens.put())();
  await Promise.resolve();
  same(opens.waiting, 0, "opens");
  await ws.disconnect();
}

async function states(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  await inTime(ws.connect(), "connect() while open");
  const closing = ws.disconnect();
  let thrown: unknown;
  try {
    ws.send("join", { user: "" });
  } catch (error) {
    thrown = error;
  }
  expect(thrown instanceof chat.WebSocketClientError && thrown.kind === "closed", "send() while closing throws");
  const again = ws.connect();
  await inTime(Promise.all([closing, ws.disconnect(), again]), "disconnect() and connect() while closing");
  peer.socket.terminate();
  await server.peers.next("the next connection");
  const events: string[] = [];
  for (const event of ["open", "close", "error", "reconnect"] as const) ws.onEvent(event, () => void events.push(event));
  await Promise.resolve();
  await ws.disconnect();
  await ws.disconnect();
  same(events, ["open", "close"], "the events of a disconnect");

  // While connecting, twice.
  const joined = [ws.connect(), ws.connect()];
  const refusals = Promise.all(joined.map((attempt) => refusal(attempt, "an attempt that is stopped")));
  await ws.disconnect();
  same((await refusals).map((error) => (error as chat.WebSocketClientError).kind), ["closed", "closed"], "both attempts");
  // While waiting to come back, from within the event.
  const [lost, end] = await connected(server);
  const stopped = new Inbox<void>();
  lost.on("reconnect", (attempt) => {
    same(attempt, 1, "the attempt");
    void lost.disconnect().then(() => stopped.put());
  });
  end.socket.terminate();
  await stopped.next("stopped");
  same(lost.isConnected(), false, "a connection");
}

async function deadlines(): Promise<void> {
  // Takes a connection, and never answers the upgrade.
  const { createServer } = await import("node:net");
  const deaf = createServer((socket) => socket.on("error", () => undefined).resume());
  deaf.listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const url = `ws://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const ws = chat.createWebSocketClient({ url, webSocket: WebSocket, connectTimeout: 50 });
  const error = await refusal(ws.connect(), "a server that is deaf");
  expect(String(error).includes("50 ms"), "the deadline is told");
  const slow = chat.createWebSocketClient({ url: () => new Promise(() => undefined), webSocket: WebSocket, connectTimeout: 50 });
  expect(String(await refusal(slow.connect(), "a URL that never comes")).includes("50 ms"), "it holds for the URL too");
  deaf.close();
}

async function badSettings(): Promise<void> {
  const wrong: Config[] = [
    { heartbeatInterval: -1 },
    { heartbeatInterval: NaN },
    { heartbeatInterval: 2 ** 31 },
    { heartbeatInterval: 1000, heartbeatTimeout: 1001 },
    { reconnectInterval: 0 },
    { maxReconnectAttempts: -1 },
    { connectTimeout: 0 },
    { minUptime: NaN },
  ];
  for (const config of wrong) {
    const make = async (): Promise<unknown> =>
      Promise.resolve(chat.createWebSocketClient({ url: "ws://h", webSocket: WebSocket, ...config }));
    const error = await refusal(make(), JSON.stringify(config));
    expect(error instanceof RangeError && error.message.startsWith(Object.keys(config).at(-1) ?? "?"), String(error));
  }
  if (!("WebSocket" in globalThis)) {
    const make = async (): Promise<unknown> => Promise.resolve(chat.createWebSocketClient({ url: "ws://h" }));
    expect(String(await refusal(make(), "no WebSocket")).includes("webSocket"), "a missing WebSocket is told");
  }
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
  const heard = [await messages.next("error"), await messages.next("open"), await messages.next("世界")];
  same(heard, [{ detail: "d" }, "nothing", [1]], "the messages");
  same((await events.next("the event")).kind, "malformed", "the event");
  ws.send("__proto__", { a: 1 });
  same((await peer.next("__proto__"))["data"], { a: 1 }, "a strange name");
  await ws.disconnect();
}

const ALL = { wireForm, strangeFrames, heartbeats, closeCodes, freshUrls, flapping, queue, handlers, lateOpen, states, deadlines, badSettings, shadows };

/** Runs all, each against a server of its own. */
export async function run(): Promise<void> {
  for (const [name, scenario] of Object.entries(ALL)) {
    const server = await Server.start();
    await scenario(server);
    await server.stop();
    console.log(`ok ${name}`);
  }
}
