type WireHandler = (...args: never) => unknown;

const EVENTS: ReadonlySet<string> = new Set<keyof SystemEvents>([
  "open",
  "close",
  "error",
  "state",
  "reconnect",
  "reconnect-failed",
  "unconfirmed",
  "dropped",
  "unknown",
//#default
  "session",
  "contract",
//#end
]);

class WireHandlerMap {
  readonly #handlers = new Map<string, Set<WireHandler>>();

  get(name: string): Set<WireHandler> | undefined {
    return this.#handlers.get(name);
  }

  add(name: string, handler: WireHandler): () => void {
    const handlers = this.#handlers.get(name) ?? new Set<WireHandler>();
    this.#handlers.set(name, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  remove(name: string, handler?: WireHandler): void {
    if (handler) this.#handlers.get(name)?.delete(handler);
    else this.#handlers.get(name)?.clear();
  }
}

/** The handlers of messages and of events, and how they are called. */
class WireHandlers {
  readonly messages = new WireHandlerMap();
  readonly events = new WireHandlerMap();
  /** What is to be reported: one event at a time, so that all handlers see the same order. */
  readonly #reports: (() => void)[] = [];

  emit(event: keyof SystemEvents, args: readonly unknown[]): void {
    this.#reports.push(() => this.#call(event, this.events.get(event), args));
    if (this.#reports.length > 1) return;
    for (let report = this.#reports[0]; report; report = this.#reports[0]) {
      report();
      this.#reports.shift();
    }
  }

  message(type: string, data: unknown, info: WebSocketMessageInfo): void {
    this.#call(type, this.messages.get(type), [data, info]);
  }

  /** Calls one handler of an event, unless it was removed. */
  callOne(event: keyof SystemEvents, handler: WireHandler): void {
    if (this.events.get(event)?.has(handler)) this.#call(event, new Set([handler]), []);
  }

  #call(name: string, handlers: Set<WireHandler> | undefined, args: readonly unknown[]): void {
    if (!handlers) return;
    const fail = (reason: unknown): void => {
      const error = new WebSocketClientError("handler", `a handler of "${name}" failed`, reason);
      // The last resort, so that no failure is silent.
      if (name === "error" || !this.events.get("error")?.size) console.error(error, reason);
      else this.emit("error", [error]);
    };
    // One that is added meanwhile is called from the next time on, one that is removed not any more.
    for (const handler of [...handlers]) {
      if (!handlers.has(handler)) continue;
      try {
        const result = (handler as (...args: readonly unknown[]) => unknown)(...args);
        if (result instanceof Promise) result.catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  }
}
