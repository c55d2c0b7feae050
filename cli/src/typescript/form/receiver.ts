/** From a message to its handlers, or to the call that it answers. */
class WireReceiver {
  readonly #handlers: WireHandlers;
  readonly #calls: WireCalls;
  readonly #validate: WebSocketConfig["validate"];

  constructor(handlers: WireHandlers, calls: WireCalls, validate: WebSocketConfig["validate"]) {
    this.#handlers = handlers;
    this.#calls = calls;
    this.#validate = validate;
  }

  message(message: WebSocketMessage): void {
    const { type, data, timestamp } = message;
    const kinds = serverMessages.get(type);
    if (!kinds) return this.#handlers.emit("unknown", [message, { timestamp }]);
    const error = this.#fault(type, data, kinds);
    if (error) this.#handlers.emit("error", [error]);
    else this.#handlers.message(type, kinds.length === 0 ? undefined : data, { timestamp });
  }

  /** A message's payload; throws where it is not the contract's. */
  payload({ type, data }: WebSocketMessage): unknown {
    const kinds = serverMessages.get(type) ?? [];
    const error = this.#fault(type, data, kinds);
    if (error) throw error;
    return kinds.length === 0 ? undefined : data;
  }

  /** Whether a message answers a call that waits, which ends with it. */
  answered(value: unknown): boolean {
    if (!form.calls) return false;
    const re = valueAt(value, form.calls.re);
    const isNumber = form.calls.isString ? typeof re === "string" && /^[1-9]\d*$/.test(re) : Number.isInteger(re);
    return isNumber && this.#calls.answer(Number(re), (type) => this.#outcome(type, value as WireObject));
  }

  #outcome(type: string, value: WireObject): { reply: unknown } | WebSocketCallError {
    const shape = clientCalls.get(type);
    const { result, error, success } = form.calls ?? {};
    const at = (path: WirePath | undefined): unknown => path && valueAt(value, path);
    const [failure, flag] = [at(error), at(success)];
    const isFailure = flag === undefined ? failure !== undefined && failure !== null : flag !== true && flag !== "ok";
    const part = isFailure ? "error" : "reply";
    const kinds = shape?.[part];
    const refused = (payload: unknown): WebSocketCallError =>
      new WebSocketCallError(type, "refused", "yes", `the server refused "${type}"`, { payload });
    if (!kinds) return refused(undefined);
    const found = isFailure ? failure : at(result);
    const name = `${type}.${part}`;
    const data = inward(name, found === undefined ? this.#whole(value) : found);
    const reason = this.#fault(name, data, kinds);
    if (reason) return new WebSocketCallError(type, "bad-answer", "yes", reason.message, { reason });
    const payload = kinds.length === 0 ? undefined : data;
    return isFailure ? refused(payload) : { reply: payload };
  }

  /** The payload of an answer that has no place of its own. */
  #whole(value: WireObject): unknown {
    const told = recognised(form.server, value);
    return payloadOf(form.server, typeof told === "string" ? { name: "", isTagged: false } : told, value);
  }

  /** What is wrong with a payload. */
  #fault(type: string, data: unknown, kinds: readonly string[]): WebSocketClientError | undefined {
    return kinds.length === 0 ? undefined : (mismatch(type, data, kinds) ?? this.#invalid(type, data));
  }

  /** What the user's own check says about a payload. */
  #invalid(type: string, data: unknown): WebSocketClientError | undefined {
    const invalid = (reason?: unknown): WebSocketClientError =>
      new WebSocketClientError("payload", `the payload of "${type}" is not valid`, reason);
    try {
      return !this.#validate || this.#validate(type as WireServerName, data) ? undefined : invalid();
    } catch (reason) {
      return invalid(reason);
    }
  }
}
