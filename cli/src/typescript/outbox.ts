const MOST_MESSAGES = 1024;
const MOST_BYTES = 1_048_576;

/** What a frame is to the one who sends it. */
type WireSort = "message" | "call" | "idempotent-call" | "reply" | "hold";

interface WireFrame {
  readonly type: string;
  readonly sort: WireSort;
  /** The call that it is the request of. */
  readonly id: number | undefined;
  readonly text: string;
  /** In bytes of UTF-8. */
  readonly size: number;
  /** Its place among all that were taken. */
  number: number;
  /** Its permanent name, once it is sent again in another session than the first. */
  key?: string;
}

/** Frames in order, bounded by number and size. */
class WireFrames {
  #frames: WireFrame[] = [];
  #bytes = 0;

  get count(): number {
    return this.#frames.length;
  }

  get oldest(): WireFrame | undefined {
    return this.#frames[0];
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

  /** The number of the oldest; of more than are held, that is unknown, and 0. */
  get oldest(): number {
    if (this.count === 0) return Infinity;
    return this.count > this.#frames.count ? 0 : (this.#frames.oldest?.number ?? 0);
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
