// Time that moves when it is told to, and a network of sockets that a scenario plays.

import { createWebSocketClient } from "../../examples/contract/client.ts";
import type {
  WebSocketClient,
  WebSocketConfig,
  WebSocketConstructor,
  WebSocketEvent,
  WebSocketLike,
} from "../../examples/contract/client.ts";
import { Inbox, same } from "./support.ts";

interface Timer {
  readonly at: number;
  readonly every: number | undefined;
  readonly work: () => void;
}

/** Stands in for the timers and clocks of the process until `stop()`. */
export class Clock {
  now = 1_700_000_000_000;
  readonly #timers = new Map<number, Timer>();
  #last = 0;
  readonly #real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    now: Date.now,
    elapsed: performance.now.bind(performance),
  };

  constructor() {
    const add = (work: () => void, delay: number, every?: number): number => {
      this.#timers.set(++this.#last, { at: this.now + delay, every, work });
      return this.#last;
    };
    const remove = (id: number | undefined): void => void this.#timers.delete(id ?? 0);
    Object.assign(globalThis, {
      setTimeout: (work: () => void, delay = 0) => add(work, delay),
      clearTimeout: remove,
      setInterval: (work: () => void, delay: number) => add(work, delay, delay),
      clearInterval: remove,
    });
    Date.now = () => this.now;
    performance.now = () => this.now;
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets pending promises settle. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }

  async advance(time: number): Promise<void> {
    const end = this.now + time;
    await this.settle();
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, { at, every, work }] = due;
      this.now = at;
      if (every === undefined) this.#timers.delete(id);
      else this.#timers.set(id, { at: at + every, every, work });
      work();
      await this.settle();
    }
    this.now = end;
  }

  stop(): void {
    const { now, elapsed, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    Date.now = now;
    performance.now = elapsed;
  }
}

export class Socket implements WebSocketLike {
  readyState = 0;
  bufferedAmount = 0;
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  readonly sent: { type: string; data?: unknown; timestamp?: number }[] = [];
  readonly texts: string[] = [];
  readonly #listeners: [string, (event: WebSocketEvent) => void][] = [];

  constructor(url: string, protocols?: string | string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
    this.#listeners.push([type, listener]);
  }

  send(text: string): void {
    same(this.readyState, 1, "a socket that is written to");
    this.texts.push(text);
    // A heartbeat may be any text.
    if (text.startsWith("{")) this.sent.push(JSON.parse(text) as { type: string });
  }

  close(): void {
    this.readyState = 2;
  }

  /** The types of what was sent. */
  get types(): string[] {
    return this.sent.map(({ type }) => type);
  }

  #fire(event: WebSocketEvent): void {
    for (const [type, listener] of this.#listeners) if (type === event.type) listener(event);
  }

  open(): void {
    this.readyState = 1;
    this.#fire({ type: "open" });
  }

  say(type: string, data?: unknown, timestamp?: number | null): void {
    this.text(JSON.stringify({ type, data, timestamp }));
  }

  text(data: unknown): void {
    this.#fire({ type: "message", data });
  }

  /** The connection ends, as a browser tells it. */
  end(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.#fire({ type: "close", code, reason, wasClean: code !== 1006 });
  }
}

/** All sockets that were asked for. */
export class Net {
  readonly sockets: Socket[] = [];
  readonly asked: Inbox<Socket> = new Inbox();
  readonly webSocket: WebSocketConstructor;

  constructor() {
    const { sockets, asked } = this;
    this.webSocket = class extends Socket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        sockets.push(this);
        asked.put(this);
      }
    };
  }

  get last(): Socket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was asked for");
    return socket;
  }
}

/** A client on such a network, with all its events as they were reported. */
export class Stage {
  readonly net: Net = new Net();
  readonly clock: Clock = new Clock();
  readonly ws: WebSocketClient;
  readonly events: [string, ...unknown[]][] = [];

  constructor(config: Partial<WebSocketConfig> = {}) {
    this.ws = createWebSocketClient({ url: "ws://h/secret", webSocket: this.net.webSocket, ...config });
    const names = ["open", "close", "error", "state", "reconnect", "reconnect-failed", "unconfirmed", "dropped"] as const;
    for (const name of names) this.ws.onEvent(name, (...args: unknown[]) => void this.events.push([name, ...args]));
  }

  /** What was reported under this name since the last call. */
  take(name: string): unknown[][] {
    const taken = this.events.filter(([of]) => of === name).map(([, ...args]) => args);
    this.events.splice(0, this.events.length, ...this.events.filter(([of]) => of !== name));
    return taken;
  }

  async open(): Promise<Socket> {
    const opened = this.ws.connect();
    await this.clock.settle();
    this.net.last.open();
    await opened;
    return this.net.last;
  }
}

/** Plays a scenario on paused time, and gives the real one back whatever comes of it. */
export async function staged(config: Partial<WebSocketConfig>, play: (stage: Stage) => Promise<void>): Promise<void> {
  const random = Math.random;
  Math.random = () => 0.5;
  const stage = new Stage(config);
  try {
    await play(stage);
  } finally {
    stage.clock.stop();
    Math.random = random;
  }
}
