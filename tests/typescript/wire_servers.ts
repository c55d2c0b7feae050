// Backends of other forms, written by hand: each plays its protocol, and keeps the frames that it got.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

import type { Wire } from "./wire_scenarios.ts";

type Message = Record<string, unknown>;
type Say = (message: unknown) => void;

/** What a backend does on one connection: first, and with each message. */
interface Play {
  readonly open?: unknown;
  message(message: Message, say: Say, socket: WebSocket): void;
}

/** Authentication before all else, then numbers that must rise. */
function home(): Play {
  let isIn = false;
  let last = 0;
  return {
    open: { type: "auth_required", ha_version: "2026.8.1" },
    message: ({ id, type, ...data }, say, socket) => {
      if (!isIn) {
        isIn = type === "auth" && id === undefined && data["access_token"] === "good";
        say(isIn ? { type: "auth_ok", ha_version: "2026.8.1" } : { type: "auth_invalid", message: "Invalid access token" });
        if (!isIn) socket.close();
        return;
      }
      const fail = (code: string): void => say({ id, type: "result", success: false, error: { code, message: `${code}.` } });
      if (typeof id !== "number" || id <= last) return fail("id_reuse");
      last = id;
      if (type === "subscribe_events" && data["event_type"] === "secrets") return fail("unauthorized");
      if (type === "get_states") return say({ id, type: "result", success: true, result: [{ entity_id: "light.hall", state: "on" }] });
      // As text: JavaScript has no such number.
      if (type === "count") return socket.send(`{"id":${id},"type":"result","success":true,"result":9007199254740993}`);
      say({ id, type: "result", success: true, result: null });
      if (type === "subscribe_events") say([1, 2].map((n) => ({ id, type: "event", event: { n } })));
    },
  };
}

/** Integers, and a heartbeat whose interval the server sets. */
function gateway(): Play {
  return {
    open: { op: 10, d: { heartbeat_interval: 60, _trace: [] }, s: null, t: null },
    message: ({ op, d }, say, socket) => {
      if (op === 1) return say({ op: 11 });
      const { token, seq } = d as Message;
      if (token !== "good") return socket.close(4004, "Authentication failed.");
      say({ t: op === 6 ? "RESUMED" : "READY", s: 1, op: 0, d: { seq, op: 10 } });
    },
  };
}

/** Arrays of messages. */
function feed(): Play {
  return {
    open: [{ T: "success", msg: "connected" }],
    message: ({ action, trades }, say) => {
      if (action === "auth") return say([{ T: "success", msg: "authenticated" }]);
      const of = (S: string): Message => ({ T: "t", S, p: 1.5, t: "2026-08-01T14:30:00Z", T2: "success" });
      say([{ T: "subscription", trades }]);
      if (action === "subscribe") say([of("A"), { T: 5 }, { S: "B" }, [], { T: "t", S: "C" }, of("D")]);
    },
  };
}

/** Answers without a tag. */
function rpc(): Play {
  const reply = (id: unknown, rest: Message): Message => ({ jsonrpc: "2.0", id, ...rest });
  let waiting: Message[] = [];
  return {
    message: ({ id, method, params }, say) => {
      if (method === "eth_subscribe") {
        say(reply(id, { result: "0x9c", error: null }));
        say({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription: "0x9c", result: { number: "0x1" } } });
      } else if (method === "eth_unsubscribe") {
        const [of] = params as string[];
        say(reply(id, of === "0x9c" ? { result: true } : { error: { code: -32_000, message: "subscription not found" } }));
        // To nobody.
        say(reply(null, { error: { code: -32_600, message: "invalid request" } }));
      } else {
        waiting.unshift(reply(id, { result: `0x${String(id)}` }));
        if (waiting.length < 2) return;
        say(waiting);
        waiting = [];
      }
    },
  };
}

const PLAYS: Record<Wire, () => Play> = { home, gateway, feed, rpc };

/** All of them, each on a port of its own. */
export class WireServers {
  readonly #servers = new Map<Wire, WebSocketServer>();
  /** The texts of the connections so far. */
  readonly #texts = new Map<Wire, string[][]>();
  readonly urls: Record<string, string> = {};

  static async start(): Promise<WireServers> {
    const all = new WireServers();
    for (const [name, play] of Object.entries(PLAYS) as [Wire, () => Play][]) {
      const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
      await once(server, "listening");
      all.#servers.set(name, server);
      all.#texts.set(name, []);
      all.urls[name] = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.on("connection", (socket) => all.#connected(name, play(), socket));
    }
    return all;
  }

  #connected(name: Wire, play: Play, socket: WebSocket): void {
    const texts: string[] = [];
    this.#texts.get(name)?.push(texts);
    const say = (message: unknown): void => socket.send(JSON.stringify(message));
    if (play.open !== undefined) say(play.open);
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      texts.push(text);
      play.message(JSON.parse(text) as Message, say, socket);
    });
  }

  /** What the last connection's client has sent. */
  frames(name: Wire): string[] {
    return this.#texts.get(name)?.at(-1) ?? [];
  }

  /** Ends all connections without a Close. */
  cut(name: Wire): void {
    for (const client of this.#servers.get(name)?.clients ?? []) client.terminate();
  }

  stop(): void {
    for (const [name, server] of this.#servers) {
      this.cut(name);
      server.close();
    }
  }
}
