// Closes, disconnects and reconnects, against a server that follows a script. In Node alone.

import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";

import { WebSocket } from "ws";

import * as chat from "../../examples/contract/client.ts";
import { connected, Server } from "./peer.ts";
import type { Config, Scenarios } from "./peer.ts";
import { expect, inTime, Inbox, refusal, same } from "./support.ts";

async function closeCodes(server: Server): Promise<void> {
  for (const code of [1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 3500, 3999, 4400, 4401, 4403, 4404, 4500, 4999]) {
    const [ws, peer] = await connected(server);
    const closes = new Inbox<chat.CloseInfo>();
    ws.on("close", closes.put);
    ws.on("reconnect", () => closes.put({ code: 0, reason: "", clean: false, willReconnect: true }));
    peer.socket.close(code, "because");
    const expected = { code, reason: "because", clean: true, willReconnect: false };
    same(await closes.next(`${code}`), expected, `the close with ${code}`);
    same([ws.isConnected(), closes.waiting], [false, 0], `what follows ${code}`);
    // A closed client can connect again.
    await inTime(ws.connect(), "a connection after the end");
    await ws.disconnect();
    (await server.peers.next("its other end")).socket.terminate();
    same((await closes.next("the last close")).code, 1000, `what came after ${code}`);
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
  const attempts = new Inbox<number>();
  ws.on("reconnect", attempts.put);
  first.socket.close(4401);
  const second = await server.peers.next("once more, with another code");
  same(second.url, "/?code=2", "the second URL");
  second.socket.close(4401);
  same([(await closes.next("1")).code, (await closes.next("2")).code], [4401, 4401], "the closes");
  await inTime(ws.connect(), "a new start");
  const third = await server.peers.next("by hand");
  same(third.url, "/?code=3", "the third URL");
  same(attempts.waiting, 1, "attempts");
  third.socket.close(4403);
  same((await server.peers.next("another start, another try")).url, "/?code=4", "the fourth URL");
  await ws.disconnect();

  const failing = chat.createWebSocketClient({ url: () => Promise.reject(new Error("no code")), webSocket: WebSocket });
  const error = await refusal(failing.connect(), "a URL that can't be had");
  expect(error instanceof chat.WebSocketClientError && String(error.reason).includes("no code"), "the reason is reported");
  const nonsense = chat.createWebSocketClient({ url: () => "not a URL?code=secret", webSocket: WebSocket });
  const refused = await refusal(nonsense.connect(), "no URL");
  expect(inspect(refused).includes("url must be absolute"), "so is that of a bad URL");
  const nobody = chat.createWebSocketClient({ url: "ws://127.0.0.1:1/?code=secret", webSocket: WebSocket });
  const unreached = await refusal(nobody.connect(), "nobody there");
  expect(inspect(unreached).includes("ECONNREFUSED"), "and that of an absent server");
  for (const reported of [refused, unreached]) {
    expect(!inspect(reported, { depth: 9, showHidden: true }).includes("secret"), "no error has the URL in it");
  }
}

async function flapping(server: Server): Promise<void> {
  const [ws, peer] = await connected(server, { maxReconnectAttempts: 3 });
  const attempts = new Inbox<number>();
  const failed = new Inbox<void>();
  ws.on("reconnect", attempts.put);
  ws.on("reconnect-failed", failed.put);
  const closed = new Inbox<chat.CloseInfo>();
  ws.on("close", closed.put);
  peer.socket.terminate();
  await closed.next("the first end");
  const joined = ws.connect();
  // Each connection is accepted and dropped: the count continues.
  for (let n = 1; n <= 3; n += 1) (await server.peers.next(`connection ${n}`)).socket.terminate();
  await failed.next("the end of attempts");
  await inTime(joined, "connect() resolves at the first success");
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
    same((await errors.next("an event")).kind, "queue-full", "and reports it");
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

  // Two bytes each in UTF-8: a little over half of the bound.
  const half = "é".repeat(270_000);
  ws.off("open");
  const closes = new Inbox<chat.CloseInfo>();
  ws.on("close", closes.put);
  peer.socket.terminate();
  await closes.next("a disconnect");
  ws.send("chat", { user: "", content: half });
  await overflows(half);
  ws.send("chat", { user: "", content: "small" });
  await ws.connect();
  const again = await server.peers.next("the server's end");
  for (const length of [half.length, 5]) {
    same(((await again.next("chat"))["data"] as chat.Chat).content.length, length, "the length");
  }
  again.socket.terminate();
  await closes.next("another disconnect");
  // Messages that were sent no longer count.
  ws.send("chat", { user: "", content: half });
  await ws.connect();
  await (await server.peers.next("the server's end")).next("chat");
  await overflows("é".repeat(530_000));
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
  for (const event of ["open", "close", "error", "reconnect"] as const)
    ws.onEvent(event, () => void events.push(event));
  await Promise.resolve();
  await ws.disconnect();
  await ws.disconnect();
  same(events, ["open", "close"], "the events of a disconnect");

  // While connecting, twice.
  const joined = [ws.connect(), ws.connect()];
  const refusals = Promise.all(joined.map((attempt) => refusal(attempt, "an attempt that is stopped")));
  await ws.disconnect();
  same(
    (await refusals).map((error) => (error as chat.WebSocketClientError).kind),
    ["closed", "closed"],
    "both attempts",
  );
  // While waiting to reconnect, from within the event.
  const [lost, end] = await connected(server);
  const stopped = new Inbox<void>();
  lost.on("reconnect", (attempt) => {
    same(attempt, 1, "the attempt");
    void lost.disconnect().then(() => stopped.put());
  });
  end.socket.terminate();
  await stopped.next("stopped");
  const [other, next] = await connected(server, { url: `${server.url}/other` });
  same([next.url, lost.isConnected()], ["/other", false], "the next connection");
  await other.disconnect();
}

async function deadlines(): Promise<void> {
  // Accepts a connection, and never answers the upgrade.
  const deaf = createServer((socket) => socket.on("error", () => undefined).resume());
  deaf.listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const url = `ws://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const ws = chat.createWebSocketClient({ url, webSocket: WebSocket, connectTimeout: 50 });
  const error = await refusal(ws.connect(), "a server that is deaf");
  expect(String(error).includes("50 ms"), "the deadline is named");
  const slow = chat.createWebSocketClient({
    url: () => new Promise(() => undefined),
    webSocket: WebSocket,
    connectTimeout: 50,
  });
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
    expect(String(await refusal(make(), "no WebSocket")).includes("webSocket"), "a missing WebSocket is reported");
  }
}

/** Delays are random within bounds, so that clients don't reconnect all at once. */
async function delays(server: Server): Promise<void> {
  const [timer, random] = [globalThis.setTimeout, Math.random];
  const asked: number[] = [];
  const [ws, peer] = await connected(server, { reconnectInterval: 3000, maxReconnectAttempts: Infinity });
  // No real wait. Only the delays between attempts are of these lengths.
  const quick = (work: () => void, delay = 0): ReturnType<typeof timer> => {
    const isDelay = delay >= 2400 && delay !== 10_000 && delay < 30_000;
    if (isDelay) asked.push(Math.round(delay));
    return timer(work, isDelay ? 0 : delay);
  };
  Object.assign(globalThis, { setTimeout: quick });
  let end = peer;
  for (const [chance, code] of [
    [0, 1001],
    [0.5, 1001],
    [0.99, 1001],
    [0, 1012],
    [0.5, 1013],
    [0.99, 1012],
  ] as const) {
    Math.random = () => chance;
    end.socket.close(code);
    end = await server.peers.next(`back after ${code}`);
    await inTime(ws.connect(), "the client's end");
  }
  Object.assign(globalThis, { setTimeout: timer });
  Math.random = random;
  await ws.disconnect();
  same(asked, [2400, 3000, 3588, 5000, 17_500, 29_750], "the delays");
}

/** A pending connect() fails when the attempts end. */
async function hopeless(): Promise<void> {
  const server = await Server.start();
  const [ws] = await connected(server, { maxReconnectAttempts: 1 });
  const closes = new Inbox<chat.CloseInfo>();
  ws.on("close", closes.put);
  await server.stop();
  await closes.next("the end");
  const error = await refusal(ws.connect(), "a connection to nobody");
  same((error as chat.WebSocketClientError).kind, "connect", "the refusal");
}

export const SCENARIOS: Scenarios = {
  closeCodes,
  freshUrls,
  flapping,
  queue,
  states,
  deadlines,
  badSettings,
  delays,
  hopeless,
};
