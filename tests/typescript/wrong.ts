// Wrong uses: each must be refused, on the line below the directive, with the directive's code.

import * as chat from "../../examples/contract/client.ts";
import * as calls from "./generated/calls.ts";
import * as gateway from "./generated/gateway.ts";
import * as home from "./generated/home.ts";
import * as odd from "./generated/odd.ts";
import * as shapes from "./generated/shapes.ts";
import * as bigints from "./generated/wide_bigint.ts";
import * as strings from "./generated/wide_string.ts";
import * as shop from "./generated/shop.ts";

const ws = chat.createWebSocketClient({ url: "ws://h" });
const market = shop.createWebSocketClient({ url: "ws://h" });
const every = shapes.createWebSocketClient({ url: "ws://h" });
const strange = odd.createWebSocketClient({ url: "ws://h" });

// Names that don't exist.
// @ts-expect-error TS2345
ws.send("chatt", { user: "a", content: "b" });
// @ts-expect-error TS2769
ws.on("chatt", () => undefined);
// @ts-expect-error TS2769
ws.off("opened");

// The other side's messages.
// @ts-expect-error TS2345
ws.send("notification", { level: "info", message: "m" });
// @ts-expect-error TS2769
ws.on("join", () => undefined);

// Payloads.
// @ts-expect-error TS2554
ws.send("chat");
// @ts-expect-error TS2741
ws.send("chat", { user: "a" });
// @ts-expect-error TS2322
ws.send("chat", { user: "a", content: 1 });
// @ts-expect-error TS2353
ws.send("chat", { user: "a", content: "b", colour: "red" });
// @ts-expect-error TS2554
ws.send("join", { user: "a" }, { user: "b" });
// @ts-expect-error TS2554
market.send("leave", {});
// @ts-expect-error TS2322
market.send("tags", [1]);
// @ts-expect-error TS2345
market.send("tags", null);
// @ts-expect-error TS2345
market.send("adjacent", { t: "Number" });
// @ts-expect-error TS2322
market.send("adjacent", { t: "Other" });
// @ts-expect-error TS2345
market.send("external", "Something");

// What a handler gets.
// @ts-expect-error TS2339
ws.on("chat", (data) => data.colour);
// @ts-expect-error TS2769
ws.on("chat", (data: number) => data);
// @ts-expect-error TS2339
ws.on("close", (info) => info.who);
// @ts-expect-error TS2367
ws.on("notification", ({ level }) => level === "fatal");
// @ts-expect-error TS2339
market.on("order-update", (change) => change.cents);
// @ts-expect-error TS2532
market.on("chat", (line) => line.replies[0].content);
// @ts-expect-error TS2339
strange.on("error", (error) => error.kind);

// The heartbeat is the client's own.
// @ts-expect-error TS2345
ws.send("ping", { timestamp: 1 });
// @ts-expect-error TS2769
ws.on("pong", () => undefined);

// Settings.
// @ts-expect-error TS2741
chat.createWebSocketClient({});
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", heartbeatInterval: "30s" });
// @ts-expect-error TS2353
chat.createWebSocketClient({ url: "ws://h", interval: 1 });

// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", restartDelay: [1] });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", protocols: () => 1 });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", validate: () => "yes" });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", overflow: "wait" });

// What the client is doing.
// @ts-expect-error TS2540
ws.state = "open";
// @ts-expect-error TS2367
ws.on("state", (state) => state === "opened");
// @ts-expect-error TS2367
ws.on("dropped", (_loss, reason) => reason === "full");
// @ts-expect-error TS2532
ws.on("unconfirmed", ({ messages }) => messages[0].type);
// @ts-expect-error TS18048
ws.on("chat", (_data, { timestamp }) => timestamp + 1);

// Nothing is `any`.
// @ts-expect-error TS18046
ws.on("unknown", (message) => message.data.colour);
// @ts-expect-error TS18046
ws.on("error", (error) => error.reason.code);

// Shapes.
// @ts-expect-error TS2345
every.send("flat-internal", { id: 1 });
// @ts-expect-error TS2322
every.send("flat-internal", { id: 1, kind: "Square" });
// @ts-expect-error TS2345
every.send("flat-internal", { kind: "Nowhere" });
// @ts-expect-error TS2345
every.send("flat-internal", { id: 1, kind: "Circle" });
// @ts-expect-error TS2322
every.send("flat-adjacent", { id: 1, t: "Count", c: "1" });
// @ts-expect-error TS2345
every.send("flat-adjacent", { id: 1, t: "Count" });
// @ts-expect-error TS2345
every.send("flat-external", { id: 1 });
// @ts-expect-error TS2322
every.send("flat-external", { id: 1, Count: "1" });
// @ts-expect-error TS2345
every.send("flat-untagged", { id: 1, x: 1 });
// @ts-expect-error TS2345
every.send("maybe-internal", { id: 1, kind: "Circle" });
// @ts-expect-error TS2322
every.send("maybe-internal", { id: 1, kind: "Square" });
// @ts-expect-error TS2345
every.send("maybe-internal", { id: 1, radius: 1 });
// @ts-expect-error TS2345
every.send("maybe-internal", { kind: "Nowhere" });
// @ts-expect-error TS2322
every.send("maybe-adjacent", { id: 1, t: "Name", c: 1 });
// @ts-expect-error TS2322
every.send("maybe-external", { id: 1, Count: "1" });
// @ts-expect-error TS2322
every.send("maybe-untagged", { id: 1, text: 1 });
// @ts-expect-error TS2322
every.send("maybe-struct", { id: 1, x: "1", y: 2 });
// @ts-expect-error TS2322
every.send("flat-map", { id: 1, a: "x" });
// @ts-expect-error TS2741
every.send("flat-any", { a: 1 });
// @ts-expect-error TS2741
every.send("tree", { value: true });
// @ts-expect-error TS2739
every.send("tree", { value: true, children: [{}] });
// @ts-expect-error TS2353
every.send("keys", { by_name: {}, by_level: { medium: 1 }, by_number: {} });
// @ts-expect-error TS2322
every.send("keys", { by_name: { a: 1 }, by_level: {}, by_number: {} });
// @ts-expect-error TS2741
every.send("absence", {});
// @ts-expect-error TS2322
every.send("absence", { required: null });
// @ts-expect-error TS2322
every.send("absence", { required: 1, defaulted: null });
// @ts-expect-error TS2379
every.send("absence", { required: 1, nullable: undefined });
// @ts-expect-error TS2353
every.send("closed", { id: 1, more: 1 });
// @ts-expect-error TS2554
every.send("nullable");
// @ts-expect-error TS2345
every.send("nullable", { x: 1 });
// @ts-expect-error TS2345
every.send("level", "medium");
// @ts-expect-error TS2322
every.send("page", { items: [1] });
// @ts-expect-error TS2554
every.send("nothing", null);
// @ts-expect-error TS2322
export const pair: shapes.Pair = [1];
// @ts-expect-error TS2322
export const fixed: shapes.Lists["fixed"] = [1, 2];
// @ts-expect-error TS2322
export const triple: shapes.Lists["triple"] = [true, "low"];
// @ts-expect-error TS2322
export const holes: shapes.Lists["holes"] = [undefined];
// @ts-expect-error TS2339
every.on("maybe-internal", (shape) => shape.radius);
// @ts-expect-error TS2367
every.on("maybe-internal", (shape) => shape.kind === "Square");
// @ts-expect-error TS18047
every.on("nullable", (point) => point.x);
// @ts-expect-error TS18049
every.on("tree", (tree) => tree.parent.value);
// @ts-expect-error TS18048
every.on("keys", ({ by_level }) => by_level.low + 1);

// Integers of 64 bits.
// @ts-expect-error TS2345
bigints.createWebSocketClient({ url: "ws://h" }).send("count", 1);
// @ts-expect-error TS2345
strings.createWebSocketClient({ url: "ws://h" }).send("count", 1n);
// @ts-expect-error TS2365
bigints.createWebSocketClient({ url: "ws://h" }).on("count", (count) => count + 1);

// Calls.
const trade = calls.createWebSocketClient({ url: "ws://h" });
// @ts-expect-error TS2345
ws.call("chat", { user: "a", content: "b" });
// @ts-expect-error TS2345
trade.call("note", "n");
// @ts-expect-error TS2345
trade.call("confirm", { text: "t" });
// @ts-expect-error TS2554
trade.call("place-order");
// @ts-expect-error TS2741
trade.call("place-order", { item: "tea" });
// @ts-expect-error TS2353
trade.call("refresh", { item: "tea" });
// @ts-expect-error TS2322
trade.call("refresh", { timeout: "5s" });
// @ts-expect-error TS2339
trade.call("place-order", { item: "tea", qty: 1 }).then((placed) => placed.price);
// @ts-expect-error TS2345
trade.send("confirm.reply", true);
// @ts-expect-error TS2769
trade.on("place-order.reply", () => undefined);
// @ts-expect-error TS2345
trade.handle("place-order", () => ({ number: 1 }));
// @ts-expect-error TS2322
trade.handle("confirm", () => "yes");
// @ts-expect-error TS2322
trade.handle("confirm", () => undefined);
// @ts-expect-error TS2322
trade.handle("confirm", () => new calls.WebSocketRefusal("tired"));
// @ts-expect-error TS2322
trade.handle("report", () => new calls.WebSocketRefusal("closed"));
// @ts-expect-error TS2345
calls.isCallError(new Error(), "confirm");
// @ts-expect-error TS2322
calls.createWebSocketClient({ url: "ws://h", session: "required" });
// @ts-expect-error TS2339
trade.on("session", (event) => event.count);
let caught: unknown;
// @ts-expect-error TS2367
if (calls.isCallError(caught, "place-order") && caught.kind === "refused" && caught.payload === "tired") caught = undefined;

// The opening, holds, heartbeats and close rules.
declare const peer: chat.WebSocketOpening;
const next: chat.WebSocketServerMessage = await peer.next();
// @ts-expect-error TS2345
await peer.expect("join");
// @ts-expect-error TS2345
peer.send("notification", { level: "info", message: "m" });
// @ts-expect-error TS2367
next.type === "join";
// @ts-expect-error TS2345
ws.hold("notification", { level: "info", message: "m" });
// @ts-expect-error TS2554
ws.hold("join");
// @ts-expect-error TS2345
ws.hold("join", () => ({ user: 1 }));
// @ts-expect-error TS2345
ws.hold("join", { user: "a" }).release("leave", { user: "a" });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", heartbeat: { message: () => ({ type: "notification" }) } });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", heartbeat: "pong" });
// @ts-expect-error TS2322
chat.createWebSocketClient({ url: "ws://h", closeRules: { stop: [[4000]] } });

// Forms of other backends.
const house = home.createWebSocketClient({ url: "ws://h" });
const bot = gateway.createWebSocketClient({ url: "ws://h" });
// @ts-expect-error TS2345
bot.send(1, null);
// @ts-expect-error TS2345
bot.send("10", { heartbeat_interval: 1 });
// @ts-expect-error TS2345
house.send("event", { id: 1, event: null });
// @ts-expect-error TS2345
house.call("auth", { access_token: "t" });
// @ts-expect-error TS2353
house.call("subscribe_events", { event_type: "a", id: 1 });
// @ts-expect-error TS2339
house.flush();
// @ts-expect-error TS2339
house.handle("event", () => undefined);
// @ts-expect-error TS2353
home.createWebSocketClient({ url: "ws://h", session: true });
// @ts-expect-error TS2322
home.createWebSocketClient({ url: "ws://h", heartbeat: "ping" });
// @ts-expect-error TS2769
house.on("session", () => undefined);
