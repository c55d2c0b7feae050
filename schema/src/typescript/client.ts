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
