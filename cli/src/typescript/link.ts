/** What a session needs of the client. */
interface WireLinkHost {
  readonly emit: WireEmit;
  /** Requests of the server: nobody waits for the answers any more. */
  readonly answersLost: () => void;
  /** The answer to a request to resume is awaited. */
  readonly resuming: () => void;
  /** Messages go both ways. */
  readonly live: (socket: WebSocketLike) => void;
  /** The server speaks no sessions. */
  readonly plain: () => void;
}

/** A session on the present connection: its own frames, and when they are written. */
class WireLink {
  readonly #sender: WireSender;
  readonly #host: WireLinkHost;
  #socket: WebSocketLike | undefined;
  #downSince = 0;
  #ackTimer: WireTimer | undefined;

  constructor(sender: WireSender, host: WireLinkHost) {
    this.#sender = sender;
    this.#host = host;
  }

  /** Whether there is a session that the server still keeps. */
  get isKept(): boolean {
    const { id, keep } = this.#sender.session;
    return id !== undefined && performance.now() - this.#downSince < keep;
  }

  get isLive(): boolean {
    return this.#sender.session.phase === "live";
  }

  /** A connection is open, on which a session was offered. */
  connected(socket: WebSocketLike): void {
    this.#socket = socket;
    this.#sender.session.connected();
  }

  disconnected(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.#socket) this.#downSince = performance.now();
    this.#socket = undefined;
  }

  /** A frame has come; whether it was the session's own. Throws where the session can't go on. */
  receive(type: string | undefined, data: unknown, text: unknown): boolean {
    const { session } = this.#sender;
    const socket = this.#socket;
    if (!socket || session.phase === "down") return false;
    if (session.phase === "hello") {
      if (type !== "$hello") {
        this.#host.plain();
        return false;
      }
      socket.send(session.hello(data));
      if (this.isLive) this.#began(socket);
      else this.#host.resuming();
      return true;
    }
    switch (type) {
      case "$hello":
        throw new WireDesync();
      case "$resumed": {
        const confirmed = session.resumed(data);
        this.#sender.confirmed(confirmed);
        this.#host.emit("session", { kind: "resumed", id: session.id ?? "" });
        if (this.#socket === socket) this.#live(socket);
        return true;
      }
      case "$gone": {
        const { id = "" } = session;
        const loss = this.#sender.fates(session.gone(data, this.#sender.isDone));
        this.#lost(id, textOf(data, "why"), loss);
        if (this.#socket === socket) this.#began(socket);
        return true;
      }
      case "$ack":
        this.#sender.confirmed(session.acknowledged(data));
        this.handled();
        return true;
      case "$gap": {
        const count = numberOf(data, "n");
        if (count === 0) throw new WireDesync();
        session.takeIn(count, 0);
        this.#host.emit("session", { kind: "gap", id: session.id ?? "", count, why: textOf(data, "why") });
        this.handled();
        return true;
      }
      case "$contract":
        this.#host.emit("contract", noticeOf(data));
        return true;
    }
    if (type !== undefined && isNumbered(type)) session.takeIn(1, typeof text === "string" ? sizeOf(text) : 0);
    return false;
  }

  #began(socket: WebSocketLike): void {
    this.#sender.began();
    this.#host.emit("session", { kind: "began", id: this.#sender.session.id ?? "" });
    if (this.#socket === socket) this.#live(socket);
  }

  #live(socket: WebSocketLike): void {
    this.#host.live(socket);
    if (this.#socket === socket && this.#sender.isFlushing) this.ack(true);
  }

  /** What has come is with its handlers: acknowledges it at once or after a second. */
  handled(): void {
    const { session } = this.#sender;
    if (session.isAckDue) this.ack(false);
    else if (session.isBehind) this.#ackTimer ??= setTimeout(() => this.ack(false), ACK_DELAY);
  }

  /** With a heartbeat. */
  beat(): void {
    if (this.#sender.session.isAckUseful) this.ack(false);
  }

  /** Acknowledges what was taken in; with `ask`, the server is to do the same. */
  ack(ask: boolean): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.isLive && this.#socket?.readyState === IS_OPEN) this.#socket.send(this.#sender.session.ack(ask));
  }

  /** Gives the session up. */
  forget(why: string): void {
    const { id } = this.#sender.session;
    if (id === undefined) return;
    this.#lost(id, why, this.#sender.forget());
  }

  #lost(id: string, why: string, loss: WebSocketLoss): void {
    this.#host.answersLost();
    this.#host.emit("session", { kind: "lost", id, why });
    if (loss.count > 0) this.#host.emit("unconfirmed", loss);
  }
}
