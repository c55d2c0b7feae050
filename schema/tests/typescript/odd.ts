/**
 * Made by `wirebond typescript` from the contract Odd *\/ "names"
 *
 *  `${x}` 0.1.0-rc.1+b. Change the contract, not this file.
 *
 * All that is legal and strange. *\/ export const stolen = 1; /*
 *
 * @ts-expect-error
 */

/** The name of the contract. */
export const CONTRACT_NAME = "Odd */ \"names\"\n\u2028 `${x}`";

/** The version of the contract, after SemVer. */
export const CONTRACT_VERSION = "0.1.0-rc.1+b";

/** Called `1st` in the contract. */
export type _1st = -1;

/**
 * @ts-ignore
 * Called `A b-c` in the contract.
 */
export type A_b_c = "*/" | "a\"b\\" | "\u202e" | "`${x}`" | "";

export type Bare = unknown;

export type Both = Left & (_1st | Right);

export type ClientMessage =
  | QuotedMessage
  | ErrorMessage
  | ProtoMessage
  | TreeMessage
  | PairMessage;

/**
 * Old.
 *
 * *\/ and gone
 * @deprecated
 */
export type Deprecated = [string | null, string | null, string | null];

export interface Empty {
  [key: string]: unknown;
}

/** Called `Error` in the contract. */
export interface Error_2 {
  detail: string;
}

export interface ErrorMessage {
  data: Error_2;
  type: "error";
}

export type Error_ = null;

export interface Extra {
  a: string;
  b?: number;
  unheard: unknown;
  [key: string]: unknown;
}

export type Fixed = { a: [1, null, { "b-c": "d" }] };

export type Impossible = never;

export interface Left {
  l?: A_b_c;
}

export type List = (string | List)[];

export interface Nothing {
  [key: string]: never;
}

/** @deprecated */
export interface OpenMessage {
  type: "open";
}

export type Pair = [number, (string | null)?, ...boolean[]];

export interface PairMessage {
  data: Pair;
  type: "pair";
}

/** Called `Promise` in the contract. */
export interface Promise_ {
  then?: string;
}

export interface ProtoMessage {
  data: { [key: string]: number };
  type: "__proto__";
}

export interface Quoted {
  ""?: number;
  __proto__?: boolean;
  class?: string;
  constructor?: string;
  "first-name": string;
  "\u2028\"\\"?: string;
}

/** *\/ */
export interface QuotedMessage {
  data: Quoted;
  type: "it's \"quoted\"";
}

export type Right =
  | {
      /** An integer that may be wider than 53 bits: JavaScript rounds it beyond that. */
      r?: number;
    }
  | null;

export type ServerMessage = ErrorMessage | OpenMessage | WorldMessage;

export interface Tags {
  [key: string]: Tags;
}

export interface Tree {
  left?: Tree | null;
  tags?: { [key: string]: Tags };
}

export interface TreeMessage {
  data: Tree;
  type: "tree";
}

/** Called `WebSocketClient` in the contract. */
export type WebSocketClient_ = boolean;

export interface WorldMessage {
  data: unknown;
  type: "世界";
}

/** Called `any` in the contract. */
export type any_ = [];

/** Called `false` in the contract. */
export type false_ = never;

export type 世界 = unknown[];

/**
 * What the client sends: the payloads by wire name, `undefined` for a message that has none.
 * The heartbeat is not among them: the client sees to it.
 */
export interface ClientMessages {
  /** *\/ */
  "it's \"quoted\"": Quoted;
  error: Error_2;
  __proto__: { [key: string]: number };
  tree: Tree;
  pair: Pair;
}

/**
 * What the server sends: the payloads by wire name, `undefined` for a message that has none.
 * The heartbeat is not among them: the client sees to it.
 */
export interface ServerMessages {
  error: Error_2;
  /** @deprecated */
  open: undefined;
  "世界": unknown;
}

/** The messages that have handlers, and whether each has a payload. */
const serverMessages: ReadonlyMap<string, boolean> = new Map<string, boolean>([
  ["error", true],
  ["open", false],
  ["世界", true],
]);

/** A frame as it goes over the wire, whatever it says. */
export interface WebSocketMessage<T = unknown> {
  type: string;
  data: T;
  /** When it was sent, in milliseconds since 1970. */
  timestamp?: number;
}

/** How a connection ended. */
export interface CloseInfo {
  /** The close code; 1005 if the server gave none, 1006 if it went away without a word. */
  code: number;
  reason: string;
  clean: boolean;
}

export type WebSocketErrorKind =
  | "connect" // An attempt to connect failed.
  | "heartbeat" // The server did not answer in time.
  | "malformed" // A frame was no message.
  | "payload" // A message came without its payload.
  | "handler" // A handler threw; `reason` is what.
  | "queue-full" // A message was not taken: too many wait already, or it is too long.
  | "closed"; // `disconnect()`, or a close code after which coming back is in vain.

/** What went wrong. No payload is in it. */
export class WebSocketClientError extends Error {
  readonly kind: WebSocketErrorKind;
  /** What lies behind it, if that is known. */
  readonly reason: unknown;

  constructor(kind: WebSocketErrorKind, message: string, reason?: unknown) {
    super(message);
    this.name = "WebSocketClientError";
    this.kind = kind;
    this.reason = reason;
  }
}

/** What a client tells of itself: the arguments of each event's handlers. */
export interface SystemEvents {
  open: [];
  close: [info: CloseInfo];
  error: [error: WebSocketClientError];
  /** Before attempt 1, 2, … of an outage. */
  reconnect: [attempt: number];
  /** After the last attempt. What was queued is kept; `connect()` starts afresh. */
  "reconnect-failed": [];
  /** A message that the contract doesn't know: the server may be newer. */
  unknown: [message: WebSocketMessage];
}

/** What the client needs of a WebSocket. Browsers' and that of the package `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: WebSocketEvent) => void,
  ): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** Settings. Times are in milliseconds. */
export interface WebSocketConfig {
  /** Where to connect to. A function is called for every attempt, for codes that are good only once. */
  url: string | (() => string | Promise<string>);
  protocols?: string | string[];
  /** How often a heartbeat is sent: 30,000. 0 turns it off. */
  heartbeatInterval?: number;
  /** How long nothing at all may arrive after one: 10,000, or the interval where that is shorter. */
  heartbeatTimeout?: number;
  /** The delay before an attempt, ±20 % at random: 5,000. */
  reconnectInterval?: number;
  /** How many attempts an outage has: 5. */
  maxReconnectAttempts?: number;
  /** How long a connection must stay open before attempts are counted from 1 again: 5,000. */
  minUptime?: number;
  /** How long an attempt may take: 10,000. */
  connectTimeout?: number;
  /** For where `WebSocket` is no global, such as Node before 22: the one of the package `ws`. */
  webSocket?: WebSocketConstructor;
}

type WireData<T> = [T] extends [undefined] ? [] : [data: T];
type WireEvent = Exclude<keyof SystemEvents, keyof ServerMessages>;

/** A typed client that comes back after outages. */
export interface WebSocketClient {
  /**
   * Resolves when the connection is open. Rejects if the first attempt fails: it isn't repeated. While
   * the client reconnects, this waits for the outcome.
   */
  connect(): Promise<void>;
  /** Closes and stays closed. What was sent goes out first; what is queued is kept. */
  disconnect(): Promise<void>;
  isConnected(): boolean;
  /**
   * Sends a message, or queues it for the next connection. Throws if more than 1,024 messages or 1 MiB
   * would wait, and while the client is being disconnected. What was handed to a connection that then
   * breaks may be lost, as with any WebSocket.
   */
  send<K extends keyof ClientMessages>(type: K, ...data: WireData<ClientMessages[K]>): void;
  /**
   * Calls `handler` for each message of this type, or each event of this name, until the function that
   * this returns is called. A message of the contract comes before an event of the same name, which
   * `onEvent` still reaches. Where the client is open, `open` is told at once.
   */
  on<E extends WireEvent>(event: E, handler: (...args: SystemEvents[E]) => void): () => void;
  on<K extends keyof ServerMessages>(type: K, handler: (data: ServerMessages[K]) => void): () => void;
  /** Takes a handler away again; without one, all of this type. */
  off<E extends WireEvent>(event: E, handler?: (...args: SystemEvents[E]) => void): void;
  off<K extends keyof ServerMessages>(type: K, handler?: (data: ServerMessages[K]) => void): void;
  onEvent<E extends keyof SystemEvents>(event: E, handler: (...args: SystemEvents[E]) => void): () => void;
  offEvent<E extends keyof SystemEvents>(event: E, handler?: (...args: SystemEvents[E]) => void): void;
}

/** Makes a client. Throws if a setting can't work; connects only when told to. */
export function createWebSocketClient(config: WebSocketConfig): WebSocketClient {
  return new WireClient(config);
}

const MOST_MESSAGES = 1024;
const MOST_BYTES = 1_048_576;
const CLOSE_TIMEOUT = 2000;
const LONGEST_TIMER = 2_147_483_647;
const IS_OPEN = 1;
const LOST: CloseInfo = { code: 1006, reason: "", clean: false };

type WireState = "idle" | "connecting" | "open" | "reconnecting" | "closing" | "closed" | "failed";
type WireHandler = (...args: never) => unknown;
type WireHandlers = Map<string, Set<WireHandler>>;
type WireTimer = ReturnType<typeof setTimeout>;

interface WireWaiting {
  resolve: () => void;
  reject: (error: WebSocketClientError) => void;
}

/** What of a page tells that the network or the machine may have changed. */
interface WirePage {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

class WireClient implements WebSocketClient {
  readonly #config: WireSettings;
  readonly #messages: WireHandlers = new Map();
  readonly #events: WireHandlers = new Map();
  #state: WireState = "idle";
  /** Where a first attempt that fails goes back to. */
  #before: WireState = "idle";
  #socket: WebSocketLike | undefined;
  /** Grows whenever a connection or an attempt is given up, so that what it still does is ignored. */
  #round = 0;
  #attempt = 0;
  #openedAt = 0;
  #hasRefreshed = false;
  #queue: string[] = [];
  #queuedBytes = 0;
  #waiting: WireWaiting[] = [];
  #closers: (() => void)[] = [];
  /** The attempt's deadline, the delay before the next, or the deadline of closing. */
  #timer: WireTimer | undefined;
  #pulse: WireTimer | undefined;
  #deadline: WireTimer | undefined;
  readonly #probe = (): void => this.#beat();

  constructor(config: WebSocketConfig) {
    this.#config = settings(config);
  }

  connect(): Promise<void> {
    if (this.#state === "open") return Promise.resolve();
    if (this.#state === "closing") return this.disconnect().then(() => this.connect());
    const opened = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (this.#state !== "connecting" && this.#state !== "reconnecting") {
      this.#before = this.#state;
      this.#state = "connecting";
      this.#attempt = 0;
      this.#hasRefreshed = false;
      this.#dial();
    }
    return opened;
  }

  disconnect(): Promise<void> {
    if (this.#state === "open" || this.#state === "closing") {
      const closed = new Promise<void>((resolve) => this.#closers.push(resolve));
      if (this.#state === "open") {
        this.#state = "closing";
        this.#rest();
        this.#timer = setTimeout(() => this.#end(LOST), CLOSE_TIMEOUT);
        this.#socket?.close(1000);
      }
      return closed;
    }
    if (this.#state === "connecting" || this.#state === "reconnecting") {
      this.#drop();
      this.#state = "closed";
      this.#settle(new WebSocketClientError("closed", "disconnect() was called before it was open"));
    }
    return Promise.resolve();
  }

  isConnected(): boolean {
    return this.#state === "open" && this.#socket?.readyState === IS_OPEN;
  }

  send(type: string, data?: unknown): void {
    if (this.#state === "closing") {
      throw new WebSocketClientError("closed", `"${type}" was not sent: the client is being disconnected`);
    }
    const text = frame(type, data);
    const size = new TextEncoder().encode(text).length;
    const socket = this.isConnected() ? this.#socket : undefined;
    const bytes = socket?.bufferedAmount ?? this.#queuedBytes;
    if (bytes + size > MOST_BYTES || (!socket && this.#queue.length >= MOST_MESSAGES)) {
      const error = new WebSocketClientError("queue-full", `"${type}" was not sent: too much is waiting`);
      this.#emit("error", error);
      throw error;
    }
    if (socket) {
      socket.send(text);
    } else {
      this.#queue.push(text);
      this.#queuedBytes += size;
    }
  }

  on(type: string, handler: WireHandler): () => void {
    if (!serverMessages.has(type)) return this.onEvent(type as keyof SystemEvents, handler);
    return add(this.#messages, type, handler);
  }

  off(type: string, handler?: WireHandler): void {
    remove(serverMessages.has(type) ? this.#messages : this.#events, type, handler);
  }

  onEvent(event: keyof SystemEvents, handler: WireHandler): () => void {
    const round = this.#round;
    if (event === "open" && this.#state === "open") {
      queueMicrotask(() => {
        const isSame = round === this.#round && this.#events.get(event)?.has(handler);
        if (isSame) this.#call(event, new Set([handler]), []);
      });
    }
    return add(this.#events, event, handler);
  }

  offEvent(event: keyof SystemEvents, handler?: WireHandler): void {
    remove(this.#events, event, handler);
  }

  /** Makes an attempt. */
  #dial(): void {
    const { url, connectTimeout } = this.#config;
    const round = ++this.#round;
    const fail = (words: string, reason?: unknown): void => {
      if (round === this.#round) this.#end(LOST, new WebSocketClientError("connect", words, reason));
    };
    this.#timer = setTimeout(() => fail(`no connection within ${connectTimeout} ms`), connectTimeout);
    Promise.resolve()
      .then(() => (typeof url === "function" ? url() : url))
      .then((address) => {
        if (round === this.#round) this.#attach(address);
      })
      .catch((error: unknown) => fail("an attempt could not be made", error));
  }

  #attach(address: string): void {
    const { webSocket, protocols } = this.#config;
    let socket: WebSocketLike;
    try {
      socket = protocols === undefined ? new webSocket(address) : new webSocket(address, protocols);
    } catch {
      // What it threw has the URL in it, and with that perhaps a code.
      throw new TypeError("the URL or a subprotocol is not valid");
    }
    this.#socket = socket;
    let fault: unknown;
    const listen = (
      type: "open" | "message" | "close" | "error",
      work: (event: WebSocketEvent) => void,
    ): void =>
      socket.addEventListener(type, (event) => {
        if (this.#socket === socket) work(event);
      });
    listen("open", () => this.#opened(socket));
    listen("message", (event) => this.#receive(event.data));
    listen("error", (event) => {
      // Not the event itself: it leads to the URL.
      fault = event.error;
    });
    listen("close", ({ code = 1006, reason = "", wasClean = false }) => {
      const failed = this.#state === "connecting" || this.#state === "reconnecting";
      const error = failed
        ? new WebSocketClientError("connect", "the server was not reached", fault)
        : undefined;
      this.#end({ code, reason, clean: wasClean }, error);
    });
  }

  #opened(socket: WebSocketLike): void {
    clearTimeout(this.#timer);
    this.#state = "open";
    this.#openedAt = performance.now();
    const { heartbeatInterval } = this.#config;
    if (heartbeatInterval > 0) {
      this.#pulse = setInterval(this.#probe, heartbeatInterval);
      // A machine that wakes or changes its network need not wait for the next beat.
      for (const [page, event] of wakes()) page.addEventListener?.(event, this.#probe);
    }
    while (this.#queue.length > 0 && socket.readyState === IS_OPEN) socket.send(this.#queue.shift() ?? "");
    this.#queuedBytes = this.#queue.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
    this.#settle();
    this.#emit("open");
  }

  /** A connection or an attempt is over: decides what comes of it, then tells. */
  #end(info: CloseInfo, error?: WebSocketClientError): void {
    const was = this.#state;
    this.#drop();
    if (was === "connecting") {
      this.#state = this.#before;
      this.#settle(error);
      return;
    }
    this.#state = was === "closing" ? "closed" : this.#next(info, was === "open");
    if (error) this.#emit("error", error);
    if (was === "open" || was === "closing") this.#emit("close", info);
    for (const resolve of this.#closers.splice(0)) resolve();
    if (this.#state === "failed") {
      this.#settle(error ?? new WebSocketClientError("connect", "there are no more attempts"));
      this.#emit("reconnect-failed");
    }
  }

  /** Whether to come back, and when. */
  #next({ code }: CloseInfo, wasOpen: boolean): WireState {
    const { url, minUptime, maxReconnectAttempts, reconnectInterval } = this.#config;
    if (wasOpen && performance.now() - this.#openedAt >= minUptime) {
      this.#attempt = 0;
      this.#hasRefreshed = false;
    }
    if (wasOpen && isRefusal(code)) {
      // Another code from the URL's function may be better.
      if (typeof url !== "function" || this.#hasRefreshed) return "closed";
      this.#hasRefreshed = true;
    }
    if (wasOpen && isFinal(code)) return "closed";
    if (this.#attempt >= maxReconnectAttempts) return "failed";
    // After "restart" and "try again later", clients come back spread out.
    const isBusy = wasOpen && (code === 1012 || code === 1013);
    const delay = isBusy ? 5000 + 25_000 * Math.random() : reconnectInterval * (0.8 + 0.4 * Math.random());
    const round = this.#round;
    this.#timer = setTimeout(() => {
      this.#attempt += 1;
      this.#emit("reconnect", this.#attempt);
      // A handler may have had enough.
      if (round === this.#round) this.#dial();
    }, delay);
    return "reconnecting";
  }

  /** Lets go of the socket and all timers. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#round += 1;
    clearTimeout(this.#timer);
    this.#rest();
    if (socket && socket.readyState <= IS_OPEN) socket.close();
  }

  /** Ends the heartbeat. */
  #rest(): void {
    clearInterval(this.#pulse);
    this.#alive();
    for (const [page, event] of wakes()) page.removeEventListener?.(event, this.#probe);
  }

  #beat(): void {
    if (this.#state !== "open") return;
    if (this.isConnected()) this.#socket?.send(frame("ping", { timestamp: Date.now() }));
    this.#deadline ??= setTimeout(() => {
      this.#end(
        LOST,
        new WebSocketClientError("heartbeat", "nothing was received in time after a heartbeat"),
      );
    }, this.#config.heartbeatTimeout);
  }

  #alive(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #receive(text: unknown): void {
    this.#alive();
    const message = parsed(text);
    if (message instanceof WebSocketClientError) {
      this.#emit("error", message);
      return;
    }
    const { type, data } = message;
    if (type === "pong") return;
    if (type === "ping") {
      if (this.isConnected()) this.#socket?.send(frame("pong", { timestamp: Date.now() }));
      return;
    }
    const hasPayload = serverMessages.get(type);
    if (hasPayload === undefined) this.#emit("unknown", message);
    else if (!hasPayload) this.#call(type, this.#messages.get(type), [undefined]);
    else if (data !== undefined) this.#call(type, this.#messages.get(type), [data]);
    else this.#emit("error", new WebSocketClientError("payload", `"${type}" came without data`));
  }

  #emit<E extends keyof SystemEvents>(event: E, ...args: SystemEvents[E]): void {
    this.#call(event, this.#events.get(event), args);
  }

  #call(name: string, handlers: Set<WireHandler> | undefined, args: readonly unknown[]): void {
    if (!handlers) return;
    const fail = (reason: unknown): void => {
      const error = new WebSocketClientError("handler", `a handler of "${name}" failed`, reason);
      // The last resort, so that no failure is silent.
      if (name === "error" || !this.#events.get("error")?.size) console.error(error, reason);
      else this.#emit("error", error);
    };
    // One that is added meanwhile is called from the next time on, one that is taken away not any more.
    for (const handler of [...handlers]) {
      if (!handlers.has(handler)) continue;
      try {
        const result = (handler as (...args: readonly unknown[]) => unknown)(...args);
        if (result instanceof Promise) result.catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  }

  /** Answers those who wait for the connection. */
  #settle(error?: WebSocketClientError): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  }
}

type WireSettings = Required<Omit<WebSocketConfig, "protocols">> & Pick<WebSocketConfig, "protocols">;

function settings(config: WebSocketConfig): WireSettings {
  const webSocket = config.webSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!webSocket) throw new TypeError("there is no global WebSocket: pass one as `webSocket`");
  const { heartbeatInterval = 30_000, maxReconnectAttempts = 5 } = config;
  const { heartbeatTimeout = Math.min(10_000, heartbeatInterval || 10_000) } = config;
  const { reconnectInterval = 5000, minUptime = 5000, connectTimeout = 10_000 } = config;
  const inRange = (name: string, value: number, least: number, most: number): void => {
    if (!(value >= least && value <= most)) throw new RangeError(`${name} must be from ${least} to ${most}`);
  };
  inRange("heartbeatInterval", heartbeatInterval, 0, LONGEST_TIMER);
  inRange("heartbeatTimeout", heartbeatTimeout, 1, heartbeatInterval || LONGEST_TIMER);
  // With jitter, and still within what a timer can.
  inRange("reconnectInterval", reconnectInterval, 1, LONGEST_TIMER / 2);
  inRange("maxReconnectAttempts", maxReconnectAttempts, 0, Infinity);
  inRange("minUptime", minUptime, 0, Infinity);
  inRange("connectTimeout", connectTimeout, 1, LONGEST_TIMER);
  const times = { heartbeatInterval, heartbeatTimeout, reconnectInterval, minUptime, connectTimeout };
  return { ...config, ...times, maxReconnectAttempts, webSocket };
}

function frame(type: string, data: unknown): string {
  return JSON.stringify({ type, data, timestamp: Date.now() });
}

function parsed(text: unknown): WebSocketMessage | WebSocketClientError {
  const malformed = (words: string): WebSocketClientError => new WebSocketClientError("malformed", words);
  if (typeof text !== "string") return malformed("a binary frame");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("a frame that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return malformed("a frame without an object");
  const { type, data, timestamp = null } = value as Partial<Record<string, unknown>>;
  if (typeof type !== "string") return malformed("a frame without type");
  if (timestamp === null) return { type, data };
  if (!Number.isInteger(timestamp) || (timestamp as number) < 0) return malformed("a timestamp that is none");
  return { type, data, timestamp: timestamp as number };
}

/** Close codes that refuse who we are. */
function isRefusal(code: number): boolean {
  return [1008, 3000, 3003, 4401, 4403].includes(code);
}

/** Close codes that would be the same the next time. */
function isFinal(code: number): boolean {
  const isListed = [1002, 1003, 1007, 1009, 1010, 4400, 4404].includes(code);
  return isListed || (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}

function wakes(): [WirePage, string][] {
  const page = globalThis as WirePage & { document?: WirePage };
  const own: [WirePage, string][] = [
    [page, "online"],
    [page, "offline"],
  ];
  return page.document ? [...own, [page.document, "visibilitychange"]] : own;
}

function add(all: WireHandlers, name: string, handler: WireHandler): () => void {
  const handlers = all.get(name) ?? new Set<WireHandler>();
  all.set(name, handlers.add(handler));
  return () => void handlers.delete(handler);
}

function remove(all: WireHandlers, name: string, handler?: WireHandler): void {
  if (handler) all.get(name)?.delete(handler);
  else all.get(name)?.clear();
}
