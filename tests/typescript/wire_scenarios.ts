// Clients of backends of other forms, in Node and in a page alike.

import * as feed from "./generated/feed.ts";
import * as gateway from "./generated/gateway.ts";
import * as home from "./generated/home.ts";
import * as bigints from "./generated/home_bigint.ts";
import * as rpc from "./generated/rpc.ts";
import { expect, inTime, Inbox, refusal, same } from "./support.ts";

export type Wire = "home" | "gateway" | "feed" | "rpc";

export interface WireHost {
  readonly urls: Readonly<Record<string, string>>;
  readonly webSocket?: home.WebSocketConstructor;
  /** What the server got on its last connection. */
  frames(name: Wire): string[] | Promise<string[]>;
  /** Ends the server's connections without a closing handshake. */
  cut(name: Wire): void | Promise<void>;
  report(line: string): void | Promise<void>;
}

function base(host: WireHost, name: Wire): { url: string; reconnectInterval: number; maxReconnectAttempts: number; webSocket?: home.WebSocketConstructor } {
  const webSocket = host.webSocket ? { webSocket: host.webSocket } : {};
  return { url: host.urls[name] ?? "", reconnectInterval: 30, maxReconnectAttempts: Infinity, ...webSocket };
}

async function texts(host: WireHost, name: Wire): Promise<unknown[]> {
  return (await host.frames(name)).map((text) => JSON.parse(text) as unknown);
}

const authenticate =
  (token: () => string) =>
  async (peer: home.WebSocketOpening): Promise<void> => {
    const { ha_version } = await peer.expect("auth_required");
    same(ha_version, "2026.8.1", "the version");
    peer.send("auth", { access_token: token() });
    const { type, data } = await peer.next();
    if (type === "auth_invalid") throw new home.WebSocketOpeningError("unauthorized", data.message);
    same(type, "auth_ok", "the answer");
  };

async function homeAssistant(host: WireHost): Promise<void> {
  const ws = home.createWebSocketClient({ ...base(host, "home"), opening: authenticate(() => "good") });
  const events = new Inbox<unknown>();
  const errors = new Inbox<home.WebSocketClientError>();
  const opens = new Inbox<void>();
  const closes = new Inbox<unknown>();
  ws.on("close", closes.put);
  ws.on("event", events.put);
  ws.on("error", errors.put);
  ws.on("open", opens.put);
  const hold = ws.hold("subscribe_events", { event_type: "state_changed" });
  const early = ws.call("get_states");
  await inTime(ws.connect(), "a connection");
  await opens.next("open");
  same(await early, [{ entity_id: "light.hall", state: "on" }], "the reply of a call that waited");
  // After the answer, events bear the number of their subscription.
  same([await events.next("one"), await events.next("two")], [{ id: 1, event: { n: 1 } }, { id: 1, event: { n: 2 } }], "the events");
  same(hold.number, 1, "the number of the hold");
  const numbers: number[] = [];
  const onNumber = (number: number): void => void numbers.push(number);
  same(await ws.call("subscribe_events", {}, { onNumber }), undefined, "an answer without a result");
  same(numbers, [3], "the number of a call");
  const refused = await refusal(ws.call("subscribe_events", { event_type: "secrets" }), "a call that is refused");
  if (!home.isCallError(refused, "subscribe_events")) throw refused;
  same([refused.kind, refused.payload], ["refused", { code: "unauthorized", message: "unauthorized." }], "the refusal");
  await events.next("of the second subscription");
  await events.next("of the second subscription");
  // After a cut: authentication, holds, and what waited, with numbers from 1.
  await host.cut("home");
  await closes.next("a cut");
  ws.hold("subscribe_events", { event_type: "secrets" });
  const [waiting, again] = [ws.call("get_states"), ws.call("get_states", { idempotent: true })];
  await opens.next("open again");
  await Promise.all([waiting, again]);
  same(
    await texts(host, "home"),
    [
      { type: "auth", access_token: "good" },
      { type: "subscribe_events", id: 1, event_type: "state_changed" },
      { type: "subscribe_events", id: 2, event_type: "secrets" },
      { type: "get_states", id: 3 },
      { type: "get_states", id: 4 },
    ],
    "the second connection",
  );
  const fault = await errors.until(({ kind }) => kind === "hold", "a hold that is refused");
  same((fault.reason as home.WebSocketCallError).kind, "refused", "why");
  hold.release("unsubscribe_events", { subscription: hold.number ?? 0 });
  await ws.call("get_states");
  same((await texts(host, "home"))[5], { type: "unsubscribe_events", id: 5, subscription: 1 }, "the end of the hold");
  await ws.disconnect();

  // Bad credentials.
  let token = "bad";
  const other = home.createWebSocketClient({ ...base(host, "home"), url: () => host.urls["home"] ?? "", opening: authenticate(() => token) });
  const error = await refusal(other.connect(), "a connect() that is refused");
  expect(error instanceof home.WebSocketClientError && error.kind === "opening", "connect() says why");
  same([(error as Error).message, other.state], ["the opening failed: Invalid access token", "idle"], "the refusal");
  token = "good";
  await inTime(other.connect(), "fresh credentials");
  await other.disconnect();

  // Wide integers are exact.
  const wide = bigints.createWebSocketClient({ ...base(host, "home"), opening: authenticate(() => "good") as never });
  await inTime(wide.connect(), "a connection");
  const count: bigint = await wide.call("count", { since: 2n ** 60n });
  same([String(count), (await host.frames("home")).at(-1)], ["9007199254740993", '{"type":"count","id":1,"since":1152921504606846976}'], "wide integers");
  await wide.disconnect();
}

async function discord(host: WireHost): Promise<void> {
  let last: number | null = null;
  const state: { token: string; session?: number } = { token: "good" };
  const ws = gateway.createWebSocketClient({
    ...base(host, "gateway"),
    closeRules: { stop: [4004, [4010, 4014]] },
    heartbeat: { message: () => ({ type: "1", data: last }) },
    opening: async (peer) => {
      const { heartbeat_interval } = await peer.expect("10");
      peer.heartbeatInterval(heartbeat_interval);
      if (peer.wasOpen || state.session !== undefined) peer.send("6", { token: state.token, seq: state.session ?? 0 });
      else peer.send("2", { token: state.token, intents: 513 });
      const { type } = await peer.next();
      if (type !== "0") throw new Error(`${type} has come`);
    },
  });
  const acks = new Inbox<void>();
  const opens = new Inbox<void>();
  ws.on("11", () => acks.put());
  ws.on("open", opens.put);
  await inTime(ws.connect(), "a connection");
  await opens.next("open");
  await acks.next("a heartbeat's answer");
  last = 7;
  await acks.next("another one");
  await acks.next("a third one");
  const [identify, ...beats] = await texts(host, "gateway");
  same([identify, beats[0]], [{ op: 2, d: { token: "good", intents: 513 } }, { op: 1, d: null }], "the first frames");
  same(beats.find((beat) => JSON.stringify(beat).includes("7")), { op: 1, d: 7 }, "a later heartbeat");
  // The next connection resumes.
  state.session = 7;
  await host.cut("gateway");
  await opens.next("open again");
  same((await texts(host, "gateway"))[0], { op: 6, d: { token: "good", seq: 7 } }, "resuming");
  // A close code of the server's own stops the client.
  state.token = "bad";
  const states = new Inbox<string>();
  ws.on("state", states.put);
  await host.cut("gateway");
  await states.until((now) => now === "closed", "the end");
  await ws.disconnect();
}

async function alpaca(host: WireHost): Promise<void> {
  const ws = feed.createWebSocketClient({
    ...base(host, "feed"),
    opening: async (peer) => {
      same((await peer.expect("success")).msg, "connected", "the greeting");
      peer.send("auth", { key: "PK1", secret: "s3" });
      const { type, data } = await peer.next();
      if (type === "error") throw data.code === 406 ? new Error(data.msg) : new feed.WebSocketOpeningError("stop", data.msg);
      same([type, data], ["success", { msg: "authenticated" }], "the answer");
    },
  });
  const seen = new Inbox<unknown>();
  const opens = new Inbox<void>();
  ws.on("open", opens.put);
  ws.on("subscription", ({ trades }) => seen.put(trades));
  ws.on("t", (trade) => seen.put(trade.S));
  ws.onEvent("error", ({ kind, message }) => seen.put(`${kind}: ${message}`));
  ws.hold("subscribe", { trades: ["A", "D"] });
  await inTime(ws.connect(), "a connection");
  const all: unknown[] = [];
  while (all.at(-1) !== "D") all.push(await seen.next("a message of a batch"));
  same(
    all,
    [
      ["A", "D"],
      "A",
      'malformed: number for a string at "T"',
      "malformed: a message that nothing tells",
      "malformed: a frame that is an array",
      "C",
      "D",
    ],
    "each message by itself",
  );
  await opens.next("open");
  await host.cut("feed");
  await opens.next("open again");
  await seen.until((of) => of === "D", "the subscription is back");
  same(await host.frames("feed"), ['{"action":"auth","key":"PK1","secret":"s3"}', '{"action":"subscribe","trades":["A","D"]}'], "the second connection");
  await ws.disconnect();
}

async function ethereum(host: WireHost): Promise<void> {
  const ws = rpc.createWebSocketClient(base(host, "rpc"));
  const pushes = new Inbox<rpc.Push>();
  const broken = new Inbox<rpc.Broken>();
  ws.on("eth_subscription", pushes.put);
  ws.on("broken", broken.put);
  await inTime(ws.connect(), "a connection");
  const id: string = await ws.call("eth_subscribe", ["newHeads"]);
  same([id, await pushes.next("a push")], ["0x9c", { subscription: "0x9c", result: { number: "0x1" } }], "a subscription");
  // Both answers come in one frame, in another order.
  same(await Promise.all([ws.call("eth_blockNumber"), ws.call("eth_blockNumber")]), ["0x2", "0x3"], "two calls");
  same(await ws.call("eth_unsubscribe", [id]), true, "the end");
  same((await broken.next("an answer to nobody")).error.code, -32_600, "an answer to nobody");
  const error = await refusal(ws.call("eth_unsubscribe", ["0x1"]), "a call that fails");
  if (!rpc.isCallError(error, "eth_unsubscribe")) throw error;
  same([error.kind, error.ran, error.payload], ["refused", "yes", { code: -32_000, message: "subscription not found" }], "the failure");
  same(
    (await host.frames("rpc")).slice(0, 2),
    ['{"method":"eth_subscribe","jsonrpc":"2.0","id":1,"params":["newHeads"]}', '{"method":"eth_blockNumber","jsonrpc":"2.0","id":2}'],
    "the frames",
  );
  await ws.disconnect();
}

const ALL = { homeAssistant, discord, alpaca, ethereum };

/** Runs all, one after the other. */
export async function runWires(host: WireHost): Promise<void> {
  for (const [name, scenario] of Object.entries(ALL)) {
    await scenario(host);
    await host.report(`ok ${name}`);
  }
}
