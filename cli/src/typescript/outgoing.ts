type WireGap = "overflow" | "expired";

/** A message, or a gap of one or more numbers. */
interface WireEntry {
  first: number;
  last: number;
  content: WireFrame | WireGap;
}

/** What becomes of the messages of a session that is gone. Those in neither list are sent in the next one. */
interface WireFates {
  readonly confirmed: WireFrame[];
  readonly unconfirmed: WireFrame[];
}

/** The numbers of the two sides contradict each other: the session can't go on. */
class WireDesync extends Error {}

/** Whether a frame is limited by how much waits, and dropped with it. */
function isLimited({ sort }: WireFrame): boolean {
  return sort !== "reply" && sort !== "setup";
}

/**
 * Counted messages that the server has not acknowledged. A message has its number from when it is taken, as
 * its place in this queue; the cursor is how far the present connection has written.
 */
class WireOutgoing {
  #entries: WireEntry[] = [];
  /** The last number that the server has acknowledged, and the last that was ever written. */
  #base = 0;
  #written = 0;
  #held = 0;
  #bytes = 0;
  cursor = 0;

  /** How many messages were never written. */
  get unwritten(): number {
    return this.#frames((entry) => entry.first > this.#written).length;
  }

  /** How many were written and are not acknowledged. */
  get unacknowledged(): number {
    return this.#held - this.unwritten;
  }

  #frames(is: (entry: WireEntry) => boolean): WireFrame[] {
    return this.#entries.filter(is).flatMap(({ content }) => (typeof content === "string" ? [] : [content]));
  }

  get #last(): number {
    return this.#entries.at(-1)?.last ?? this.#base;
  }

  /** The oldest message that is held. */
  get oldest(): WireFrame | undefined {
    const content = this.#entries.find((entry) => typeof entry.content !== "string")?.content;
    return typeof content === "string" ? undefined : content;
  }

  /**
   * Takes a message; what was dropped for it, which may be the message itself, or nothing if there is no
   * room. An answer to a call always finds room: how many calls there are is bounded. So does a hold.
   */
  accept(message: WireFrame, dropsOldest: boolean): WireFrame[] | undefined {
    const dropped: WireFrame[] = [];
    let fits = true;
    if (isLimited(message)) {
      const oldest = this.#roomWithout(message.size, dropsOldest);
      if (!oldest && !dropsOldest) return undefined;
      fits = oldest !== undefined;
      for (const entry of oldest ?? []) dropped.push(...this.#dropAt(entry, "overflow"));
    }
    const entry = this.append(message);
    if (!fits) dropped.push(...this.#dropAt(entry, "overflow"));
    return dropped;
  }

  /** The oldest messages that make room for one of this size, if that is enough. What was written stays. */
  #roomWithout(size: number, dropsOldest: boolean): WireEntry[] | undefined {
    let [held, bytes] = [this.#held, this.#bytes];
    const isFull = (): boolean => held >= MOST_MESSAGES || bytes + size > MOST_BYTES;
    const oldest: WireEntry[] = [];
    if (!isFull()) return oldest;
    for (const entry of dropsOldest ? this.#entries : []) {
      const { content, first } = entry;
      if (typeof content === "string" || !isLimited(content) || first <= this.#written) continue;
      oldest.push(entry);
      held -= 1;
      bytes -= content.size;
      if (!isFull()) return oldest;
    }
    return undefined;
  }

  append(message: WireFrame): WireEntry {
    const number = this.#last + 1;
    const entry = { first: number, last: number, content: message };
    this.#held += 1;
    this.#bytes += message.size;
    this.#entries.push(entry);
    return entry;
  }

  /** Puts a gap in a message's place, which merges with its neighbours. */
  #dropAt(entry: WireEntry, why: WireGap): WireFrame[] {
    const { content } = entry;
    if (typeof content === "string") return [];
    entry.content = why;
    this.#held -= 1;
    this.#bytes -= content.size;
    const at = this.#entries.indexOf(entry);
    for (const left of [at, at - 1]) {
      const [one, next] = [this.#entries[left], this.#entries[left + 1]];
      if (!one || !next || typeof one.content !== "string" || one.content !== next.content) continue;
      one.last = next.last;
      this.#entries.splice(left + 1, 1);
    }
    return [content];
  }

  /** Takes a message back that was never written; whether it was so. */
  takeBack(message: WireFrame): boolean {
    const entry = this.#entries.find(({ content, first }) => content === message && first > this.#written);
    return entry !== undefined && this.#dropAt(entry, "expired").length > 0;
  }

  /** Drops what was never written. Answers to calls and holds stay. */
  drop(): WireFrame[] {
    const isOld = ({ content, first }: WireEntry): boolean =>
      typeof content !== "string" && isLimited(content) && first > this.#written;
    return this.#entries.filter(isOld).flatMap((entry) => this.#dropAt(entry, "expired"));
  }

  /** What is written next, if there is anything: its text, and the message unless it is a gap. */
  next(): [text: string, message?: WireFrame] | undefined {
    const entry = this.#entries.find(({ last }) => last > this.cursor);
    if (!entry) return undefined;
    const { first, last, content } = entry;
    // The cursor may stand within a gap that has grown since.
    const n = last - Math.max(this.cursor, first - 1);
    this.cursor = last;
    this.#written = Math.max(this.#written, last);
    if (typeof content === "string") return [frame("$gap", { n, why: content }).text];
    const { text, key } = content;
    return [key === undefined ? text : `${text.slice(0, -1)},"key":${JSON.stringify(key)}}`, content];
  }

  /** The connection is gone. */
  detach(): void {
    this.cursor = this.#base;
  }

  #check(number: number): void {
    if (number < this.#base || number > this.#written) throw new WireDesync();
  }

  /** The server has handled everything up to a number: what this confirms. */
  release(number: number): WireFrame[] {
    this.#check(number);
    const confirmed: WireFrame[] = [];
    for (let [entry] = this.#entries; entry && entry.last <= number; [entry] = this.#entries) {
      this.#entries.shift();
      if (typeof entry.content === "string") continue;
      this.#held -= 1;
      this.#bytes -= entry.content.size;
      confirmed.push(entry.content);
    }
    const [gap] = this.#entries;
    if (gap && gap.first <= number) gap.first = number + 1;
    this.#base = number;
    return confirmed;
  }

  /** A new connection: the server has taken in everything up to `got`, and handled it up to `done`. */
  resume(got: number, done: number): WireFrame[] {
    if (got < done) throw new WireDesync();
    this.#check(got);
    const confirmed = this.release(done);
    this.cursor = got;
    return confirmed;
  }

  /**
   * The session `id` is gone; what is kept begins a new one at number 1. If it is known how far the server
   * had handled (`done`), the rest is unhandled; else what was written is in doubt, but for what `isDone`.
   */
  renew(id: string, done: number | undefined, isDone: (message: WireFrame) => boolean): WireFates {
    const fates: WireFates = { confirmed: [], unconfirmed: [] };
    const [entries, written] = [this.#entries, this.#written];
    this.#entries = [];
    this.#base = this.#written = this.#held = this.#bytes = this.cursor = 0;
    for (const { first, content } of entries) {
      if (typeof content === "string") continue;
      const isInDoubt = first <= written && done === undefined;
      // Nobody waits for an answer any more, and holds are sent anew.
      if (!isLimited(content)) continue;
      if (isDone(content) || (done !== undefined && first <= done)) fates.confirmed.push(content);
      else if (!isInDoubt) this.append(content);
      else if (content.sort === "idempotent-call") {
        content.key ??= `${id}:${first}`;
        this.append(content);
      } else fates.unconfirmed.push(content);
    }
    return fates;
  }

  /** Takes out what is held. */
  takeAll(): WireFrame[] {
    const frames = this.#frames(() => true);
    this.#entries = [];
    this.#base = this.#written = this.#held = this.#bytes = this.cursor = 0;
    return frames;
  }
}
