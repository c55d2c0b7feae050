/** What a message that was received needs of the client. */
interface WireReceiverHost {
  /** Where an answer belongs. */
  place(): string | number;
  /** Answers the server, if it can be reached. */
  reply(type: string, re: number, data: unknown): void;
}

/** From a message to its handlers, or to the call that it answers. */
class WireReceiver {
  readonly #handlers: WireHandlers;
  readonly #calls: WireCalls;
  readonly #answers: WireAnswers;
  readonly #validate: WebSocketConfig["validate"];
  readonly #host: WireReceiverHost;

  constructor(
    handlers: WireHandlers,
    calls: WireCalls,
    answers: WireAnswers,
    validate: WebSocketConfig["validate"],
    host: WireReceiverHost,
  ) {
    this.#handlers = handlers;
    this.#calls = calls;
    this.#answers = answers;
    this.#validate = validate;
    this.#host = host;
  }

  message(message: WebSocketMessage): void {
    const { type, re } = message;
    const kinds = serverMessages.get(type);
    if (kinds) this.#deliver(message, kinds);
    else if (re === undefined || !this.#answered(message, re)) this.#unknown(message);
  }

  /** Whether a message answers a call, or cancels one. */
  #answered(message: WebSocketMessage, re: number): boolean {
    const { type, data } = message;
    if (type === "$error") this.#calls.failed(re, data);
    else if (type === "$cancel") {
      if (this.#answers.cancel(re)) this.#fail(re, "cancelled", "it was cancelled");
    } else {
      const [call, part, kinds] = answerOf(type) ?? [];
      if (call === undefined || !kinds) return false;
      this.#calls.answer(call, re, () => {
        const reason = this.#fault(message, kinds);
        if (reason) return new WebSocketCallError(call, "bad-answer", "yes", reason.message, { reason });
        const payload = kinds.length === 0 ? undefined : data;
        if (part === "reply") return { reply: payload };
        return new WebSocketCallError(call, "refused", "yes", `the server refused "${call}"`, { payload });
      });
    }
    return true;
  }

  #unknown(message: WebSocketMessage): void {
    const { type, timestamp, id } = message;
    // Names with a $ are wirebond's own: a newer server may have more of them.
    if (type.startsWith("$")) return;
    this.#handlers.emit("unknown", [message, { timestamp }]);
    if (id !== undefined) this.#fail(id, "unknown", "the contract has no such message");
  }

  #deliver(message: WebSocketMessage, kinds: readonly string[]): void {
    const { type, data, timestamp, id } = message;
    const error = this.#fault(message, kinds);
    const isCall = serverCalls.has(type);
    if (error) {
      this.#handlers.emit("error", [error]);
      if (id !== undefined && isCall) this.#fail(id, "payload", error.message);
      return;
    }
    const payload = kinds.length === 0 ? undefined : data;
    this.#handlers.message(type, payload, { timestamp });
    if (!isCall) return;
    const place = this.#host.place();
    this.#answers.request(type, id, payload, timestamp, (name, answer) => {
      if (place === this.#host.place() && id !== undefined) this.#host.reply(name, id, answer);
    });
  }

  #fail(re: number, code: string, message: string): void {
    this.#host.reply("$error", re, { code, message });
  }

  /** A message's payload; throws where it is not the contract's. */
  payload(message: WebSocketMessage): unknown {
    const kinds = serverMessages.get(message.type) ?? [];
    const error = this.#fault(message, kinds);
    if (error) throw error;
    return kinds.length === 0 ? undefined : message.data;
  }

  /** What is wrong with a message's payload. */
  #fault({ type, data, re }: WebSocketMessage, kinds: readonly string[]): WebSocketClientError | undefined {
    return kinds.length === 0 ? undefined : (mismatch(type, data, kinds) ?? this.#invalid(type, data, re));
  }

  /** What the user's own check says about a payload. */
  #invalid(type: string, data: unknown, re: number | undefined): WebSocketClientError | undefined {
    const invalid = (reason?: unknown): WebSocketClientError =>
      new WebSocketClientError("payload", `the payload of "${type}" is not valid`, reason);
    try {
      return !this.#validate || this.#validate(type as WireServerName, data, re) ? undefined : invalid();
    } catch (reason) {
      return invalid(reason);
    }
  }
}
