/** The subprotocol that offers sessions. */
const SUBPROTOCOL = "wirebond.v1";
/** The close code of a session that can't go on. */
const DESYNC = 4409;
/** How long the server's `$hello` is waited for. */
const HELLO_TIMEOUT = 5000;
/** How many messages a server holds that doesn't say it. A quarter of it is taken in, then acknowledged. */
const DEFAULT_MESSAGES = 256;
/** How long a message that was taken in waits for that. */
const ACK_DELAY = 1000;

/** What becomes of the session. */
export type WebSocketSessionEvent =
  /** A new session: the server knows nothing of what was before. */
  | { readonly kind: "began"; readonly id: string }
  /** It goes on after an outage: nothing was lost. */
  | { readonly kind: "resumed"; readonly id: string }
  /**
   * It is gone, with what the server has sent and this client has not got. `why` is `expired`, `unknown`
   * (the server has restarted), `mismatch`, `plain` (the server speaks no sessions any more), or what a
   * newer server says.
   */
  | { readonly kind: "lost"; readonly id: string; readonly why: string }
  /** The server has dropped messages for this client: `why` is `overflow`, `expired`, `room` or new. */
  | { readonly kind: "gap"; readonly id: string; readonly count: number; readonly why: string };

/** Whether a message of this name has a number. Both sides decide it by the name alone. */
function isNumbered(type: string): boolean {
  return type === "$error" || type === "$cancel" || (type !== "ping" && type !== "pong" && !type.startsWith("$"));
}

/** A frame's number; throws where there is none. */
function numberOf(data: unknown, key: string): number {
  const number = callId((data as Record<string, unknown> | null | undefined)?.[key]);
  if (number === undefined) throw new WireDesync();
  return number;
}

function textOf(data: unknown, key: string): string {
  const text = (data as Record<string, unknown> | null | undefined)?.[key];
  if (typeof text !== "string") throw new WireDesync();
  return text;
}

/** The client's end of a session, over as many connections as it takes. It does no I/O. */
class WireSession {
  readonly out = new WireOutgoing();
  phase: "down" | "hello" | "resuming" | "live" = "down";
  id: string | undefined;
  #key = "";
  /** How long the server keeps it without a connection, in milliseconds. */
  keep = 0;
  /** The session that the present connection's server offers. */
  #offer: { id: string; key: string; keep: number } | undefined;
  #attempts = 0;
  /** How far the server's messages were taken in. */
  got = 0;
  /** What the last acknowledgement has said: of what was taken in, and of what was written. */
  #acked = 0;
  #of = 0;
  /** The bytes taken in since, and after how many bytes and messages an acknowledgement is due. */
  #bytes = 0;
  #bytesDue = 0;
  #messagesDue = 1;
  #isAsked = false;

  connected(): void {
    this.phase = "hello";
    this.#offer = undefined;
    this.out.detach();
  }

  disconnected(): void {
    this.phase = "down";
    this.out.detach();
  }

  /** The server's `$hello`: the answer, which goes out before anything else. */
  hello(data: unknown): string {
    const offered = (data as { session?: unknown } | null | undefined)?.session;
    this.#bytesDue = numberOf(data, "hold") / 4;
    const { messages } = data as { messages?: unknown };
    const held = messages === undefined ? DEFAULT_MESSAGES : numberOf(data, "messages");
    this.#messagesDue = Math.max(1, Math.floor(held / 4));
    this.#offer = { id: textOf(offered, "id"), key: textOf(offered, "key"), keep: numberOf(offered, "keep") };
    const answer = { v: 1, hold: MOST_BYTES, messages: MOST_MESSAGES, contract: contractIdentity };
    if (this.id === undefined) {
      this.#takeOffer();
      return frame("$hello", answer).text;
    }
    this.#attempts += 1;
    this.phase = "resuming";
    const resume = { id: this.id, key: this.#key, try: this.#attempts, got: this.got };
    return frame("$hello", { ...answer, resume }).text;
  }

  #takeOffer(): void {
    const { id, key, keep } = this.#offer ?? { id: undefined, key: "", keep: 0 };
    [this.id, this.#key, this.keep] = [id, key, keep];
    this.got = this.#attempts = 0;
    this.phase = "live";
    this.#acknowledged(0, 0);
  }

  #acknowledged(level: number, of: number): void {
    [this.#acked, this.#of, this.#bytes, this.#isAsked] = [level, of, 0, false];
  }

  /** `$resumed`: what the server has handled meanwhile. */
  resumed(data: unknown): WireFrame[] {
    if (this.phase !== "resuming") throw new WireDesync();
    const confirmed = this.out.resume(numberOf(data, "got"), numberOf(data, "done"));
    const { key } = data as { key?: unknown };
    if (typeof key === "string") this.#key = key;
    this.#acknowledged(this.got, this.out.cursor);
    this.phase = "live";
    return confirmed;
  }

  /** `$gone`: the session is lost, and the offered one begins. */
  gone(data: unknown, isDone: (message: WireFrame) => boolean): WireFates {
    if (this.phase !== "resuming") throw new WireDesync();
    const { done } = data as { done?: unknown };
    const fates = this.out.renew(this.id ?? "", done === undefined ? undefined : numberOf(data, "done"), isDone);
    this.#takeOffer();
    return fates;
  }

  /** Gives the session up: the next connection begins another. */
  renew(isDone: (message: WireFrame) => boolean): WireFates {
    const fates = this.out.renew(this.id ?? "", undefined, isDone);
    this.id = undefined;
    this.disconnected();
    return fates;
  }

  /** Messages have come, or will not come (`$gap`). */
  takeIn(count: number, size: number): void {
    if (this.phase !== "live" || this.got + count > 2 ** 53) throw new WireDesync();
    this.got += count;
    this.#bytes += size;
  }

  /** `$ack`: what it confirms. */
  acknowledged(data: unknown): WireFrame[] {
    if (this.phase !== "live" || numberOf(data, "of") !== this.got) throw new WireDesync();
    if ((data as { ask?: unknown }).ask === true) this.#isAsked = true;
    return this.out.release(numberOf(data, "n"));
  }

  /** Whether an acknowledgement is due now. */
  get isAckDue(): boolean {
    if (this.phase !== "live") return false;
    const fresh = this.got - this.#acked;
    return this.#isAsked || fresh >= this.#messagesDue || (fresh > 0 && this.#bytes > 0 && this.#bytes >= this.#bytesDue);
  }

  /** Whether anything was taken in that is not acknowledged: that is due a second later. */
  get isBehind(): boolean {
    return this.phase === "live" && this.got > this.#acked;
  }

  /** Whether an acknowledgement would say anything new: then it is due with the next heartbeat. */
  get isAckUseful(): boolean {
    return this.isBehind || (this.phase === "live" && this.out.cursor > this.#of);
  }

  /** The acknowledgement to write now. With `ask`, the server answers with its own at once. */
  ack(ask: boolean): string {
    this.#acknowledged(this.got, this.out.cursor);
    return frame("$ack", { n: this.got, of: this.out.cursor, ...(ask ? { ask } : {}) }).text;
  }
}
