type WireEmit = <E extends keyof SystemEvents>(event: E, ...args: SystemEvents[E]) => void;

/** What waits for a connection, and what was written to the present one. */
class WireSender {
  readonly #calls: WireCalls;
  readonly #holds: WireHolds;
  readonly #config: WireSettings;
  readonly #emit: WireEmit;
  readonly #queue = new WireFrames();
  readonly #written = new WireUnconfirmed();

  constructor(calls: WireCalls, holds: WireHolds, config: WireSettings, emit: WireEmit) {
    this.#calls = calls;
    this.#holds = holds;
    this.#config = config;
    this.#emit = emit;
  }

  get queued(): number {
    return this.#queue.count;
  }

  get unconfirmed(): number {
    return this.#written.count;
  }

  /** Writes a frame to an open connection, or lets it wait for one. Whether there was room. */
  accept(message: WireFrame, socket: WebSocketLike | undefined): boolean {
    if (socket) return this.writeNow(socket, message);
    if (!this.#makeRoom(message.size)) return false;
    this.#queue.push(message);
    return true;
  }

  /** Writes a frame before all that waits; whether there was room. */
  writeNow(socket: WebSocketLike, message: WireFrame): boolean {
    if (socket.readyState !== IS_OPEN || socket.bufferedAmount + message.size > MOST_BYTES) return false;
    this.#write(socket, message);
    return true;
  }

  /** A connection is open: writes the holds, and what waits. */
  opened(socket: WebSocketLike, round: number): void {
    for (const message of this.#holds.frames(round)) this.#write(socket, message);
    while (socket.readyState === IS_OPEN) {
      const message = this.#queue.shift();
      if (!message) return;
      this.#write(socket, message);
    }
  }

  #write(socket: WebSocketLike, message: WireFrame): void {
    socket.send(message.parts ? this.#calls.numbered(message, message.parts) : message.text);
    if (message.sort === "message") this.#written.wrote(message);
  }

  /** Takes back a frame that was not written; whether it was so. */
  takeBack(message: WireFrame): boolean {
    return this.#queue.remove(message);
  }

  /** The connection is over: what was written to it. Calls that may run again wait for the next one. */
  lost(): WebSocketLoss {
    this.#queue.unshift(this.#calls.lost());
    return this.#written.take();
  }

  /** Drops what waits; how many they were. */
  drop(reason: WebSocketDropReason): number {
    return this.#dropped(this.#queue.take(), reason);
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
    if (messages.length > 0) this.#emit("dropped", { count: messages.length, messages }, reason);
    return frames.length;
  }
}
