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
  readonly #attempts: WireAttempts;
  #nextAttemptAt: number | undefined;
  /** Where a first attempt that fails goes back to. */
  #before: "idle" | "closed" | "failed" = "idle";
  #socket: WebSocketLike | undefined;
  /** Grows whenever a connection or an attempt is given up, so that what it still does is ignored. */
  #round = 0;
  #openedAt = 0;
  readonly #calls: WireCalls;
//#default
  readonly #answers: WireAnswers;
//#end
  readonly #sender: WireSender;
//#default
  readonly #link: WireLink;
//#end
  readonly #receiver: WireReceiver;
//#default
  /** Whether the next attempt offers a session, and whether the server is known to speak none. */
  #offers = true;
  #isPlain = false;
//#end
  readonly #waiting: WireWaiting[] = [];
  readonly #closers: (() => void)[] = [];
  /** The attempt's deadline, the delay before the next, or the deadline of closing. */
  #timer: WireTimer | undefined;
//#default
  #confirmation: WireTimer | undefined;
//#end
  readonly #heartbeat: WireHeartbeat;
  readonly #holds: WireHolds;
  /** The present connection's, while it lasts. */
  #opening: WireOpening | undefined;
  /** Whether the connection before the present attempt was open. */
  #wasOpen = false;
  readonly #onPage = (event: WirePageEvent): void => this.#pageChanged(event);

  constructor(config: WebSocketConfig) {
    this.#config = settings(config);
    this.#attempts = new WireAttempts(this.#config);
    this.#calls = new WireCalls({
      takeBack: (message) => this.#sender.takeBack(message),
//#foreign
      report: (error) => this.#emit("error", error),
//#end
//#default
      cancel: (re) => this.#reply("$cancel", re, undefined),
//#end
    });
//#default
    this.#answers = new WireAnswers((error) => this.#emit("error", error));
//#end
    this.#heartbeat = new WireHeartbeat(this.#config, {
      write: () => this.#writeHeartbeat(),
      silent: () => {
        const words = this.#config.heartbeat === "listen" ? "nothing was received for too long" : "nothing was received in time after a heartbeat";
        this.#end(LOST, new WebSocketClientError("heartbeat", words));
      },
    });
    this.#holds = new WireHolds({
//#default
      place: () => (this.#state === "closing" ? undefined : (this.#sender.session.id ?? (this.isConnected() ? this.#round : undefined))),
//#end
//#foreign
      place: () => (this.isConnected() ? this.#round : undefined),
//#end
      accept: (message) => this.#accept(message),
      takeBack: (message) => this.#sender.takeBack(message),
      send: (type, data) => this.#accept(this.#setup(type, data)),
      report: (error) => this.#emit("error", error),
    });
    this.#sender = new WireSender(this.#calls, this.#holds, this.#config, (event, ...args) => this.#emit(event, ...args));
//#default
    this.#link = new WireLink(this.#sender, {
      emit: (event, ...args) => this.#emit(event, ...args),
      answersLost: () => this.#answers.lost(),
      resuming: () => this.#limit(this.#config.connectTimeout, () => "the session was not resumed in time"),
      live: (socket) => this.#opened(socket),
      plain: () => this.#withoutSession(),
    });
//#end
//#default
    this.#receiver = new WireReceiver(this.#handlers, this.#calls, this.#answers, this.#config.validate, {
      place: () => this.#place,
      reply: (type, re, data) => this.#reply(type, re, data),
    });
//#end
//#foreign
    this.#receiver = new WireReceiver(this.#handlers, this.#calls, this.#config.validate);
//#end
  }

  get state(): WebSocketState {
    return this.#state;
  }

  get stateInfo(): WebSocketStateInfo {
    const has = this.#state === "connecting" || this.#state === "reconnecting";
    return { attempt: has ? this.#attempts.count : 0, nextAttemptAt: this.#nextAttemptAt };
  }

  get queued(): number {
    return this.#sender.queued;
  }

  get unconfirmed(): number {
    return this.#sender.unconfirmed;
  }

  get holds(): number {
    return this.#holds.count;
  }

//#default
  get session(): string | undefined {
    return this.#sender.session.id;
  }

//#end
  connect(): Promise<void> {
    if (this.#state === "open") return Promise.resolve();
    if (this.#state === "closing") return this.disconnect().then(() => this.connect());
    const opened = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (this.#state !== "connecting" && this.#state !== "reconnecting") {
      this.#before = this.#state;
      this.#attempts.reset();
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
      this.#sender.lost();
      this.#drop();
      this.#settle(new WebSocketClientError("closed", "disconnect() was called before it was open"));
      this.#become("closed");
      this.#stopped("closed");
    }
    return closed;
  }

  isConnected(): boolean {
    return this.#state === "open" && this.#socket?.readyState === IS_OPEN;
  }

  send(type: string, data?: unknown): void {
    if (!clientMessages.has(type)) throw new TypeError(noSuchMessage(type));
    this.#checkOpen(type);
    this.#accept(frame(type, data));
  }

  // Of no type, so that it is of each call's.
  call(type: string, ...args: unknown[]): Promise<never> {
    return this.#call(type, args, (message) => this.#accept(message));
  }

  #call(type: string, args: unknown[], accept: (message: WireFrame) => void): Promise<never> {
    const shape = clientCalls.get(type);
    if (!shape) return Promise.reject(new TypeError(`the contract has no call ${JSON.stringify(type)} that the client makes`));
    const [data, options] = shape.hasData ? args : [undefined, ...args];
    return this.#calls.call(type, data, options as WebSocketCallOptions | undefined, accept) as Promise<never>;
  }

//#default
  handle(type: string, handler: WireHandler): () => void {
    return this.#answers.handle(type, handler);
  }

//#end
  hold(type: string, data?: unknown): WebSocketHold {
    const payload = typeof data === "function" ? (data as () => unknown) : (): unknown => data;
    return this.#holds.hold(() => this.#setup(type, payload()));
  }

//#default
  flush(): Promise<void> {
    if (this.#sender.session.id === undefined && !this.#config.isConfirming) {
      return Promise.reject(new WebSocketClientError("unconfirmed", "without heartbeats nothing is confirmed: set `heartbeatInterval`, or use a session"));
    }
    const flushed = this.#sender.flush();
    if (this.#sender.isFlushing && this.isConnected()) this.#ask();
    if (this.#state === "closed" || this.#state === "failed") this.#sender.stop();
    return flushed;
  }

  /** Asks the server to confirm what it has. */
  #ask(): void {
    if (this.#link.isLive) this.#link.ack(true);
    else this.#heartbeat.beat();
  }

//#end
  clearQueue(): number {
    return this.#sender.drop("cleared");
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

  #checkOpen(type: string): void {
    if (this.#state !== "closing" && this.#state !== "closed" && this.#state !== "failed") return;
    const words = `"${type}" was not sent: the client is ${this.#state}; call connect() before`;
    throw new WebSocketClientError("closed", words);
  }

  /** Writes a frame, or lets it wait for the next connection. */
  #accept(message: WireFrame): void {
    this.#checkOpen(message.type);
//#default
    if (this.#sender.accept(message, this.isConnected() ? this.#socket : undefined)) return this.#confirmSoon();
//#end
//#foreign
    if (this.#sender.accept(message, this.isConnected() ? this.#socket : undefined)) return;
//#end
    const error = queueFull(message);
    this.#emit("error", error);
    throw error;
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
    this.#limit(connectTimeout, () => `${this.#opening ? "the opening did not end" : "no connection"} within ${connectTimeout} ms`);
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
      .catch((error: unknown) => fail("no attempt was made: `url` or `protocols` failed, or is not valid (see `reason`)", error));
  }

  /** Fails the attempt unless it gets on in time. */
  #limit(time: number, words: () => string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(LOST, new WebSocketClientError("connect", words())), time);
  }

  #attach(address: string, protocols: string | string[] | undefined): void {
//#default
    const { webSocket, session } = this.#config;
    checkUrl(address);
    const isOffered = session !== false && this.#offers && !this.#isPlain;
    const offered = isOffered ? [...(protocols === undefined ? [] : [protocols]).flat(), SUBPROTOCOL] : protocols;
//#end
//#foreign
    const { webSocket } = this.#config;
    checkUrl(address);
    const offered = protocols;
//#end
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
//#default
    listen("open", () => {
      if (!isOffered) {
        this.#link.forget("plain");
        if (this.#socket === socket) this.#opened(socket);
        return;
      }
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#withoutSession(), HELLO_TIMEOUT);
      this.#link.connected(socket);
    });
//#end
//#foreign
    listen("open", () => this.#opened(socket));
//#end
    listen("message", (event) => this.#receive(event.data));
    listen("error", (event) => {
      // Not the event itself: it leads to the URL.
      fault = event.error;
    });
    listen("close", ({ code = 1006, reason = "", wasClean = false }) => {
      const failed = this.#state === "connecting" || this.#state === "reconnecting";
//#default
      if (failed && session === "prefer") {
        // Browsers don't say whether it was the offer that failed.
        const isRefused = isOffered && this.#sender.session.phase === "down" && !this.#link.isKept;
        this.#offers = !isRefused;
        if (isRefused) return this.#again();
      }
//#end
      const error = failed ? new WebSocketClientError("connect", this.#unopened(code), fault) : undefined;
      this.#end({ code, reason, clean: wasClean }, error);
    });
  }

  /** Why an attempt has failed whose connection ended. A page doesn't learn whether anybody has answered. */
  #unopened(code: number): string {
    if (this.#opening) return `the connection ended in its opening, with code ${code}`;
//#default
    const { session } = this.#sender;
    if (session.phase !== "down") return `the connection ended before its session began, with code ${code}`;
    if (this.#config.session === true && session.id === undefined) {
      return "the server was not reached, refused the connection (credentials, origin, path), or speaks no sessions";
    }
//#end
    return "the server was not reached, or refused the connection (credentials, origin, path)";
  }

//#default
  /** Makes the attempt once more. */
  #again(): void {
    this.#drop();
    this.#dial(this.#state === "connecting" ? "connecting" : "reconnecting");
  }

  /** The server has no `$hello`: it speaks no sessions. */
  #withoutSession(): void {
    const socket = this.#socket;
    if (!socket) return;
    if (this.#config.session === true) {
      const words = 'the server speaks no sessions: its first frame is no $hello (let it have `sessions`, or set `session` to "prefer")';
      return this.#end(LOST, new WebSocketClientError("connect", words), "stop");
    }
    this.#isPlain = true;
    this.#sender.session.disconnected();
    this.#link.disconnected();
    this.#link.forget("plain");
    if (this.#socket === socket) this.#opened(socket);
  }

  /** The numbers of the two sides contradict each other, or the server's frames make no sense. */
  #desync(): void {
    this.#socket?.close(DESYNC);
    const error = new WebSocketClientError("malformed", "the server's message numbers contradict ours");
    this.#end({ ...LOST, code: DESYNC }, error);
  }

//#end
  #opened(socket: WebSocketLike): void {
    const { opening, heartbeatInterval } = this.#config;
    this.#heartbeat.start(heartbeatInterval);
    if (!opening) return this.#ready(socket, []);
    const round = this.#round;
    const peer = new WireOpening(this.#attempts.count, this.#wasOpen, {
      send: (type, data) => {
        this.#writeNow(socket, this.#setup(type, data));
      },
      call: (type, args) => this.#call(type, args, (message) => this.#writeNow(socket, message)),
      heartbeatInterval: (interval) => this.#heartbeat.start(interval),
      payload: (message) => this.#receiver.payload(message),
      overflow: () => this.#openingFailed(new Error(`more than ${MOST_WAITING} messages came that it did not ask for`)),
    });
    this.#opening = peer;
    Promise.resolve(peer)
      .then(opening)
      .then(
        () => {
          if (round === this.#round) this.#ready(socket, peer.end());
        },
        (reason: unknown) => {
          if (round === this.#round) this.#openingFailed(reason);
        },
      );
  }

  #openingFailed(reason: unknown): void {
    const words = reason instanceof Error ? `the opening failed: ${reason.message}` : "the opening failed";
    const kind = reason instanceof WebSocketOpeningError ? reason.kind : undefined;
    const ruling = kind === "unauthorized" ? "refresh" : (kind ?? "retry");
    this.#end(LOST, new WebSocketClientError("opening", words, reason), ruling);
  }

  /** A frame that belongs to one connection: a hold's, or an opening's. */
  #setup(type: string, data: unknown): WireFrame {
    if (!clientMessages.has(type)) throw new TypeError(noSuchMessage(type));
//#default
    return frame(type, data, {}, "setup");
//#end
//#foreign
    return frame(type, data, clientCalls.has(type) ? { id: 0 } : {}, "setup");
//#end
  }

  #writeNow(socket: WebSocketLike, message: WireFrame): void {
    if (this.#socket === socket && this.#sender.writeNow(socket, message)) return;
    throw queueFull(message);
  }

  /** The connection is the user's. These messages have come before. */
  #ready(socket: WebSocketLike, messages: readonly WebSocketMessage[]): void {
    clearTimeout(this.#timer);
    this.#opening = undefined;
    this.#openedAt = performance.now();
    this.#sender.opened(socket, this.#round);
//#default
    this.#confirmSoon();
//#end
    this.#become("open");
    this.#settle();
    this.#emit("open");
    for (const message of messages) if (this.#socket === socket) this.#receiver.message(message);
  }

  /** A connection or an attempt is over: decides what follows, then reports. */
  #end(end: WireEnd, error?: WebSocketClientError, ruling?: WireRuling): void {
    const was = this.#state;
    const rule = ruling ?? (was === "open" || this.#opening ? rulingOf(end.code, this.#config.closeRules) : "retry");
    const wasOpen = was === "open" || was === "closing";
    // The server has answered our Close, which came after all messages.
    const isConfirmed = was === "closing" && end.clean && (end.code === 1000 || end.code === 1005);
    const loss = this.#sender.lost();
//#default
    if (this.#sender.session.id === undefined) this.#answers.lost();
//#end
    this.#drop();
    this.#wasOpen = wasOpen;
    const next = this.#next(rule, was);
    const follows: Pick<CloseInfo, "willReconnect" | "retryIn"> =
      typeof next === "number" ? { willReconnect: true, retryIn: next } : { willReconnect: false };
    // Before a handler calls connect() again.
    const waiting = typeof next === "number" ? [] : this.#waiting.splice(0);
    if (typeof next === "number") this.#wait(next, was === "connecting" ? "connecting" : "reconnecting");
    else this.#become(next);
    // A first attempt has one who waits for it.
    const isFirst = was === "connecting" && !this.#config.retryFirstConnect;
    if (error && !isFirst) this.#emit("error", error);
    if (wasOpen) this.#emit("close", { ...end, ...follows });
    if (loss.count > 0 && !isConfirmed) this.#emit("unconfirmed", loss);
//#default
    if (end.code === DESYNC) this.#link.forget("mismatch");
//#end
    if (typeof next === "number") return;
    for (const { reject } of waiting) reject(error ?? new WebSocketClientError("connect", "there are no more attempts"));
//#default
    this.#stopped(next, isConfirmed);
//#end
//#foreign
    this.#stopped(next);
//#end
    if (next === "failed" && !isFirst) this.#emit("reconnect-failed");
  }

  /** Whether to come back: the delay before the next attempt, or the state to stop in. */
  #next(rule: WireRuling, was: WebSocketState): number | "idle" | "closed" | "failed" {
    if (was === "closing") return "closed";
    if (was === "connecting" && !this.#config.retryFirstConnect) return this.#before;
    if (was === "open" && performance.now() - this.#openedAt >= this.#config.minUptime) this.#attempts.reset();
    return this.#attempts.next(rule);
  }

  #wait(delay: number, state: "connecting" | "reconnecting"): void {
    this.#timer = setTimeout(() => this.#retry(), delay);
    this.#attempts.count += 1;
    this.#become(state, Date.now() + delay);
  }

  /** Begins the attempt that is waited for. */
  #retry(): void {
    clearTimeout(this.#timer);
    const round = this.#round;
    this.#emit("reconnect", this.#attempts.count);
    // A handler may have called disconnect().
    if (round === this.#round) this.#dial(this.#state === "connecting" ? "connecting" : "reconnecting");
  }

  /** Lets go of the socket and all timers. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#round += 1;
    this.#opening?.end();
    this.#opening = undefined;
    clearTimeout(this.#timer);
    this.#rest();
//#default
    this.#link.disconnected();
//#end
    if (socket && socket.readyState <= IS_OPEN) socket.close();
  }

  /** What follows where no attempt does. */
//#default
  #stopped(state: "idle" | "closed" | "failed", isConfirmed = false): void {
//#end
//#foreign
  #stopped(state: "idle" | "closed" | "failed"): void {
//#end
    for (const resolve of this.#closers.splice(0)) resolve();
    // A handler may have called connect().
    if (this.#state !== state) return;
    for (const [page, event] of pageEvents()) page.removeEventListener?.(event, this.#onPage);
    if (this.#state === "closed") {
//#default
      const { count, messages } = this.#sender.forget();
      this.#answers.lost();
      if (count > 0 && !isConfirmed) this.#emit("unconfirmed", { count, messages });
//#end
      this.#sender.drop("closed");
    }
    if (this.#state !== "closed" && this.#state !== "failed") return;
    this.#calls.close();
//#default
    this.#sender.stop();
//#end
  }

  /** Ends the heartbeat. */
  #rest(): void {
    this.#heartbeat.stop();
//#default
    clearTimeout(this.#confirmation);
    this.#confirmation = undefined;
//#end
  }

//#default
  /** Asks for confirmation after a while, one question at a time. */
  #confirmSoon(): void {
    const { confirmInterval } = this.#config;
    if (confirmInterval === 0 || this.#confirmation !== undefined || !this.#sender.isToAsk) return;
    this.#confirmation = setTimeout(() => {
      this.#confirmation = undefined;
      if (this.#sender.isToAsk) this.#heartbeat.beat();
    }, confirmInterval);
  }

//#end
  #writeHeartbeat(): boolean {
    const { heartbeat } = this.#config;
    const socket = this.#socket;
    if (socket?.readyState !== IS_OPEN) return true;
//#default
    this.#link.beat();
    if (heartbeat === "ping") {
      socket.send(frame("ping", { timestamp: Date.now() }).text);
      this.#sender.ask();
    }
//#end
    if (typeof heartbeat === "object") {
      try {
        if ("text" in heartbeat) socket.send(heartbeatText(heartbeat.text));
        else {
          const { type, data } = heartbeat.message();
          this.#sender.accept(this.#setup(type, data), socket);
        }
      } catch (reason) {
        this.#emit("error", new WebSocketClientError("handler", "a heartbeat was not sent: its function failed", reason));
        return false;
      }
    }
    return true;
  }

  #watchPage(): void {
    for (const [page, event] of pageEvents()) page.addEventListener?.(event, this.#onPage);
  }

  /** The network has changed, the machine woke, or the page goes away. */
  #pageChanged({ type, persisted = false }: WirePageEvent): void {
    if (type === "pagehide") {
      if (persisted) return;
//#default
      for (const loss of [this.#sender.leave(), this.#sender.forget()]) if (loss.count > 0) this.#emit("unconfirmed", loss);
//#end
//#foreign
      const loss = this.#sender.lost();
      if (loss.count > 0) this.#emit("unconfirmed", loss);
//#end
      this.#sender.drop("unload");
    } else if (this.#state === "open") {
      this.#heartbeat.wake();
    } else if (type === "online" && this.#nextAttemptAt !== undefined) {
      this.#retry();
    }
  }

  #receive(text: unknown): void {
    this.#heartbeat.alive();
    if (typeof text === "string" && this.#config.ignoreText.includes(text)) return;
//#default
    const { type, message, error } = parsed(text);
    try {
      if (this.#link.receive(type, message?.data, text)) return;
    } catch (reason) {
      if (!(reason instanceof WireDesync)) throw reason;
      return this.#desync();
    }
    // A server that speaks no sessions may have been let go.
    if (!this.#socket) return;
    if (error) this.#emit("error", error);
    else if (message?.type === "pong") {
      this.#sender.answer();
      this.#confirmSoon();
    } else if (message?.type === "ping") {
      if (this.#socket.readyState === IS_OPEN) this.#socket.send(frame("pong", { timestamp: Date.now() }).text);
    } else if (message && this.#opening && serverMessages.has(message.type)) this.#opening.take(message);
    else if (message) this.#receiver.message(message);
    this.#link.handled();
//#end
//#foreign
    const values = valuesIn(text);
    if (values instanceof WebSocketClientError) return this.#emit("error", values);
    const socket = this.#socket;
    for (const value of values) {
      // A handler may have let the connection go.
      if (this.#socket !== socket) return;
      if (this.#receiver.answered(value)) continue;
      const { message, error } = read(value);
      if (error) this.#emit("error", error);
      else if (message && this.#opening && serverMessages.has(message.type)) this.#opening.take(message);
      else if (message) this.#receiver.message(message);
    }
//#end
  }

//#default
  /** Where an answer belongs: to its session, or else to its connection. */
  get #place(): string | number {
    return this.#sender.session.id ?? this.#round;
  }

  /** Answers the server: in a session once there is a connection, else only if there is one. */
  #reply(type: string, re: number, data: unknown): void {
    const message = frame(type, data, { re }, "reply");
    const socket = this.isConnected() ? this.#socket : undefined;
    if (this.#sender.session.id !== undefined && isNumbered(type)) this.#sender.accept(message, socket);
    else socket?.send(message.text);
  }

//#end
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
