// Right uses: all of this compiles. It is never run.

import * as chat from "../../examples/contract/client.ts";
import * as odd from "../../schema/tests/typescript/odd.ts";
import * as shop from "../../schema/tests/typescript/shop.ts";

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

  // Frames by themselves, for those who bring their own socket.
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

/** What wraps `send` keeps its types. */
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
  // A message that is called like an event comes first; the event has another door.
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
