// Right uses: all of this compiles. It is never run.

import * as chat from "../../examples/contract/client.ts";
import * as market from "./generated/calls.ts";
import * as gateway from "./generated/gateway.ts";
import * as home from "./generated/home.ts";
import * as mixed from "./generated/mixed.ts";
import * as odd from "./generated/odd.ts";
import * as shapes from "./generated/shapes.ts";
import * as shop from "./generated/shop.ts";

export async function chatter(): Promise<string> {
  const ws = chat.createWebSocketClient({
    url: "wss://api.example.com/ws",
    heartbeatInterval: 30_000,
    reconnectInterval: 5000,
    maxReconnectAttempts: 5,
  });
  await ws.connect();
  ws.on("chat", (data) => {
    const user: string = data.user;
    ws.send("chat", { user, content: `${user}?` });
  });
  const stop: () => void = ws.on("notification", ({ level, message }) => {
    const known: "info" | "warning" = level;
    ws.send("chat", { user: known, content: message });
  });
  stop();
  const onChat = (data: chat.Chat): string => data.content;
  ws.on("chat", onChat);
  ws.on("chat", async (data) => {
    await Promise.resolve(data.content);
  });
  ws.off("chat", onChat);
  ws.off("chat");
  ws.on("open", () => ws.send("join", { user: "Ada" }));
  ws.on("close", ({ code, reason, clean }) => [code + 1, reason.length, clean === true]);
  ws.on("error", (error) => error.kind === "queue-full" && error.message);
  ws.on("close", ({ willReconnect, retryIn }) => (willReconnect ? (retryIn ?? 0) / 1000 : 0));
  ws.on("state", (state, { attempt, nextAttemptAt }) => {
    const known: chat.WebSocketState = state;
    return [known, attempt + 1, nextAttemptAt === undefined ? 0 : nextAttemptAt - Date.now()];
  });
  ws.on("unconfirmed", ({ count, messages }) => messages.map(({ type }) => `${count} ${type}`));
  ws.on("dropped", ({ messages }, reason) => reason === "closed" && messages.length > 0);
  ws.on("chat", (data, { timestamp }) => new Date(timestamp ?? Date.now()).getTime() + data.content.length);
  const waits: number = ws.queued + ws.unconfirmed + ws.clearQueue() + ws.stateInfo.attempt;
  const isLost: boolean = waits > 0 && ws.state === "failed";
  ws.on("reconnect", (attempt) => attempt + Number(isLost));
  ws.on("reconnect-failed", () => undefined);
  ws.on("unknown", (message) => message.type.length);
  ws.onEvent("open", () => undefined)();
  ws.offEvent("open");
  ws.off("open");
  if (ws.isConnected()) await ws.disconnect();

  // Frames alone, for users with their own socket.
  const frame = JSON.parse("{}") as chat.ServerMessage;
  switch (frame.type) {
    case "chat":
      return frame.data.content;
    case "notification":
      return frame.data.message;
    case "order-update":
      return frame.data.status;
    case "ping":
    case "pong":
      return String(frame.data?.timestamp ?? frame.timestamp);
  }
}

export async function trader(signal: AbortSignal): Promise<string> {
  const ws = market.createWebSocketClient({ url: "ws://h" });
  const order: market.Order = { item: "tea", qty: 2 };
  await ws.call("refresh");
  const nothing: undefined = await ws.call("refresh", { timeout: 1000 });
  try {
    const { number } = await ws.call("place-order", order, { timeout: 5000, signal, idempotent: true });
    const placed: market.Placed = await ws.call("place-order", order);
    return String(number + placed.number) + String(nothing);
  } catch (error) {
    if (!market.isCallError(error, "place-order")) throw error;
    if (error.kind === "refused") {
      const refused: "sold-out" | "closed" = error.payload;
      return refused;
    }
    const ran: "no" | "maybe" | "yes" = error.ran;
    if (error.kind === "peer") return `${error.code ?? ""} ${error.path ?? ""}`;
    return `${ran} ${error.message}`;
  }
}

export function clerk(): void {
  const ws = market.createWebSocketClient({ url: "ws://h" });
  ws.send("place-order", { item: "tea", qty: 1 });
  ws.on("confirm", ({ text }) => text.length);
  ws.handle("report", () => undefined)();
  ws.handle("report", async () => {
    await Promise.resolve();
  });
  const stop: () => void = ws.handle("confirm", async ({ text }, { signal, timestamp }) => {
    if (signal.aborted || timestamp === undefined) throw new Error("late");
    if (text === "") return new market.WebSocketRefusal("closed");
    await Promise.resolve();
    return text.length > 1;
  });
  stop();
}

export async function lasting(): Promise<string> {
  const ws = market.createWebSocketClient({ url: "ws://h", session: "prefer" });
  ws.on("contract", ({ verdict, refused, unreadable }) => [...refused, ...unreadable, verdict].join());
  ws.on("session", (event) => {
    switch (event.kind) {
      case "began":
      case "resumed":
        return event.id;
      case "lost":
        return event.why;
      case "gap":
        return event.count + 1;
    }
  });
  await ws.flush();
  const { session } = ws;
  return session ?? "none";
}

/** A wrapper of `send` keeps its types. */
export function say<K extends keyof chat.ClientMessages>(ws: chat.WebSocketClient, type: K): (data: chat.ClientMessages[K]) => void {
  return (data) => (ws.send as (type: K, data: chat.ClientMessages[K]) => void)(type, data);
}

export function settings(): chat.WebSocketConfig[] {
  const validate = (type: string, data: unknown): boolean => type !== "" && data !== null;
  const url = "wss://h";
  return [
    { ...chat.presets.patient, url, validate },
    { ...chat.presets.development, url, restartDelay: [100, 200], retryFirstConnect: false },
    { url, protocols: async () => ["v1", await Promise.resolve("token")], overflow: "drop-oldest" },
    { url, restartDelay: 100, maxReconnectInterval: 10_000, confirmInterval: 0, protocols: () => undefined },
  ];
}

export function shopper(): void {
  // A fresh code for each attempt.
  const url = async (): Promise<string> => `wss://api.example.com/ws?code=${await Promise.resolve("1")}`;
  const ws = shop.createWebSocketClient({ url, protocols: ["v1"] });
  ws.send("leave");
  ws.send("tags", ["a", "b"]);
  ws.send("either", null);
  ws.send("either", 1);
  ws.send("external", { Named: { x: true } });
  ws.send("external", "Nothing");
  ws.send("adjacent", { t: "Number", c: 1 });
  ws.on("order-update", (change) => {
    switch (change.kind) {
      case "paid":
        return change.cents;
      case "sent-to":
        return `${change.street} ${change.number}`;
      case "lost":
        return change.kind;
    }
  });
  ws.on("chat", (line) => {
    const [x, y]: [number, number] = line.place;
    const seen: boolean | undefined = line.seen["Ada"];
    const replies: shop.ChatMessage[] = line.replies;
    const home: string | null | undefined = line.user.home;
    return [x + y, seen, replies[0]?.content, home, line.user.role ?? "guest"];
  });
  const name: "Shop" = shop.CONTRACT_NAME;
  const version: "1.2.0" = shop.CONTRACT_VERSION;
  ws.send("tags", [name, version]);
}

export function oddities(): void {
  const ws = odd.createWebSocketClient({ url: "ws://h", maxReconnectAttempts: Infinity });
  // A message with the name of an event takes precedence; `onEvent` subscribes to the event.
  ws.on("error", (data) => data.detail.length);
  ws.on("open", () => undefined);
  ws.onEvent("error", (error) => error.kind);
  ws.send('it\'s "quoted"', { "first-name": "Ada", class: "x", constructor: "y", "": 1 });
  ws.send("__proto__", { a: 1, b: 2 });
  const tree: odd.Tree = { left: { left: null }, tags: { a: { b: {} } } };
  ws.send("tree", tree);
  const own: odd.Error_2 = { detail: "x" };
  ws.send("error", own);
  const pair: odd.Pair = [1, "a", true, false];
  const short: odd.Pair = [1];
  ws.send("pair", pair.length > short.length ? pair : short);
}

/** A right use of every shape, both ways. */
export function allShapes(): void {
  const ws = shapes.createWebSocketClient({ url: "ws://h" });
  ws.send("flat-internal", { id: 1, kind: "Circle", radius: 0.5 });
  ws.send("flat-internal", { id: 1, kind: "At", x: 1, y: 2 });
  ws.send("flat-internal", { id: 1, kind: "Nowhere" });
  ws.send("flat-adjacent", { id: 1, t: "Name", c: { first: "Ada" } });
  ws.send("flat-adjacent", { id: 1, t: "Nothing" });
  ws.send("flat-external", { id: 1, Count: 2 });
  ws.send("flat-external", { id: 1, Name: { first: "Ada" } });
  ws.send("flat-untagged", { id: 1, x: 1, y: 2 });
  ws.send("flat-untagged", { id: 1, text: "t" });
  ws.send("maybe-internal", { id: 1, kind: "Circle", radius: 0.5 });
  ws.send("maybe-internal", { id: 1, kind: "At", x: 1, y: 2 });
  ws.send("maybe-internal", { id: 1 });
  ws.send("maybe-adjacent", { id: 1, t: "Count", c: 1 });
  ws.send("maybe-adjacent", { id: 1 });
  ws.send("maybe-external", { id: 1, Count: 1 });
  ws.send("maybe-external", { id: 1 });
  ws.send("maybe-untagged", { id: 1, text: "t" });
  ws.send("maybe-untagged", { id: 1 });
  ws.send("maybe-struct", { id: 1, x: 1, y: 2 });
  ws.send("maybe-struct", { id: 1 });
  ws.send("flat-map", { id: 1, a: 2, b: 3 });
  ws.send("flat-any", { id: 1, a: "x", b: [null] });
  const leaf: shapes.Tree = { value: true, children: [] };
  ws.send("tree", { value: false, children: [leaf], parent: leaf });
  const lists: shapes.Lists = {
    pair: [1, "a"],
    triple: [true, "very-high", null],
    fixed: [1, 2, 3],
    holes: [1, null],
    maybe: [null, "low"],
    nested: [[], [{ x: 1, y: 2 }]],
  };
  ws.send("lists", lists);
  const { maybe: _maybe, ...without } = lists;
  ws.send("lists", { ...without, maybe: null });
  ws.send("lists", without);
  ws.send("keys", { by_name: { a: { x: 1, y: 2 } }, by_level: { low: 1 }, by_number: { "1": true, 2: false } });
  ws.send("absence", { required: 1 });
  ws.send("absence", { required: 1, nullable: null, defaulted: 2, optional: { x: 1, y: 2 }, twice: null });
  ws.send("closed", { id: 1 });
  ws.send("closed", { id: 1, name: null });
  ws.send("deep", {
    shapes: { a: [null, { kind: "Nowhere" }] },
    either: { text: "t" },
    adjacent: [{ t: "Nothing" }],
    flat: [{ id: 1 }, { id: 2, kind: "Nowhere" }],
  });
  ws.send("nullable", null);
  ws.send("nullable", { x: 1, y: 2 });
  ws.send("level", "low");
  ws.send("page", { items: [{ x: 1, y: 2 }], next: null });
  ws.send("nothing");

  // A handler can narrow a payload by its tag alone.
  ws.on("flat-internal", (shape) => (shape.kind === "Circle" ? shape.radius : shape.kind === "At" ? shape.x : shape.id));
  ws.on("maybe-internal", (shape) => {
    switch (shape.kind) {
      case "Circle":
        return shape.radius + shape.id;
      case "At":
        return shape.x + shape.y;
      case "Nowhere":
        return shape.id;
      default:
        return -shape.id;
    }
  });
  ws.on("maybe-adjacent", (shape) => (shape.t === "Name" ? shape.c.first : String(shape.id)));
  ws.on("maybe-external", (shape) => (shape.id > 0 && "Count" in shape && shape.Count ? shape.Count + 1 : 0));
  ws.on("maybe-untagged", (shape) => ("text" in shape && shape.text ? shape.text.length : shape.id));
  ws.on("flat-map", (counts) => (counts["a"] ?? 0) + counts.id);
  ws.on("flat-any", ({ id, ...rest }) => [id + 1, typeof rest["a"] === "string"]);
  ws.on("tree", (tree) => tree.parent?.children[0]?.value ?? false);
  ws.on("lists", ({ triple: [yes, level, count], fixed }) => [yes, level === "low", (count ?? 0) + fixed[2]]);
  ws.on("keys", ({ by_level, by_name }) => (by_level["very-high"] ?? 0) + (by_name["a"]?.x ?? 0));
  ws.on("absence", ({ nullable, twice, optional }) => (nullable ?? 0) + (twice ?? 0) + (optional?.x ?? 0));
  ws.on("nullable", (point) => (point === null ? 0 : point.x));
  ws.on("deep", (deep) => deep.flat.map((shape) => (shape.kind === "Circle" ? shape.radius : 0)));
}

/** What runs beside the messages. */
export function running(): void {
  let last = 0;
  const ws = chat.createWebSocketClient({
    url: "wss://api.example.com/ws",
    opening: async (peer) => {
      const line: chat.Chat = await peer.expect("chat");
      peer.heartbeatInterval(line.content.length * 1000);
      peer.send("join", { user: line.user });
      const { type, data } = await peer.next();
      if (type === "notification" && data.level === "warning") throw new chat.WebSocketOpeningError("unauthorized", data.message);
      peer.signal.addEventListener("abort", () => [peer.attempt, peer.wasOpen]);
    },
    heartbeat: { message: () => ({ type: "chat", data: { user: "Ada", content: String(++last) } }) },
    ignoreText: ["pong"],
    closeRules: { stop: [4004, [4010, 4014]], refresh: [4009], retry: [4401], retryAfter: [{ codes: [[4100, 4199]], delay: 5000 }] },
  });
  const hold: chat.WebSocketHold = ws.hold("join", { user: "Ada" });
  hold.release("chat", { user: "Ada", content: "Bye" });
  ws.hold("join", () => ({ user: `Ada ${ws.holds}` })).release();
  const calls = market.createWebSocketClient({
    url: "ws://h",
    opening: async (peer) => {
      const { number } = await peer.call("place-order", { item: "tea", qty: 2 }, { timeout: 1000 });
      peer.send("note", String(number));
    },
  });
  void calls;
  for (const heartbeat of ["ping", "listen", "off", { text: () => "ping" }] satisfies chat.WebSocketHeartbeat[]) void heartbeat;
}

/** Forms of other backends. */
export async function forms(): Promise<unknown> {
  const house = home.createWebSocketClient({
    url: "ws://homeassistant.local:8123/api/websocket",
    opening: async (peer) => {
      await peer.expect("auth_required");
      peer.send("auth", { access_token: "t" });
      const { type, data } = await peer.next();
      if (type === "auth_invalid") throw new home.WebSocketOpeningError("unauthorized", data.message);
    },
    validate: (type, data) => type !== "get_states.reply" || Array.isArray(data),
  });
  const hold = house.hold("subscribe_events", { event_type: "state_changed" });
  house.on("event", ({ id, event }) => [id === hold.number, event]);
  hold.release("unsubscribe_events", { subscription: hold.number ?? 0 });
  const nothing: undefined = await house.call("subscribe_events", {}, { onNumber: (number) => number + 1 });
  try {
    const states: home.EntityState[] = await house.call("get_states");
    return states.length;
  } catch (error) {
    if (home.isCallError(error, "get_states") && error.kind === "refused") return error.payload.code;
  }
  let last: number | null = null;
  const bot = gateway.createWebSocketClient({ url: "ws://h", heartbeat: { message: () => ({ type: "1", data: last }) } });
  bot.on("10", ({ heartbeat_interval }) => (last = heartbeat_interval));
  bot.on("11", (data: undefined) => data);
  const both = mixed.createWebSocketClient({ url: "ws://h", heartbeat: "listen" });
  both.on("session_welcome", ({ metadata }, { timestamp }) => [metadata.message_type, timestamp]);
  both.send("note", { msg: "m" });
  const frame = JSON.parse("{}") as mixed.ServerMessage;
  return "result" in frame ? frame.result : nothing;
}
