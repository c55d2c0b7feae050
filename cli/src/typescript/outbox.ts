const MOST_MESSAGES = 1024;
const MOST_BYTES = 1_048_576;

/** What a frame is to the one who sends it. */
//#default
type WireSort = "message" | "call" | "idempotent-call" | "reply" | "setup";
//#end
//#foreign
type WireSort = "message" | "call" | "idempotent-call" | "setup";
//#end

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
//#default
  /** Its permanent name, once it is sent again in another session than the first. */
  key?: string;
//#end
//#foreign
  /** What comes before and behind the number of a call, which it gets when it is written. */
  readonly parts?: readonly [string, string];
  /** That number, on the connection that it was written to last. */
  callNumber?: number;
//#end
}

/** Why a frame is not taken. */
function queueFull({ type, size }: WireFrame): WebSocketClientError {
  const words =
    size > MOST_BYTES
      ? `it has ${size} bytes, more than may wait (${MOST_BYTES})`
      : `too much is waiting already (at most ${MOST_MESSAGES} messages or ${MOST_BYTES} bytes)`;
  return new WebSocketClientError("queue-full", `"${type}" was not sent: ${words}`);
}

/** Frames in order, bounded by number and size. */
class WireFrames {
  #frames: WireFrame[] = [];
  #bytes = 0;

  get count(): number {
    return this.#frames.length;
  }

//#default
  get oldest(): WireFrame | undefined {
    return this.#frames[0];
  }

//#end
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

  /** Takes out the oldest until a frame of this size fits, if it ever does; what was taken out. */
  makeRoom(size: number): WireFrame[] {
    const frames: WireFrame[] = [];
    while (size <= MOST_BYTES && !this.fits(size)) {
      const oldest = this.shift();
      if (oldest) frames.push(oldest);
    }
    return frames;
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
//#default
  return frames.map(({ text }) => decoded(text) as WebSocketMessage);
//#end
//#foreign
  return frames.map(({ text, type }) => decoded(text, type));
//#end
}

//#default
/**
 * The messages that were written to a connection and are not confirmed yet. Frames arrive in order, so
 * the answer to a heartbeat confirms what was written before that heartbeat. Answers do not say which
 * heartbeat they are for: the nth answer is for the nth heartbeat or a later one.
 */
//#end
//#foreign
/** The messages that were written to a connection. */
//#end
class WireUnconfirmed {
  readonly #frames = new WireFrames();
  #written = 0;
//#default
  #confirmed = 0;
  /** For each heartbeat without answer, how many messages were written before it. */
  #asked: number[] = [];
//#end

  get count(): number {
//#default
    return this.#written - this.#confirmed;
//#end
//#foreign
    return this.#written;
//#end
  }

//#default
  /** The number of the oldest; of more than are held, that is unknown, and 0. */
  get oldest(): number {
    if (this.count === 0) return Infinity;
    return this.count > this.#frames.count ? 0 : (this.#frames.oldest?.number ?? 0);
  }

  get isAsked(): boolean {
    return this.#asked.length > 0;
  }

//#end
  wrote(frame: WireFrame): void {
    while (this.#frames.count > 0 && !this.#frames.fits(frame.size)) this.#frames.shift();
    this.#frames.push(frame);
    this.#written += 1;
  }

//#default
  ask(): void {
    // Leaving one out makes later answers confirm less, never more.
    if (this.#asked.length < MOST_MESSAGES) this.#asked.push(this.#written);
  }

  answer(): void {
    this.#confirmed = this.#asked.shift() ?? this.#confirmed;
    while (this.#frames.count > this.count) this.#frames.shift();
  }

//#end
  /** Forgets the connection; what it left unconfirmed. */
  take(): WebSocketLoss {
    const { count } = this;
//#default
    this.#written = this.#confirmed = 0;
    this.#asked = [];
//#end
//#foreign
    this.#written = 0;
//#end
    return { count, messages: messagesOf(this.#frames.take()) };
  }
}
