// A server that a scenario controls.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { WebSocket, WebSocketServer } from "ws";

import { createWebSocketClient } from "../../examples/contract/client.ts";
import type { WebSocketClient, WebSocketConfig } from "../../examples/contract/client.ts";
import { inTime, Inbox } from "./support.ts";

/** One connection, at the server. */
export class Peer {
  readonly socket: WebSocket;
  readonly url: string;
  readonly frames: Inbox<Record<string, unknown>> = new Inbox();

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

export class Server {
  readonly #server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  readonly peers: Inbox<Peer> = new Inbox();

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

export type Config = Partial<WebSocketConfig>;

/** A client, connected, and the server's end of it. */
export async function connected(server: Server, config: Config = {}): Promise<[WebSocketClient, Peer]> {
  const ws = createWebSocketClient({ url: server.url, webSocket: WebSocket, reconnectInterval: 20, ...config });
  await inTime(ws.connect(), "a connection");
  return [ws, await server.peers.next("the server's end")];
}

/** Scenarios by name, each for a server of its own. */
export type Scenarios = Record<string, (server: Server) => Promise<void>>;
