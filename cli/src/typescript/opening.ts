/** How many messages may arrive in an opening that doesn't ask for them. */
const MOST_WAITING = 1024;

/** A new connection, before anything else is sent on it. */
export interface WebSocketOpening {
  /** The attempt, counted from 1 in an outage; 0 for the first one of `connect()`. */
  readonly attempt: number;
  /** Whether the connection before this one was open. */
  readonly wasOpen: boolean;
  /** Is aborted when the connection is lost, or the attempt is given up. */
  readonly signal: AbortSignal;
  /**
   * Resolves with the payload of the next message, which must be this one: another message rejects. What
   * is no message of the contract is reported as ever and left out.
   */
  expect<K extends keyof ServerMessages>(type: K): Promise<ServerMessages[K]>;
  /** Resolves with the next message, whichever it is. */
  next(): Promise<WebSocketServerMessage>;
  /** Writes a message at once, before all that is queued. Throws where it can't. */
  send<K extends keyof ClientMessages>(type: K, ...data: WireData<ClientMessages[K]>): void;
  /** Makes a call at once, before all that is queued. */
  call<K extends keyof ClientCalls>(
    type: K,
    ...args: WireCallArgs<WirePart<ClientCalls, K, "request">>
  ): Promise<WirePart<ClientCalls, K, "reply">>;
  /** Sets how often this connection's heartbeat is sent, in milliseconds: 1 to 2,147,483,647, or 0 for none. */
  heartbeatInterval(interval: number): void;
}

/**
 * Why an opening failed, for it to throw. `unauthorized`: the server rejects the credentials; a client
 * whose `url` or `protocols` is a function makes one more attempt, another stops. `stop`: no other attempt
 * would succeed. Whatever else an opening throws is a failed attempt, which is retried like any other.
 */
export class WebSocketOpeningError extends Error {
  readonly kind: "unauthorized" | "stop";

  constructor(kind: "unauthorized" | "stop", message: string = kind) {
    super(message);
    this.name = "WebSocketOpeningError";
    this.kind = kind;
  }
}

/** What an opening needs of the client. */
interface WireOpeningHost {
  /** Writes a message to the connection. */
  send(type: string, data: unknown): void;
  call(type: string, args: unknown[]): Promise<never>;
  heartbeatInterval(interval: number): void;
  /** The payload of a message; throws where it isn't the contract's. */
  payload(message: WebSocketMessage): unknown;
  /** Too much arrives that isn't asked for. */
  overflow(): void;
}

interface WireReader {
  readonly resolve: (message: WebSocketMessage) => void;
  readonly reject: (reason: unknown) => void;
}

class WireOpening implements WebSocketOpening {
  readonly attempt: number;
  readonly wasOpen: boolean;
  readonly #host: WireOpeningHost;
  readonly #waiting: WebSocketMessage[] = [];
  readonly #readers: WireReader[] = [];
  readonly #work = new AbortController();

  constructor(attempt: number, wasOpen: boolean, host: WireOpeningHost) {
    this.attempt = attempt;
    this.wasOpen = wasOpen;
    this.#host = host;
  }

  get signal(): AbortSignal {
    return this.#work.signal;
  }

  async expect(type: string): Promise<never> {
    const message = await this.#read();
    if (message.type !== type) throw new Error(`"${type}" was expected, and "${message.type}" has come`);
    return this.#host.payload(message) as never;
  }

  async next(): Promise<WebSocketServerMessage> {
    const message = await this.#read();
    return { type: message.type, data: this.#host.payload(message) } as WebSocketServerMessage;
  }

  send(type: string, data?: unknown): void {
    this.#check();
    this.#host.send(type, data);
  }

  async call(type: string, ...args: unknown[]): Promise<never> {
    this.#check();
    return this.#host.call(type, args);
  }

  heartbeatInterval(interval: number): void {
    this.#check();
    if (interval !== 0) inRange("heartbeatInterval", interval, 1, LONGEST_TIMER, ", or 0");
    this.#host.heartbeatInterval(interval);
  }

  #check(): void {
    if (this.#work.signal.aborted) throw new WebSocketClientError("closed", "the opening is over");
  }

  async #read(): Promise<WebSocketMessage> {
    this.#check();
    const next = this.#waiting.shift();
    return next ?? new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** A message has come. */
  take(message: WebSocketMessage): void {
    const reader = this.#readers.shift();
    if (reader) reader.resolve(message);
    else if (this.#waiting.push(message) > MOST_WAITING) this.#host.overflow();
  }

  /** The opening is over: what it didn't ask for. */
  end(): WebSocketMessage[] {
    const reason = new WebSocketClientError("closed", "the opening is over");
    this.#work.abort(reason);
    for (const { reject } of this.#readers.splice(0)) reject(reason);
    return this.#waiting.splice(0);
  }
}
