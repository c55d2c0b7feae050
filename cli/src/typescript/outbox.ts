const MOST_MESSAGES = 1024;
const MOST_BYTES = 1_048_576;

/** What a frame is to the one who sends it. */
type WireSort = "message" | "call" | "idempotent-call" | "reply";

interface WireFrame {
  readonly type: string;
  readonly sort: WireSort;
  /** The call that it is the request of. */
  readonly id: number | undefined;
  readonly text: string;
  /** In bytes of UTF-8. */
  readonly size: number;
}

/** Frames in order, bounded by number and size. */
class WireFrames {
  #frames: WireFrame[] = [];
  #bytes = 0;

  get count(): number {
    return this.#frames.length;
  }

  fits(size: number): boolean {
    return this.#frames.length < MOST_MESSAGES && this.#bytes + size <= MOST_BYTES;
  }

  push(frame: WireFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.size;
  }

  shift(): WireFrame | undefined {
    const frame = this.#frames.shift();
    this.#bytes -= frame?.size ?? 0;
    return frame;
  }

  /** Puts frames before all others. */
  unshift(frames: readonly WireFrame[]): void {
    this.#frames.unshift(...frames);
    for (const { size } of frames) this.#bytes += size;
  }

  /** Takes one out; whether it was there. */
  remove(frame: WireFrame): boolean {
    const at = this.#frames.indexOf(frame);
    if (at >= 0) this.#bytes -= this.#frames.splice(at, 1)[0]?.size ?? 0;
    return at >= 0;
  }

  /** Takes out all that are left. */
  take(): WireFrame[] {
    this.#bytes = 0;
    return this.#frames.splice(0);
  }
}

function messagesOf(frames: readonly WireFrame[]): WebSocketMessage[] {
  return frames.map(({ text }) => decoded(text) as WebSocketMessage);
}

/**
 * The messages that were written to a connection and are not confirmed yet. Frames arrive in order, so
 * the answer to a heartbeat confirms what was written before that heartbeat. Answers do not say which
 * heartbeat they are for: the nth answer is for the nth heartbeat or a later one.
 */
class WireUnconfirmed {
  readonly #frames = new WireFrames();
  #written = 0;
  #confirmed = 0;
  /** For each heartbeat without answer, how many messages were written before it. */
  #asked: number[] = [];

  get count(): number {
    return this.#written - this.#confirmed;
  }

  get isAsked(): boolean {
    return this.#asked.length > 0;
  }

  wrote(frame: WireFrame): void {
    while (this.#frames.count > 0 && !this.#frames.fits(frame.size)) this.#frames.shift();
    this.#frames.push(frame);
    this.#written += 1;
  }

  ask(): void {
    // Leaving one out makes later answers confirm less, never more.
    if (this.#asked.length < MOST_MESSAGES) this.#asked.push(this.#written);
  }

  answer(): void {
    this.#confirmed = this.#asked.shift() ?? this.#confirmed;
    while (this.#frames.count > this.count) this.#frames.shift();
  }

  /** Forgets the connection; what it left unconfirmed. */
  take(): WebSocketLoss {
    const { count } = this;
    this.#written = this.#confirmed = 0;
    this.#asked = [];
    return { count, messages: messagesOf(this.#frames.take()) };
  }
}

type WireEmit = <E extends keyof SystemEvents>(event: E, ...args: SystemEvents[E]) => void;

/** What waits for a connection, and what was written to the present one. The requests of calls are in `WireCalls`. */
class WireOutbox {
  readonly #calls: WireCalls;
  readonly #dropsOldest: boolean;
  readonly #emit: WireEmit;
  readonly #queue = new WireFrames();
  readonly #unconfirmed = new WireUnconfirmed();

  constructor(calls: WireCalls, overflow: "reject" | "drop-oldest", emit: WireEmit) {
    this.#calls = calls;
    this.#dropsOldest = overflow === "drop-oldest";
    this.#emit = emit;
  }

  get queued(): number {
    return this.#queue.count;
  }

  get unconfirmed(): number {
    return this.#unconfirmed.count;
  }

  get isAsked(): boolean {
    return this.#unconfirmed.isAsked;
  }

  /** Writes a frame to an open connection, or lets it wait for one. Whether there was room. */
  accept(message: WireFrame, socket: WebSocketLike | undefined): boolean {
    if (!socket) {
      if (!this.#makeRoom(message.size)) return false;
      this.#queue.push(message);
    } else {
      if (socket.bufferedAmount + message.size > MOST_BYTES) return false;
      this.#write(socket, message);
    }
    return true;
  }

  /** Writes what waits. */
  pump(socket: WebSocketLike): void {
    while (this.#queue.count > 0 && socket.readyState === IS_OPEN) {
      const message = this.#queue.shift();
      if (message) this.#write(socket, message);
    }
  }

  #write(socket: WebSocketLike, message: WireFrame): void {
    socket.send(message.text);
    if (message.id === undefined) this.#unconfirmed.wrote(message);
    else this.#calls.wrote(message.id);
  }

  ask(): void {
    this.#unconfirmed.ask();
  }

  answer(): void {
    this.#unconfirmed.answer();
  }

  /** Takes back a frame that was not written; whether it was so. */
  takeBack(message: WireFrame): boolean {
    return this.#queue.remove(message);
  }

  /** The page goes away: what it leaves unconfirmed. */
  leave(): WebSocketLoss {
    return this.#unconfirmed.take();
  }

  /** The connection is over: what it leaves unconfirmed. Calls that may run again wait for the next one. */
  lost(): WebSocketLoss {
    this.#queue.unshift(this.#calls.lost());
    return this.#unconfirmed.take();
  }

  /** Drops what waits; how many they were. */
  drop(reason: WebSocketDropReason): number {
    return this.#report(this.#queue.take(), reason);
  }

  /** Whether a message of this size may wait, after what `overflow` does. */
  #makeRoom(size: number): boolean {
    if (this.#dropsOldest && size <= MOST_BYTES) {
      const frames: WireFrame[] = [];
      while (!this.#queue.fits(size)) {
        const oldest = this.#queue.shift();
        if (oldest) frames.push(oldest);
      }
      this.#report(frames, "overflow");
    }
    return this.#queue.fits(size);
  }

  /** Reports what was dropped: calls to those who wait for them. */
  #report(frames: readonly WireFrame[], reason: WebSocketDropReason): number {
    const messages = messagesOf(frames.filter(({ id }) => id === undefined));
    for (const { id } of frames) if (id !== undefined) this.#calls.dropped(id, reason);
    if (messages.length > 0) this.#emit("dropped", { count: messages.length, messages }, reason);
    return frames.length;
  }
}
