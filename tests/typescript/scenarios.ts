// What the typed client does against the chat example's server, in Node and in a page alike.

import { createWebSocketClient, WebSocketClientError } from "../../examples/contract/client.ts";
import type {
  Chat,
  CloseInfo,
  WebSocketClient,
  WebSocketConfig,
  WebSocketConstructor,
} from "../../examples/contract/client.ts";
import { expect, inTime, Inbox, refusal, same } from "./support.ts";

/** What the scenarios need. */
export interface Host {
  /** The chat's server. */
  url: string;
  /** A server that takes connections and never sends anything. */
  muteUrl: string;
  webSocket?: WebSocketConstructor;
  /** Ends the chat's server without a closing handshake. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  report(line: string): void | Promise<void>;
}

/** A client with all that it reported. */
class Person {
  readonly ws: WebSocketClient;
  readonly lines = new Inbox<Chat>();
  readonly opens = new Inbox<void>();
  readonly closes = new Inbox<CloseInfo>();
  readonly errors = new Inbox<WebSocketClientError>();
  readonly attempts = new Inbox<number>();
  readonly failures = new Inbox<void>();

  constructor(host: Host, user: string, config: Partial<WebSocketConfig> = {}) {
    const webSocket = host.webSocket ? { webSocket: host.webSocket } : {};
    this.ws = createWebSocketClient({ url: host.url, reconnectInterval: 100, ...webSocket, ...config });
    this.ws.on("chat", this.lines.put);
    this.ws.on("open", () => {
      if (user) this.ws.send("join", { user });
      this.opens.put();
    });
    this.ws.on("close", this.closes.put);
    this.ws.on("error", this.errors.put);
    this.ws.on("reconnect", this.attempts.put);
    this.ws.on("reconnect-failed", this.failures.put);
  }

  async receives(content: string): Promise<void> {
    const line = await this.lines.next(content);
    same(line.content, content, "the line");
  }
}

const UNTIL_IT_IS_BACK = { maxReconnectAttempts: Infinity };

async function talk(host: Host): Promise<void> {
  const ada = new Person(host, "Ada");
  const grace = new Person(host, "Grace");
  expect(!ada.ws.isConnected(), "nobody is connected at first");
  await Promise.all([ada.ws.connect(), grace.ws.connect()]);
  expect(ada.ws.isConnected() && grace.ws.isConnected(), "both are connected");
  ada.ws.send("chat", { user: "Ada", content: "Hello Grace! 你好 👋" });
  await grace.receives("Hello Grace! 你好 👋");
  grace.ws.send("chat", { user: "Grace", content: "Hello Ada!" });
  await ada.receives("Hello Ada!");
  await Promise.all([ada.ws.disconnect(), grace.ws.disconnect()]);
  expect(!ada.ws.isConnected(), "Ada is gone");
  const { code, clean } = await ada.closes.next("Ada's close");
  same([code, clean], [1000, true], "the close");
}

async function comeBack(host: Host): Promise<void> {
  const ada = new Person(host, "Ada2", UNTIL_IT_IS_BACK);
  const grace = new Person(host, "Grace2", UNTIL_IT_IS_BACK);
  await Promise.all([ada.ws.connect(), grace.ws.connect()]);
  await ada.opens.next("Ada is there");
  await host.stop();
  const { code, clean } = await ada.closes.next("the disconnect");
  same([code, clean], [1006, false], "the close of a server that was killed");
  same(await ada.attempts.next("an attempt"), 1, "the first attempt");
  for (const content of ["one", "two", "three"]) ada.ws.send("chat", { user: "Ada2", content });
  await host.start();
  await ada.opens.next("Ada is back");
  // Before these, the room sends newcomers the lines that they have missed.
  await grace.lines.until((line) => line.content === "one", "the first line that waited");
  for (const content of ["two", "three"]) await grace.receives(content);
  // Handlers outlive connections.
  grace.ws.send("chat", { user: "Grace2", content: "still here" });
  await ada.lines.until((line) => line.content === "still here", "Grace's line");
  await Promise.all([ada.ws.disconnect(), grace.ws.disconnect()]);
}

async function giveUp(host: Host): Promise<void> {
  const ada = new Person(host, "Ada3", { maxReconnectAttempts: 2, reconnectInterval: 50 });
  await ada.ws.connect();
  await ada.opens.next("open");
  await host.stop();
  await ada.closes.next("the disconnect");
  ada.ws.send("chat", { user: "Ada3", content: "kept" });
  await ada.failures.next("reconnect-failed");
  same([await ada.attempts.next("1"), await ada.attempts.next("2")], [1, 2], "the attempts");
  same(ada.attempts.waiting, 0, "attempts beyond the last");
  same((await ada.errors.next("why")).kind, "connect", "the error");
  const error = await refusal(ada.ws.connect(), "a connect to nobody");
  expect(error instanceof WebSocketClientError && error.kind === "connect", "connect() says why");
  same([ada.attempts.waiting, ada.failures.waiting], [0, 0], "attempts of a first connect");
  await host.start();
  await ada.ws.connect();
  const grace = new Person(host, "Grace3");
  await grace.ws.connect();
  await grace.receives("kept");
  await Promise.all([ada.ws.disconnect(), grace.ws.disconnect()]);
}

/** The server answers each heartbeat; otherwise the client would disconnect after the first. */
async function beat(host: Host): Promise<void> {
  let pings = 0;
  let pongs = 0;
  const third = new Inbox<void>();
  const Real = host.webSocket ?? (globalThis as unknown as { WebSocket: WebSocketConstructor }).WebSocket;
  const webSocket = class extends Real {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols ?? []);
      this.addEventListener("message", ({ data }) => {
        if (String(data).includes('"type":"pong"') && ++pongs === 3) third.put();
      });
    }

    override send(data: string): void {
      const { type, data: heart } = JSON.parse(data) as { type: string; data?: { timestamp?: unknown } };
      if (type === "ping" && Number.isInteger(heart?.timestamp)) pings += 1;
      super.send(data);
    }
  };
  // Nothing else is sent: no name, no line. The timeout allows for a busy machine.
  const quiet = new Person(host, "", { webSocket, heartbeatInterval: 1000, heartbeatTimeout: 1000 });
  await quiet.ws.connect();
  await third.next("three answers to three heartbeats");
  expect(pings >= 3, "each answer had its heartbeat");
  same(quiet.closes.waiting, 0, "closes");
  await quiet.ws.disconnect();
}

async function miss(host: Host): Promise<void> {
  const ada = new Person(host, "", { url: host.muteUrl, heartbeatInterval: 200 });
  await ada.ws.connect();
  same((await ada.errors.next("a heartbeat without answer")).kind, "heartbeat", "the error");
  same((await ada.closes.next("the close")).code, 1006, "the code");
  same(await ada.attempts.next("an attempt"), 1, "the attempt");
  await inTime(ada.ws.connect(), "the connection is back");
  await ada.ws.disconnect();
}

const ALL = { talk, comeBack, giveUp, beat, miss };

/** Runs all, one after the other. */
export async function run(host: Host): Promise<void> {
  for (const [name, scenario] of Object.entries(ALL)) {
    await scenario(host);
    await host.report(`ok ${name}`);
  }
}
