type WireEmit = <E extends keyof SystemEvents>(event: E, ...args: SystemEvents[E]) => void;

interface WireFlush {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: WebSocketClientError) => void;
}

/** What waits for a connection, what was written to the present one, and what a session holds. */
class WireSender {
  /** It holds what is sent from when it begins until it is given up. */
  readonly session = new WireSession();
  readonly #calls: WireCalls;
  readonly #holds: WireHolds;
  readonly #config: WireSettings;
  readonly #emit: WireEmit;
  readonly #queue = new WireFrames();
  readonly #unconfirmed = new WireUnconfirmed();
  #last = 0;
  #flushes: WireFlush[] = [];
  /** The oldest that is not confirmed, and how long that may last. */
  #oldest = Infinity;
  #patience: WireTimer | undefined;

  constructor(calls: WireCalls, holds: WireHolds, config: WireSettings, emit: WireEmit) {
    this.#calls = calls;
    this.#holds = holds;
    this.#config = config;
    this.#emit = emit;
  }

  get queued(): number {
    return this.#queue.count + this.session.out.unwritten;
  }

  get unconfirmed(): number {
    return this.#unconfirmed.count + this.session.out.unacknowledged;
  }

  /** Whether a heartbeat should ask for what is unconfirmed: none has, and there is no session. */
  get isToAsk(): boolean {
    return this.#unconfirmed.count > 0 && !this.#unconfirmed.isAsked;
  }

  get isFlushing(): boolean {
    return this.#flushes.length > 0;
  }

  /** Writes a frame to an open connection, or lets it wait for one. Whether there was room. */
  accept(message: WireFrame, socket: WebSocketLike | undefined): boolean {
    const { session } = this;
    if (session.id !== undefined) {
      const dropped = session.out.accept(message, this.#config.overflow === "drop-oldest");
      if (!dropped) return false;
      message.number = ++this.#last;
      this.#dropped(dropped, "overflow");
      if (socket) this.pump(socket);
      return true;
    }
    if (socket ? socket.bufferedAmount + message.size > MOST_BYTES : !this.#makeRoom(message.size)) return false;
    message.number = ++this.#last;
    if (socket) this.#write(socket, message);
    else this.#queue.push(message);
    return true;
  }

  /** Writes a frame before all that waits; whether there was room. */
  writeNow(socket: WebSocketLike, message: WireFrame): boolean {
    if (socket.readyState !== IS_OPEN || socket.bufferedAmount + message.size > MOST_BYTES) return false;
    message.number = ++this.#last;
    this.#write(socket, message);
    return true;
  }

  /** A connection is open: writes the holds, unless its session has them, and what waits. */
  opened(socket: WebSocketLike, round: number): void {
    if (this.session.id === undefined) for (const { text } of this.#holds.frames(round)) socket.send(text);
    this.pump(socket);
  }

  /** Writes what waits. */
  pump(socket: WebSocketLike): void {
    while (socket.readyState === IS_OPEN) {
      const next = this.session.phase === "live" ? this.session.out.next() : undefined;
      const message = next ? undefined : this.#queue.shift();
      if (message) this.#write(socket, message);
      if (!next) {
        if (message) continue;
        return;
      }
      const [text, written] = next;
      socket.send(text);
      if (written?.id !== undefined) this.#calls.wrote(written.id, false);
    }
  }

  #write(socket: WebSocketLike, message: WireFrame): void {
    socket.send(message.text);
    if (message.sort === "message") this.#unconfirmed.wrote(message);
    else if (message.id !== undefined) this.#calls.wrote(message.id, true);
  }

  ask(): void {
    this.#unconfirmed.ask();
  }

  answer(): void {
    this.#unconfirmed.answer();
    this.#settle();
  }

  /** Takes back a frame that was not written; whether it was so. */
  takeBack(message: WireFrame): boolean {
    const isUnwritten = this.#queue.remove(message) || this.session.out.takeBack(message);
    this.#settle();
    return isUnwritten;
  }

  /** The connection is over: what it leaves unconfirmed. Calls that may run again wait for the next one. */
  lost(): WebSocketLoss {
    this.session.disconnected();
    this.#queue.unshift(this.#calls.lost());
    const loss = this.#unconfirmed.take();
    if (loss.count > 0) this.#failFlushes("it was lost with its connection");
    return loss;
  }

  /** The page goes away: what the connection leaves unconfirmed. */
  leave(): WebSocketLoss {
    return this.#unconfirmed.take();
  }

  /** A session has begun: it holds what has waited. */
  began(): void {
    const kept = this.session.out.takeAll();
    const holds = this.#holds.frames(this.session.id ?? "");
    for (const message of [...holds, ...kept, ...this.#queue.take()]) this.session.out.append(message);
  }

  /** The server has handled these. */
  confirmed(frames: readonly WireFrame[]): void {
    for (const { id } of frames) if (id !== undefined) this.#calls.handled(id);
    this.#settle();
  }

  /** Gives the session up: what is left unconfirmed. What was never written waits again. */
  forget(): WebSocketLoss {
    if (this.session.id === undefined) return NO_LOSS;
    const fates = this.session.renew(this.isDone);
    this.#queue.unshift(this.session.out.takeAll());
    return this.fates(fates);
  }

  /** A session is gone with these: what is left unconfirmed. */
  fates({ confirmed, unconfirmed }: WireFates): WebSocketLoss {
    const messages = messagesOf(unconfirmed.filter(({ sort }) => sort === "message"));
    // Before anything is settled: what is gone from the queue is not confirmed.
    if (messages.length > 0) this.#failFlushes("it was lost with its session");
    this.confirmed(confirmed);
    this.#calls.repliesLost();
    for (const { id } of unconfirmed) if (id !== undefined) this.#calls.unknown(id);
    return { count: messages.length, messages };
  }

  /** Whether a frame is the request of a call that has ended: nothing is in doubt any more. */
  readonly isDone = ({ id }: WireFrame): boolean => id !== undefined && !this.#calls.has(id);

  /** Drops what waits; how many they were. */
  drop(reason: WebSocketDropReason): number {
    return this.#dropped([...this.#queue.take(), ...this.session.out.drop()], reason);
  }

  /** Whether a message of this size may wait, after what `overflow` does. */
  #makeRoom(size: number): boolean {
    if (this.#config.overflow === "drop-oldest") this.#dropped(this.#queue.makeRoom(size), "overflow");
    return this.#queue.fits(size);
  }

  /** Reports what was dropped: calls to those who wait for them. */
  #dropped(frames: readonly WireFrame[], reason: WebSocketDropReason): number {
    const messages = messagesOf(frames.filter(({ id }) => id === undefined));
    for (const { id } of frames) if (id !== undefined) this.#calls.dropped(id, reason);
    if (messages.length > 0) {
      this.#failFlushes("it was dropped", Math.min(...frames.map(({ number }) => number)));
      this.#emit("dropped", { count: messages.length, messages }, reason);
    }
    this.#settle();
    return frames.length;
  }

  /** Resolves when all that was taken so far is confirmed. Whether it has to be asked for. */
  flush(): Promise<void> {
    const upTo = this.#last;
    return new Promise((resolve, reject) => {
      this.#flushes.push({ upTo, resolve, reject });
      this.#settle();
    });
  }

  /** Answers those who wait for confirmation, and gives them up if nothing comes for too long. */
  #settle(): void {
    const oldest = Math.min(
      this.#unconfirmed.oldest,
      this.#queue.oldest?.number ?? Infinity,
      this.session.out.oldest?.number ?? Infinity,
    );
    const done = this.#flushes.filter(({ upTo }) => upTo < oldest);
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo >= oldest);
    for (const { resolve } of done) resolve();
    if (this.isFlushing && this.#patience !== undefined && oldest === this.#oldest) return;
    this.#oldest = oldest;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (!this.isFlushing) return;
    const patience = Math.min(6 * this.#config.heartbeatTimeout, LONGEST_TIMER);
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      this.#failFlushes("nothing was confirmed in time");
    }, patience);
  }

  /** Gives up those who wait for what is lost, from this number on. */
  #failFlushes(words: string, from = 0): void {
    const error = new WebSocketClientError("unconfirmed", `not all that was sent is confirmed: ${words}`);
    const failed = this.#flushes.filter(({ upTo }) => upTo >= from);
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo < from);
    for (const { reject } of failed) reject(error);
    this.#settle();
  }

  /** The client stops: nothing more is confirmed. */
  stop(): void {
    this.#failFlushes("the client has stopped");
  }
}

const NO_LOSS: WebSocketLoss = { count: 0, messages: [] };
