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
