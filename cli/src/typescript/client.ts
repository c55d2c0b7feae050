const CLOSE_TIMEOUT = 2000;
const IS_OPEN = 1;
const LOST: WireEnd = { code: 1006, reason: "", clean: false };

type WireEnd = Pick<CloseInfo, "code" | "reason" | "clean">;
type WireTimer = ReturnType<typeof setTimeout>;

interface WireWaiting {
  resolve: () => void;
  reject: (error: WebSocketClientError) => void;
}

class WireClient implements WebSocketClient {
  readonly #config: WireSettings;
  readonly #handlers = new WireHandlers();
  #state: WebSocketState = "idle";
  /** The attempt under way or waited for. */
  #attempt = 0;
  #nextAttemptAt: number | undefined;
  /** Where a first attempt that fails goes back to. */
  #before: "idle" | "closed" | "failed" = "idle";
  #socket: WebSocketLike | undefined;
  /** Grows whenever a connection or an attempt is given up, so that what it still does is ignored. */
  #round = 0;
  #openedAt = 0;
  #hasRefreshed = false;
  readonly #queue = new WireFrames();
  readonly #unconfirmed = new WireUnconfirmed();
  readonly #waiting: WireWaiting[] = [];
  readonly #closers: (() => void)[] = [];
  /** The attempt's deadline, the delay before the next, or the deadline of closing. */
  #timer: WireTimer | undefined;
  #pulse: WireTimer | undefined;
  #confirmation: WireTimer | undefined;
  #deadline: WireTimer | undefined;
  readonly #onPage = (event: WirePageEvent): void => this.#pageChanged(event);

  constructor(config: WebSocketConfig) {
    this.#config = settings(config);
  }

  get state(): WebSocketState {
    return this.#state;
  }

  get stateInfo(): WebSocketStateInfo {
    const has = this.#state === "connecting" || this.#state === "reconnecting";
    return { attempt: has ? this.#attempt : 0, nextAttemptAt: this.#nextAttemptAt };
  }

  get queued(): number {
    return this.#queue.count;
  }

  get unconfirmed(): number {
    return this.#unconfirmed.count;
  }

  connect(): Promise<void> {
    if (this.#state === "open") return Promise.resolve();
    if (this.#state === "closing") return this.disconnect().then(() => this.connect());
    const opened = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (this.#state !== "connecting" && this.#state !== "reconnecting") {
      this.#before = this.#state;
      this.#attempt = 0;
      this.#hasRefreshed = false;
      this.#watchPage();
      this.#dial("connecting");
    } else if (this.#nextAttemptAt !== undefined) {
      this.#retry();
    }
    return opened;
  }

  disconnect(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#closers.push(resolve));
    if (this.#state === "open") {
      this.#rest();
      this.#timer = setTimeout(() => this.#end(LOST), CLOSE_TIMEOUT);
      this.#become("closing");
      this.#socket?.close(1000);
    } else if (this.#state !== "closing") {
      this.#drop();
      this.#become("closed");
      this.#stopped();
      this.#settle(new WebSocketClientError("closed", "disconnect() was called before it was open"));
    }
    return closed;
  }

  isConnected(): boolean {
    return this.#state === "open" && this.#socket?.readyState === IS_OPEN;
  }

  send(type: string, data?: unknown): void {
    if (!clientMessages.has(type)) throw new TypeError(noSuchMessage(type));
    if (this.#state === "closing" || this.#state === "closed" || this.#state === "failed") {
      const words = `"${type}" was not sent: the client is ${this.#state}; call connect() before`;
      throw new WebSocketClientError("closed", words);
    }
    const message = frame(type, data);
    const socket = this.isConnected() ? this.#socket : undefined;
    if (socket ? socket.bufferedAmount + message.size <= MOST_BYTES : this.#makeRoom(message.size)) {
      if (socket) this.#write(socket, message);
      else this.#queue.push(message);
      return;
    }
    const error = new WebSocketClientError("queue-full", `"${type}" was not sent: too much is waiting`);
    this.#emit("error", error);
    throw error;
  }

  clearQueue(): number {
    return this.#dropQueue("cleared");
  }

  on(type: string, handler: WireHandler): () => void {
    if (!serverMessages.has(type)) return this.onEvent(type as keyof SystemEvents, handler);
    return this.#handlers.messages.add(type, handler);
  }

  off(type: string, handler?: WireHandler): void {
    if (!serverMessages.has(type)) this.offEvent(type as keyof SystemEvents, handler);
    else this.#handlers.messages.remove(type, handler);
  }

  onEvent(event: keyof SystemEvents, handler: WireHandler): () => void {
    checkEvent(event);
    const round = this.#round;
    if (event === "open" && this.#state === "open") {
      queueMicrotask(() => {
        if (round === this.#round) this.#handlers.callOne(event, handler);
      });
    }
    return this.#handlers.events.add(event, handler);
  }

  offEvent(event: keyof SystemEvents, handler?: WireHandler): void {
    checkEvent(event);
    this.#handlers.events.remove(event, handler);
  }

  #become(state: WebSocketState, nextAttemptAt?: number): void {
    const [was, info] = [this.#state, this.stateInfo];
    this.#state = state;
    this.#nextAttemptAt = nextAttemptAt;
    const isSame = info.attempt === this.stateInfo.attempt && info.nextAttemptAt === nextAttemptAt;
    if (state !== was || !isSame) this.#emit("state", state, this.stateInfo);
  }

  /** Makes an attempt. */
  #dial(state: "connecting" | "reconnecting"): void {
    const { url, protocols, connectTimeout } = this.#config;
    const round = ++this.#round;
    const fail = (words: string, reason?: unknown): void => {
      if (round === this.#round) this.#end(LOST, new WebSocketClientError("connect", words, reason));
    };
    this.#timer = setTimeout(() => fail(`no connection within ${connectTimeout} ms`), connectTimeout);
    this.#become(state);
    Promise.resolve()
      .then(() =>
        Promise.all([
          typeof url === "function" ? url() : url,
          typeof protocols === "function" ? protocols() : protocols,
        ]),
      )
      .then(([address, offered]) => {
        if (round === this.#round) this.#attach(address, offered);
      })
      .catch((error: unknown) => fail("an attempt could not be made", error));
  }

  #attach(address: string, offered: string | string[] | undefined): void {
    const { webSocket } = this.#config;
    checkUrl(address);
    let socket: WebSocketLike;
    try {
      socket = offered === undefined ? new webSocket(address) : new webSocket(address, offered);
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
    this.#openedAt = performance.now();
    const { heartbeatInterval } = this.#config;
    if (heartbeatInterval > 0) this.#pulse = setInterval(() => this.#beat(), heartbeatInterval);
    while (this.#queue.count > 0 && socket.readyState === IS_OPEN) {
      const message = this.#queue.shift();
      if (message) this.#write(socket, message);
    }
    this.#become("open");
    this.#settle();
    this.#emit("open");
  }

  /** A connection or an attempt is over: decides what follows, then reports. */
  #end(end: WireEnd, error?: WebSocketClientError): void {
    const was = this.#state;
    const wasOpen = was === "open" || was === "closing";
    // The server has answered our Close, which came after all messages.
    const isConfirmed = was === "closing" && end.clean && (end.code === 1000 || end.code === 1005);
    const loss = this.#unconfirmed.take();
    this.#drop();
    const next = this.#next(end, was);
    const follows: Pick<CloseInfo, "willReconnect" | "retryIn"> =
      typeof next === "number" ? { willReconnect: true, retryIn: next } : { willReconnect: false };
    if (typeof next === "number") this.#wait(next, was === "connecting" ? "connecting" : "reconnecting");
    else this.#become(next);
    // A first attempt has one who waits for it.
    const isFirst = was === "connecting" && !this.#config.retryFirstConnect;
    if (error && !isFirst) this.#emit("error", error);
    if (wasOpen) this.#emit("close", { ...end, ...follows });
    if (loss.count > 0 && !isConfirmed) this.#emit("unconfirmed", loss);
    if (typeof next === "number") return;
    this.#stopped();
    if (next === "failed" && !isFirst) this.#emit("reconnect-failed");
    this.#settle(error ?? new WebSocketClientError("connect", "there are no more attempts"));
  }

  /** Whether to come back: the delay before the next attempt, or the state to stop in. */
  #next({ code }: WireEnd, was: WebSocketState): number | "idle" | "closed" | "failed" {
    const { url, protocols, minUptime, maxReconnectAttempts, restartDelay } = this.#config;
    if (was === "closing") return "closed";
    if (was === "connecting" && !this.#config.retryFirstConnect) return this.#before;
    if (was === "open") {
      if (performance.now() - this.#openedAt >= minUptime) {
        this.#attempt = 0;
        this.#hasRefreshed = false;
      }
      if (isRefusal(code)) {
        // Fresh credentials may be better.
        const canRefresh = typeof url === "function" || typeof protocols === "function";
        if (!canRefresh || this.#hasRefreshed) return "closed";
        this.#hasRefreshed = true;
      }
      if (isFinal(code)) return "closed";
    }
    if (this.#attempt >= maxReconnectAttempts) return "failed";
    const isBusy = was === "open" && (code === 1012 || code === 1013);
    return isBusy ? between(...restartDelay) : this.#delay();
  }

  #delay(): number {
    const { reconnectInterval, maxReconnectInterval } = this.#config;
    if (maxReconnectInterval === reconnectInterval)
      return between(0.8 * reconnectInterval, 1.2 * reconnectInterval);
    const longest = Math.min(maxReconnectInterval, reconnectInterval * 2 ** this.#attempt);
    return between(longest / 2, longest);
  }

  #wait(delay: number, state: "connecting" | "reconnecting"): void {
    this.#timer = setTimeout(() => this.#retry(), delay);
    this.#attempt += 1;
    this.#become(state, Date.now() + delay);
  }

  /** Begins the attempt that is waited for. */
  #retry(): void {
    clearTimeout(this.#timer);
    const round = this.#round;
    this.#emit("reconnect", this.#attempt);
    // A handler may have called disconnect().
    if (round === this.#round) this.#dial(this.#state === "connecting" ? "connecting" : "reconnecting");
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

  /** What follows where no attempt does. */
  #stopped(): void {
    for (const [page, event] of pageEvents()) page.removeEventListener?.(event, this.#onPage);
    for (const resolve of this.#closers.splice(0)) resolve();
    if (this.#state === "closed") this.#dropQueue("closed");
  }

  /** Ends the heartbeat. */
  #rest(): void {
    clearInterval(this.#pulse);
    clearTimeout(this.#confirmation);
    this.#confirmation = undefined;
    this.#alive();
  }

  #write(socket: WebSocketLike, message: WireFrame): void {
    socket.send(message.text);
    this.#unconfirmed.wrote(message);
    this.#confirmSoon();
  }

  /** Asks for confirmation after a while, one question at a time. */
  #confirmSoon(): void {
    const { confirmInterval } = this.#config;
    const isAsked = this.#confirmation !== undefined || this.#unconfirmed.isAsked;
    if (confirmInterval === 0 || isAsked || this.#unconfirmed.count === 0) return;
    this.#confirmation = setTimeout(() => {
      this.#confirmation = undefined;
      if (!this.#unconfirmed.isAsked) this.#beat();
    }, confirmInterval);
  }

  #beat(): void {
    if (this.isConnected()) {
      this.#socket?.send(frame("ping", { timestamp: Date.now() }).text);
      this.#unconfirmed.ask();
    }
    this.#deadline ??= setTimeout(() => {
      const words = "nothing was received in time after a heartbeat";
      this.#end(LOST, new WebSocketClientError("heartbeat", words));
    }, this.#config.heartbeatTimeout);
  }

  #alive(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #watchPage(): void {
    for (const [page, event] of pageEvents()) page.addEventListener?.(event, this.#onPage);
  }

  /** The network has changed, the machine woke, or the page goes away. */
  #pageChanged({ type, persisted = false }: WirePageEvent): void {
    if (type === "pagehide") {
      if (persisted) return;
      const loss = this.#unconfirmed.take();
      if (loss.count > 0) this.#emit("unconfirmed", loss);
      this.#dropQueue("unload");
    } else if (this.#state === "open") {
      if (this.#config.heartbeatInterval > 0) this.#beat();
    } else if (type === "online" && this.#nextAttemptAt !== undefined) {
      this.#retry();
    }
  }

  /** Whether a message of this size may wait, after what `overflow` does. */
  #makeRoom(size: number): boolean {
    if (this.#config.overflow === "drop-oldest" && size <= MOST_BYTES) {
      const messages: WebSocketMessage[] = [];
      while (!this.#queue.fits(size)) messages.push(decoded(this.#queue.shift()?.text ?? "") as WebSocketMessage);
      if (messages.length > 0) this.#emit("dropped", { count: messages.length, messages }, "overflow");
    }
    return this.#queue.fits(size);
  }

  #dropQueue(reason: WebSocketDropReason): number {
    const messages = this.#queue.take();
    const count = messages.length;
    if (count > 0) this.#emit("dropped", { count, messages }, reason);
    return count;
  }

  #receive(text: unknown): void {
    this.#alive();
    const message = parsed(text);
    if (message instanceof WebSocketClientError) {
      this.#emit("error", message);
      return;
    }
    const { type, data, timestamp } = message;
    if (type === "pong") {
      this.#unconfirmed.answer();
      this.#confirmSoon();
      return;
    }
    if (type === "ping") {
      if (this.isConnected()) this.#socket?.send(frame("pong", { timestamp: Date.now() }).text);
      return;
    }
    const kinds = serverMessages.get(type);
    if (kinds === undefined) {
      this.#emit("unknown", message, { timestamp });
      return;
    }
    const error = kinds.length === 0 ? undefined : (mismatch(type, data, kinds) ?? this.#invalid(type, data));
    if (error) this.#emit("error", error);
    else this.#handlers.message(type, kinds.length === 0 ? undefined : data, { timestamp });
  }

  /** What the user's own check says about a payload. */
  #invalid(type: string, data: unknown): WebSocketClientError | undefined {
    const { validate } = this.#config;
    const invalid = (reason?: unknown): WebSocketClientError =>
      new WebSocketClientError("payload", `the payload of "${type}" is not valid`, reason);
    try {
      return !validate || validate(type as keyof ServerMessages, data) ? undefined : invalid();
    } catch (reason) {
      return invalid(reason);
    }
  }

  #emit<E extends keyof SystemEvents>(event: E, ...args: SystemEvents[E]): void {
    this.#handlers.emit(event, args);
  }

  /** Answers those who wait for the connection. */
  #settle(error?: WebSocketClientError): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  }
}
