/** How many requests of the server are handled at a time; more are answered with `busy`. */
const MOST_REQUESTS = 1024;

/** What a call's handler gets beside the request's payload. */
export interface WebSocketCallInfo extends WebSocketMessageInfo {
  /** Is aborted when the server gives the call up, or can't get its answer any more. */
  readonly signal: AbortSignal;
}

/** A call's error, for a handler to return or to throw: `return new WebSocketRefusal({ why: "busy" })`. */
export class WebSocketRefusal<E = unknown> {
  readonly payload: E;

  constructor(payload: E) {
    this.payload = payload;
  }
}

type WireAnswer<R, E> = ([R] extends [undefined] ? void : R) | ([E] extends [never] ? never : WebSocketRefusal<E>);

/** Writes the answer to a request, if it still can be. */
type WireReply = (type: string, data: unknown) => void;

/** The handlers of the server's calls, and the requests that they handle. */
class WireAnswers {
  readonly #handlers = new Map<string, WireHandler>();
  readonly #running = new Map<number, AbortController>();
  readonly #report: (error: WebSocketClientError) => void;

  constructor(report: (error: WebSocketClientError) => void) {
    this.#report = report;
  }

  handle(type: string, handler: WireHandler): () => void {
    if (!serverCalls.has(type)) throw new TypeError(`the contract has no call ${JSON.stringify(type)} that the server makes`);
    if (this.#handlers.has(type)) throw new TypeError(`"${type}" has a handler: remove it before, with what handle() returned`);
    this.#handlers.set(type, handler);
    return () => {
      if (this.#handlers.get(type) === handler) this.#handlers.delete(type);
    };
  }

  /** A request has come. Without an `id` its handler runs and nothing is answered. */
  request(type: string, id: number | undefined, data: unknown, timestamp: number | undefined, reply: WireReply): void {
    const handler = this.#handlers.get(type);
    const fail = (code: string, message: string): void => {
      if (id !== undefined) reply("$error", { code, message });
    };
    if (!handler) return fail("unhandled", `nothing handles "${type}"`);
    if (this.#running.size >= MOST_REQUESTS) return fail("busy", "too many requests are being handled");
    const work = new AbortController();
    if (id !== undefined) this.#running.set(id, work);
    const failed = (reason: unknown): void => {
      // Whoever gave it up needs no answer.
      if (work.signal.aborted) return;
      this.#report(new WebSocketClientError("handler", `the handler of "${type}" failed`, reason));
      fail("panicked", `the handler of "${type}" failed`);
    };
    const answer = (part: "reply" | "error", value: unknown): void => {
      if (id === undefined || work.signal.aborted) return;
      try {
        reply(`${type}.${part}`, value);
      } catch (reason) {
        failed(reason);
      }
    };
    const shape = serverCalls.get(type);
    const finish = (result: unknown, isThrown: boolean): void => {
      if (id !== undefined && this.#running.get(id) === work) this.#running.delete(id);
      if (result instanceof WebSocketRefusal && shape?.error) answer("error", shape.error.length > 0 ? result.payload : undefined);
      else if (isThrown || result instanceof WebSocketRefusal) failed(result);
      else answer("reply", shape && shape.reply.length > 0 ? result : undefined);
    };
    const run = async (): Promise<unknown> =>
      (handler as (...args: readonly unknown[]) => unknown)(data, { timestamp, signal: work.signal });
    run().then(
      (result) => finish(result, false),
      (reason: unknown) => finish(reason, true),
    );
  }

  /** `$cancel` has come: whether the request was still being handled. */
  cancel(re: number): boolean {
    const work = this.#running.get(re);
    this.#running.delete(re);
    work?.abort();
    return work !== undefined;
  }

  /** Nobody gets the answers any more. */
  lost(): void {
    for (const id of [...this.#running.keys()]) this.cancel(id);
  }
}
