/** How long a call may take where neither its options nor the contract say. */
const CALL_TIMEOUT = 30_000;

/** Settings of one call. */
export interface WebSocketCallOptions {
  /** How long the answer may take, in milliseconds, waiting for a connection included: what the contract says, else 30,000. */
  timeout?: number;
  /**
//#default
   * Gives the call up: a request that was not written is taken back, for another the server is asked to
   * cancel it (`$cancel`), which it may do or not.
   */
//#end
//#foreign
   * Gives the call up: a request that was not written is taken back; the answer to another is left out.
   */
//#end
  signal?: AbortSignal;
  /**
   * Whether the request may run twice: `false`. If so, one that a broken connection left without its
   * answer is sent again on the next connection.
   */
  idempotent?: boolean;
//#foreign
  /** Is called with the number that the request is written with, which counts from 1 on each connection. */
  onNumber?: (number: number) => void;
//#end
}

export type WebSocketCallErrorKind =
  | "refused" // The server answered with the call's error, which is `payload`.
//#default
  | "peer" // The server could not handle the request: `code`, and perhaps `path`.
//#end
  | "bad-answer" // The answer is not what the contract says.
  | "not-sent" // The request was not taken, or was dropped before it was written: `reason`.
  | "timeout" // There was no answer in time.
  | "unknown" // The connection ended after the request was written: it may have run or not.
//#default
  | "reply-lost" // The request ran, and its answer is lost.
//#end
  | "closed" // The client was closed, or its last attempt failed, before the request was written.
  | "aborted"; // By its `signal`, whose reason is `reason`.

/** Why a call has no reply. */
export class WebSocketCallError<E = unknown> extends Error {
  readonly kind: WebSocketCallErrorKind;
  /** The call's name. */
  readonly type: string;
  /** Whether the server has run the request. */
  readonly ran: "no" | "maybe" | "yes";
  /** The call's error, where it was `refused`. */
  readonly payload: E | undefined;
//#default
  /**
   * What the server says of a request that it could not handle: `unknown`, `payload`, `unhandled`,
   * `panicked`, `busy`, `cancelled`, or what a newer server says.
   */
  readonly code: string | undefined;
  /** Where in the request's payload the server found a fault. */
  readonly path: string | undefined;
//#end
  /** What lies behind it, if that is known. */
  readonly reason: unknown;

  constructor(type: string, kind: WebSocketCallErrorKind, ran: "no" | "maybe" | "yes", message: string, more: WireFault = {}) {
    super(message);
    this.name = "WebSocketCallError";
    this.type = type;
    this.kind = kind;
    this.ran = ran;
    this.payload = more.payload as E | undefined;
//#default
    this.code = more.code;
    this.path = more.path;
//#end
    this.reason = more.reason;
  }
}

interface WireFault {
  readonly payload?: unknown;
//#default
  readonly code?: string | undefined;
  readonly path?: string | undefined;
//#end
  readonly reason?: unknown;
}

/** A call's error with its payload's type, which depends on `kind`. */
export type WebSocketCallFailure<E> = WebSocketCallError<E> &
  (
    | { readonly kind: "refused"; readonly payload: E }
    | { readonly kind: Exclude<WebSocketCallErrorKind, "refused">; readonly payload: undefined }
  );

/** Whether something that was caught is the error of this call; its type is the call's then. */
export function isCallError<K extends keyof ClientCalls>(
  error: unknown,
  type: K,
): error is WebSocketCallFailure<WirePart<ClientCalls, K, "error">> {
  return error instanceof WebSocketCallError && error.type === type;
}

/** One part of a call: its request, its reply or its error. */
type WirePart<C, K extends keyof C, P extends string> = C[K] extends Record<P, infer T> ? T : never;

type WireCallArgs<T> = [T] extends [undefined] ? [options?: WebSocketCallOptions] : [data: T, options?: WebSocketCallOptions];

/** What the client knows of a call: whether its request has data, and what its reply and its error may be. */
interface WireCallShape {
  readonly hasData: boolean;
  readonly reply: readonly string[];
  readonly error?: readonly string[];
  /** How long its answer is waited for by default. */
  readonly timeout?: number;
}

/** What calls need of the client. */
interface WireCaller {
  /** Takes a frame back; whether it was never written. */
  takeBack(message: WireFrame): boolean;
//#foreign
  report(error: WebSocketClientError): void;
//#end
//#default
  /** Asks the server to cancel a request, if it can be asked. */
  cancel(id: number): void;
//#end
}

interface WireCall {
  readonly type: string;
  readonly message: WireFrame;
  /** Whether the present connection has it, and whether any ever had. */
  isOut: boolean;
  wasWritten: boolean;
//#foreign
  readonly onNumber: ((number: number) => void) | undefined;
//#end
//#default
  /** Whether the server has handled it: its session says so. */
  isHandled: boolean;
//#end
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Ends its timer, and lets go of its signal. */
  readonly stop: () => void;
}

/** The calls without an answer. */
class WireCalls {
  readonly #caller: WireCaller;
  readonly #calls = new Map<number, WireCall>();
  #last = 0;
//#foreign
  /** What was written to the present connection and has no answer, by its number there. */
  readonly #numbers = new Map<number, WireFrame>();
  #lastNumber = 0;
//#end

  constructor(caller: WireCaller) {
    this.#caller = caller;
  }

  /** Makes a call. `accept` takes its frame for this connection or the next one, or throws. */
  call(
    type: string,
    data: unknown,
    options: WebSocketCallOptions = {},
    accept: (message: WireFrame) => void,
  ): Promise<unknown> {
    const { timeout = clientCalls.get(type)?.timeout ?? CALL_TIMEOUT, signal, idempotent = false } = options;
    return new Promise((resolve, reject) => {
      inRange("timeout", timeout, 1, LONGEST_TIMER);
      const aborted = (ran: "no" | "maybe"): WebSocketCallError =>
        new WebSocketCallError(type, "aborted", ran, `"${type}" was given up`, { reason: signal?.reason });
      if (signal?.aborted) throw aborted("no");
      const id = ++this.#last;
      let message: WireFrame;
      try {
        message = frame(type, data, { id }, idempotent ? "idempotent-call" : "call");
      } catch (reason) {
        throw notSent(type, reason);
      }
      const onAbort = (): void => this.#giveUp(id, aborted);
      const words = `"${type}" has no answer after ${timeout} ms`;
      const late = (ran: "no" | "maybe"): WebSocketCallError => new WebSocketCallError(type, "timeout", ran, words);
      const timer = setTimeout(() => this.#giveUp(id, late), timeout);
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
//#default
      this.#calls.set(id, { type, message, isOut: false, wasWritten: false, isHandled: false, resolve, reject, stop });
//#end
//#foreign
      this.#calls.set(id, { type, message, isOut: false, wasWritten: false, onNumber: options.onNumber, resolve, reject, stop });
//#end
      signal?.addEventListener("abort", onAbort);
      try {
        accept(message);
      } catch (reason) {
        this.#take(id)?.reject(notSent(type, reason));
      }
    });
  }

//#default
  has(id: number): boolean {
    return this.#calls.has(id);
  }

  /** A request was written, to a connection that it can be lost with or in a session. */
  wrote(id: number, canBeLost: boolean): void {
    const call = this.#calls.get(id);
    if (!call) return;
    call.wasWritten = true;
    call.isOut = canBeLost;
  }

  /** The server has handled a request; its answer is under way. */
  handled(id: number): void {
    const call = this.#calls.get(id);
    if (call) call.isHandled = true;
  }

  /** Whether the server has handled a request is unknown. */
  unknown(id: number): void {
    const call = this.#take(id);
    call?.reject(unknownEnd(call.type));
  }

  /** The session is gone, and with it the answers to what was handled. */
  repliesLost(): void {
    for (const [id, { type, isHandled, reject }] of [...this.#calls]) {
      if (!isHandled) continue;
      this.#take(id);
      reject(replyLost(type));
    }
  }

//#end
  /** Takes a call out, which ends now. */
  #take(id: number): WireCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.stop();
    return call;
  }

  #giveUp(id: number, error: (ran: "no" | "maybe") => WebSocketCallError): void {
    const call = this.#take(id);
    if (!call) return;
    const isUnwritten = this.#caller.takeBack(call.message);
//#default
    if (!isUnwritten) this.#caller.cancel(id);
//#end
    call.reject(error(isUnwritten && !call.wasWritten ? "no" : "maybe"));
  }

//#default
  /** An answer has come. One to a call that was given up, or that is another's, is left out. */
  answer(type: string, re: number, answer: () => { reply: unknown } | WebSocketCallError): void {
    if (this.#calls.get(re)?.type !== type) return;
    const call = this.#take(re);
    const outcome = answer();
    if (outcome instanceof WebSocketCallError) call?.reject(outcome);
    else call?.resolve(outcome.reply);
  }

  /** `$error` has come. */
  failed(re: number, data: unknown): void {
    const call = this.#take(re);
    if (!call) return;
    const { code, path, message } = (kindOf(data) === "object" ? data : {}) as Record<string, unknown>;
    const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
    const more = { code: text(code), path: text(path) };
    const didNotRun = ["unknown", "payload", "unhandled", "busy"].includes(more.code ?? "");
    const ran = didNotRun ? "no" : more.code === "panicked" ? "yes" : "maybe";
    const words = [`the server could not handle "${call.type}"`, ...[more.code, more.path, text(message)].filter(Boolean)];
    call.reject(new WebSocketCallError(call.type, "peer", ran, words.join(": "), more));
  }

//#end
//#foreign
  /** A request as it is written, with the next number of the connection. */
  numbered(message: WireFrame, parts: readonly [string, string]): string {
    const number = ++this.#lastNumber;
    message.callNumber = number;
    const call = message.id === undefined ? undefined : this.#calls.get(message.id);
    if (call) call.wasWritten = call.isOut = true;
    this.#numbers.set(number, message);
    // What is given up may never be answered.
    if (this.#numbers.size > 2 * MOST_MESSAGES) {
      for (const [old, { id }] of this.#numbers) if (id !== undefined && !this.#calls.has(id)) this.#numbers.delete(old);
    }
    try {
      call?.onNumber?.(number);
    } catch (reason) {
      this.#caller.report(new WebSocketClientError("handler", `onNumber of "${message.type}" failed`, reason));
    }
    return numbered(parts, number);
  }

  /** A message with this number has come; whether it answers a request, which it does only once. */
  answer(number: number, outcome: (type: string) => { reply: unknown } | WebSocketCallError): boolean {
    const message = this.#numbers.get(number);
    if (!message) return false;
    this.#numbers.delete(number);
    const call = message.id === undefined ? undefined : this.#take(message.id);
    const isSetup = message.sort === "setup";
    // One that was given up is left out.
    if (!call && !isSetup) return true;
    const answer = outcome(message.type);
    if (!(answer instanceof WebSocketCallError)) call?.resolve(answer.reply);
    else if (call) call.reject(answer);
    else this.#caller.report(new WebSocketClientError("hold", `the server refused "${message.type}"`, answer));
    return true;
  }

//#end
  /**
//#default
   * The connection is over, without a session: what it wrote has no answer any more. Those that may
//#end
//#foreign
   * The connection is over: what it wrote has no answer any more. Those that may
//#end
   * run again come back, to be written to the next one.
   */
  lost(): WireFrame[] {
    const again: WireFrame[] = [];
//#foreign
    this.#numbers.clear();
    this.#lastNumber = 0;
//#end
    for (const [id, call] of [...this.#calls]) {
      if (!call.isOut) continue;
      if (call.message.sort === "idempotent-call") {
        call.isOut = false;
        again.push(call.message);
      } else this.#take(id)?.reject(unknownEnd(call.type));
    }
    return again;
  }

  /** No connection will come: every call ends, and what waits of them is taken back. */
  close(): void {
    for (const [id, call] of [...this.#calls]) {
      this.#take(id);
      this.#caller.takeBack(call.message);
//#default
      if (call.isHandled) call.reject(replyLost(call.type));
      else call.reject(call.wasWritten ? unknownEnd(call.type) : stoppedEnd(call.type));
//#end
//#foreign
      call.reject(call.wasWritten ? unknownEnd(call.type) : stoppedEnd(call.type));
//#end
    }
  }

  /** The request of a call was dropped before it was written, or is given up with the client. */
  dropped(id: number, reason: WebSocketDropReason): void {
    const call = this.#take(id);
    if (!call) return;
    if (call.wasWritten) return call.reject(unknownEnd(call.type));
    const words = `"${call.type}" was not sent`;
    const kind = reason === "closed" || reason === "unload" ? "closed" : "not-sent";
    const text = kind === "closed" ? `${words}: the client was closed` : `${words}: it was dropped (${reason})`;
    call.reject(new WebSocketCallError(call.type, kind, "no", text, { reason }));
  }
}

function notSent(type: string, reason: unknown): WebSocketCallError {
  const words = reason instanceof Error ? reason.message : `"${type}" was not sent`;
  return new WebSocketCallError(type, "not-sent", "no", words, { reason });
}

function stoppedEnd(type: string): WebSocketCallError {
  return new WebSocketCallError(type, "closed", "no", `"${type}" was not sent: all attempts to connect have failed`);
}

//#default
function replyLost(type: string): WebSocketCallError {
  return new WebSocketCallError(type, "reply-lost", "yes", `"${type}" has run, and its answer is lost`);
}

//#end
function unknownEnd(type: string): WebSocketCallError {
  return new WebSocketCallError(type, "unknown", "maybe", `the connection ended before "${type}" had its answer`);
}
//#default

/** Whether a key's value names a call. */
function callId(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 53 ? (value as number) : undefined;
}

/** The call that a message of this name answers, and how. */
function answerOf(type: string): [call: string, part: "reply" | "error", kinds: readonly string[]] | undefined {
  const dot = type.lastIndexOf(".");
  const [call, part] = [type.slice(0, Math.max(dot, 0)), type.slice(dot + 1)];
  const shape = clientCalls.get(call);
  if (part === "reply" && shape) return [call, part, shape.reply];
  return part === "error" && shape?.error ? [call, part, shape.error] : undefined;
}
//#end
