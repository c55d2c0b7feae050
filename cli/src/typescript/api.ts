/** A message as it goes over the wire. */
export interface WebSocketMessage<T = unknown> {
  type: string;
  data: T;
  /** When it was sent, in milliseconds since 1970. */
  timestamp?: number;
//#default
  /** The number of a call, if this is the request of one. */
  id?: number;
  /** The number of the call that this answers. */
  re?: number;
//#end
}

/** What a handler gets beside a message's payload. */
export interface WebSocketMessageInfo {
  /** When the message was sent, in milliseconds since 1970; `undefined` if the sender did not say. */
  readonly timestamp: number | undefined;
}

/**
 * What the client is doing. `idle`: `connect()` was not called yet. `closed`: closed for good, by
 * `disconnect()` or by a close code that no retry would change. `failed`: all attempts failed.
 */
export type WebSocketState =
  | "idle"
  | "connecting"
  | "open"
  | "reconnecting"
  | "closing"
  | "closed"
  | "failed";

/** The attempt that belongs to a state. */
export interface WebSocketStateInfo {
  /** The attempt that is under way or waited for, counted from 1; 0 where none is. */
  readonly attempt: number;
  /** When that attempt begins, in milliseconds since 1970, for a countdown; `undefined` once it has begun. */
  readonly nextAttemptAt: number | undefined;
}

/** How a connection ended. */
export interface CloseInfo {
  /** The close code; 1005 if the server gave none, 1006 if the connection ended without a Close. */
  code: number;
  reason: string;
  clean: boolean;
  /** Whether another attempt follows. */
  willReconnect: boolean;
  /** The delay before that attempt, in milliseconds. */
  retryIn?: number;
}

/** Messages that may be lost, or are. */
export interface WebSocketLoss {
  /** How many. */
  readonly count: number;
  /** The messages themselves, for another try: of many, the last 1,024 (or 1 MiB). */
  readonly messages: readonly WebSocketMessage[];
}

export type WebSocketDropReason =
  | "overflow" // A newer message took its place: `overflow: "drop-oldest"`.
  | "closed" // The client was closed for good before a connection was open.
  | "cleared" // `clearQueue()`.
  | "unload"; // The page went away.

export type WebSocketErrorKind =
  | "connect" // An attempt to connect failed; `reason` is what the WebSocket said, if it did.
  | "opening" // The `opening` of a connection failed; `reason` is why.
//#foreign
  | "hold" // The server refused a hold or a heartbeat that is a call's request; `reason` is the call's error.
//#end
  | "heartbeat" // The server did not answer in time.
  | "malformed" // A frame was no message.
  | "payload" // A message's payload is not the contract's; on `send()`, it can't be written as JSON.
  | "handler" // A handler threw; `reason` is what.
//#default
  | "unconfirmed" // `flush()`: something was lost or dropped, or nothing was confirmed in time.
//#end
  | "queue-full" // A message was not taken: too many wait already, or it is too long.
  | "closed"; // The client is closing, closed or failed.

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

/** The client's own events: the arguments of each event's handlers. */
export interface SystemEvents {
  open: [];
  close: [info: CloseInfo];
  error: [error: WebSocketClientError];
  /** The state, or the attempt that belongs to it, has changed. */
  state: [state: WebSocketState, info: WebSocketStateInfo];
  /** Attempt 1, 2, … of an outage begins. */
  reconnect: [attempt: number];
  /** The last attempt failed. The messages that wait (`queued`) are kept for `connect()`; calls have ended. */
  "reconnect-failed": [];
//#default
  /**
   * A connection ended before the server confirmed these messages: they may have arrived or not. A
   * message is confirmed by the answer (`pong`) to a heartbeat that was sent after it.
   */
//#end
//#foreign
  /**
   * A connection ended, and these messages were written to it: they may have arrived or not. Only a Close
   * that both sides agree on says that they have.
   */
//#end
  unconfirmed: [loss: WebSocketLoss];
  /** These messages were never sent. */
  dropped: [loss: WebSocketLoss, reason: WebSocketDropReason];
  /** A message that the contract doesn't know: the server may be newer. */
  unknown: [message: WebSocketMessage, info: WebSocketMessageInfo];
//#default
  /** What becomes of the session, where the setting `session` asks for one. */
  session: [event: WebSocketSessionEvent];
  /**
   * In a session: the server has another contract than this client, and says what that means. A page may ask
   * its user to reload before anything fails.
   */
  contract: [notice: WebSocketContractNotice];
//#end
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

type WireMaybe<T> = T | Promise<T>;

/** Settings. Times are in milliseconds. */
export interface WebSocketConfig {
  /**
   * Where to connect to: `ws://…` or `wss://…`. A function is called for every attempt, for codes that
   * are good only once; where it fails, the attempt has failed.
   */
  url: string | (() => WireMaybe<string>);
  /** The subprotocols to offer. A function is called for every attempt, as for `url`. */
  protocols?: string | string[] | (() => WireMaybe<string | string[] | undefined>);
  /**
   * Is called for every new connection before anything else is sent, for what the server wants first, such
   * as credentials. Until it ends the client is `connecting` or `reconnecting`, and what arrives without
   * being asked for waits: 1,024 messages at most. Where it fails, or `connectTimeout` ends first, the
//#default
   * attempt has failed; see `WebSocketOpeningError`. Not with a `session`.
//#end
//#foreign
   * attempt has failed; see `WebSocketOpeningError`.
//#end
   */
  opening?: (peer: WebSocketOpening) => WireMaybe<void>;
//#default
  /**
   * What is sent as a heartbeat: the message `ping` (`"ping"`), a message of yours, a literal text, or
   * nothing: `"listen"` only waits that long for anything to arrive, `"off"` doesn't. The functions are
   * called for each; where one fails, that heartbeat is left out (an `error` of kind `handler`). Only
   * `"ping"`, the default, confirms messages.
   */
//#end
//#foreign
  /**
   * What is sent as a heartbeat: a message of yours, a literal text, or nothing: `"listen"` only waits
   * that long for anything to arrive, `"off"`, the default, doesn't. The functions are called for each;
   * where one fails, that heartbeat is left out (an `error` of kind `handler`).
   */
//#end
  heartbeat?: WebSocketHeartbeat;
//#default
  /**
   * How often a heartbeat is sent: 30,000. 0 turns it off, and with it the confirmation of messages. The
   * opening can set it for its connection.
   */
//#end
//#foreign
  /** How often a heartbeat is sent: 30,000. 0 turns it off. The opening can set it for its connection. */
//#end
  heartbeatInterval?: number;
  /**
   * How long nothing at all may arrive after one, or with `"listen"` beyond the interval: 10,000, or the
   * interval where that is shorter.
   */
  heartbeatTimeout?: number;
//#default
  /**
   * How soon after a message a heartbeat asks for its confirmation: 1,000, and never more than one that
   * is unanswered. 0 leaves it to the next heartbeat: fewer frames, and after an outage more messages
   * that may have arrived are reported as `unconfirmed`.
   */
  confirmInterval?: number;
//#end
  /** The delay before an attempt, ±20 % at random: 5,000. */
  reconnectInterval?: number;
  /**
   * If it is above `reconnectInterval`, delays double from attempt to attempt up to this, and each is
   * random between half of it and all. By default they do not grow.
   */
  maxReconnectInterval?: number;
  /** How many attempts an outage has: 5. `Infinity` for no limit. */
  maxReconnectAttempts?: number;
  /**
   * The delay after close codes 1012 (restart) and 1013 (try again later): random between these two,
   * 5,000 and 30,000, so that all clients of a server do not come back at once. One number is both.
   */
  restartDelay?: number | readonly [shortest: number, longest: number];
  /** Whether a first `connect()` that fails is retried like a reconnect: `false`. */
  retryFirstConnect?: boolean;
  /** How long a connection must stay open before attempts are counted from 1 again: 5,000. */
  minUptime?: number;
  /** How long an attempt may take, the functions for `url` and `protocols` and the `opening` included: 10,000. */
  connectTimeout?: number;
  /** What follows close codes of the server's own, after an opening that they end as well. */
  closeRules?: WebSocketCloseRules;
  /** Frames that are exactly one of these texts show that the server is alive, and are nothing else. */
  ignoreText?: readonly string[];
  /**
   * What happens when 1,024 messages or 1 MiB wait for a connection: `"reject"` makes `send()` throw,
   * `"drop-oldest"` makes room (event `dropped`).
   */
  overflow?: "reject" | "drop-oldest";
  /**
   * Whether the payload of a message from the server is what the contract says. Where it is `false`, or
   * throws, the message is an `error` of kind `payload` and no handler gets it. Without this, no more
//#default
   * is checked than that `data` is there and has the right kind of JSON value. It is called for answers
   * to calls as well, then with the call that they answer (`re`): a call with a wrong answer fails.
   */
  validate?: (type: WireServerName, data: unknown, re?: number) => boolean;
//#end
//#foreign
   * is checked than that the payload is there and has the right kind of JSON value. It is called for
   * answers to calls as well, as `x.reply` and `x.error` of the call `x`: a call with a wrong answer fails.
   */
  validate?: (type: WireServerName, data: unknown) => boolean;
//#end
//#default
  /**
   * Whether messages survive the connection that they were written on: `false`. With `true` the server
   * must speak sessions: the client offers the subprotocol `wirebond.v1`, and browsers refuse a server that
   * does not choose an offered one. With `"prefer"` an attempt that fails with the offer is made once more
   * without it, and a server whose first frame is no `$hello`, or that sends none for 5 s, is used without.
   * The session lives in memory: each page has its own.
   */
  session?: boolean | "prefer";
//#end
  /** For where `WebSocket` is no global, such as Node before 22: the one of the package `ws`. */
  webSocket?: WebSocketConstructor;
}

/** Settings that go together: `createWebSocketClient({ ...presets.patient, url })`. */
export const presets: {
  readonly patient: Partial<WebSocketConfig>;
  readonly development: Partial<WebSocketConfig>;
} = {
  /** For what stays open all day: no limit of attempts, delays from 1 s, doubled up to 30 s. */
  patient: { reconnectInterval: 1000, maxReconnectInterval: 30_000, maxReconnectAttempts: Infinity },
  /** For a server that restarts at every change of its code: an attempt every half second, for ever. */
  development: {
    reconnectInterval: 500,
    maxReconnectAttempts: Infinity,
    restartDelay: 500,
    retryFirstConnect: true,
  },
};

/** A message of yours, with its name. */
export type WebSocketClientMessage = {
  [K in keyof ClientMessages]: [ClientMessages[K]] extends [undefined]
    ? { readonly type: K; readonly data?: undefined }
    : { readonly type: K; readonly data: ClientMessages[K] };
}[keyof ClientMessages];

/** A message of the server, with its name. */
export type WebSocketServerMessage = {
  [K in keyof ServerMessages]: { readonly type: K; readonly data: ServerMessages[K] };
}[keyof ServerMessages];

/** What is sent as a heartbeat. */
export type WebSocketHeartbeat =
//#default
  | "ping"
//#end
  | "listen"
  | "off"
  | { readonly message: () => WebSocketClientMessage }
  | { readonly text: () => string };

type WireServerName = keyof ServerMessages | `${keyof ClientCalls}.${"reply" | "error"}`;
type WireData<T> = [T] extends [undefined] ? [] : [data: T];
type WireHoldData<T> = [T] extends [undefined] ? [] : [data: T | (() => T)];
type WireEvent = Exclude<keyof SystemEvents, keyof ServerMessages>;

/** A typed client that reconnects after outages. */
export interface WebSocketClient {
  readonly state: WebSocketState;
  /** The attempt that belongs to the state. */
  readonly stateInfo: WebSocketStateInfo;
  /** How many messages wait for a connection. */
  readonly queued: number;
//#default
  /** How many messages were written and are not confirmed yet. */
//#end
//#foreign
  /** How many messages were written to the present connection. */
//#end
  readonly unconfirmed: number;
  /** How many holds there are. */
  readonly holds: number;
//#default
  /** The id of the session, fit for logs; `undefined` without one. */
  readonly session: string | undefined;
//#end
  /**
   * Resolves when the connection is open. Rejects if the first attempt fails: it isn't repeated, unless
   * `retryFirstConnect` is set. While the client waits for its next attempt, this begins it at once, and
   * rejects when all attempts have failed.
   */
  connect(): Promise<void>;
  /**
   * Closes and stays closed. What was written goes out first; what waits for a connection is dropped
   * (event `dropped`).
   */
  disconnect(): Promise<void>;
  isConnected(): boolean;
  /**
   * Sends a message, or queues it for the next connection. Throws where it can't: too much waits
   * (`overflow`), a number in it is not finite, or the client is closing, closed or failed, until
//#default
   * `connect()` is called. Messages that a broken connection may have lost: event `unconfirmed`. The
   * heartbeat (`ping` and `pong`) is no message of yours: the client sends it by itself.
   */
//#end
//#foreign
   * `connect()` is called. Messages that a broken connection may have lost: event `unconfirmed`.
   */
//#end
  send<K extends keyof ClientMessages>(type: K, ...data: WireData<ClientMessages[K]>): void;
  /**
   * Sends a message now, if the client is open, and first on every new connection, in the order in which
//#default
   * holds were made, until it is released. `disconnect()` keeps it for the next `connect()`; a session
   * that goes on gets it only once. A function is called for each connection; another payload is written
   * anew for each. Throws where the payload can't be written. It is neither queued nor `unconfirmed`.
   */
//#end
//#foreign
   * holds were made, until it is released. `disconnect()` keeps it for the next `connect()`. A function is
   * called for each connection; another payload is written anew for each. Throws where the payload can't
   * be written. It is neither queued nor `unconfirmed`. The request of a call is sent with a number; where
   * the server refuses it, that is an `error` of kind `hold`.
   */
//#end
  hold<K extends keyof ClientMessages>(type: K, ...data: WireHoldData<ClientMessages[K]>): WebSocketHold;
//#default
  /**
   * Asks the server to confirm, and resolves when all that was sent so far is confirmed. Rejects (kind
   * `unconfirmed`) where some of it is lost or dropped, the client is closed or has failed, or nothing is
   * confirmed for six times the `heartbeatTimeout`.
   */
  flush(): Promise<void>;
//#end
  /**
   * Sends the request of a call and resolves with its reply. Rejects with a `WebSocketCallError`, which
   * `isCallError` gives its type: the server refused, or there is no answer, and why. An answer is waited
   * for 30 s, or as long as `timeout` says.
   */
  call<K extends keyof ClientCalls>(
    type: K,
    ...args: WireCallArgs<WirePart<ClientCalls, K, "request">>
  ): Promise<WirePart<ClientCalls, K, "reply">>;
//#default
  /**
   * Answers a call of the server with what `handler` returns: the reply, or a `WebSocketRefusal` with the
   * call's error, which it may throw as well. Where it throws anything else, the server learns that it
   * failed, and the event `error` says why. A call has one handler at a time, until the function that
   * this returns is called.
   */
  handle<K extends keyof ServerCalls>(
    type: K,
    handler: (
      data: WirePart<ServerCalls, K, "request">,
      info: WebSocketCallInfo,
    ) => WireMaybe<WireAnswer<WirePart<ServerCalls, K, "reply">, WirePart<ServerCalls, K, "error">>>,
  ): () => void;
//#end
  /** Drops the messages that wait for a connection (event `dropped`); how many they were. */
  clearQueue(): number;
  /**
   * Calls `handler` for each message of this type, or each event of this name, until the function that
   * this returns is called. A message of the contract comes before an event of the same name, which
   * `onEvent` still reaches. Where the client is open, `open` is reported at once.
   */
  on<E extends WireEvent>(event: E, handler: (...args: SystemEvents[E]) => void): () => void;
  on<K extends keyof ServerMessages>(
    type: K,
    handler: (data: ServerMessages[K], info: WebSocketMessageInfo) => void,
  ): () => void;
  /** Removes a handler; without one, all of this type. */
  off<E extends WireEvent>(event: E, handler?: (...args: SystemEvents[E]) => void): void;
  off<K extends keyof ServerMessages>(
    type: K,
    handler?: (data: ServerMessages[K], info: WebSocketMessageInfo) => void,
  ): void;
  onEvent<E extends keyof SystemEvents>(event: E, handler: (...args: SystemEvents[E]) => void): () => void;
  offEvent<E extends keyof SystemEvents>(event: E, handler?: (...args: SystemEvents[E]) => void): void;
}

/** Makes a client. Throws if a setting can't work; connects only when told to. */
export function createWebSocketClient(config: WebSocketConfig): WebSocketClient {
  return new WireClient(config);
}
