/** What the heartbeat needs of the client. */
interface WireHeartbeatHost {
  /** Writes one, if the connection takes it; whether there was one to write. */
  write(): boolean;
  /** Nothing was received for too long. */
  silent(): void;
}

/** When heartbeats are written, and how long the server may be silent. */
class WireHeartbeat {
  readonly #config: WireSettings;
  readonly #host: WireHeartbeatHost;
  #pulse: WireTimer | undefined;
  #deadline: WireTimer | undefined;
  #heardAt = 0;

  constructor(config: WireSettings, host: WireHeartbeatHost) {
    this.#config = config;
    this.#host = host;
  }

  /** Begins on a connection, or goes on with another interval. 0 is none. */
  start(interval: number): void {
    this.stop();
    if (interval === 0) return;
    const timeout = Math.min(this.#config.heartbeatTimeout, interval);
    if (this.#config.heartbeat === "listen") {
      this.#heardAt = performance.now();
      this.#listen(interval + timeout);
    } else this.#pulse = setInterval(() => this.beat(timeout), interval);
  }

  stop(): void {
    clearInterval(this.#pulse);
    this.#pulse = undefined;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Writes one now. The server must send anything in time. */
  beat(timeout: number = this.#config.heartbeatTimeout): void {
    if (!this.#host.write()) return;
    this.#deadline ??= setTimeout(() => this.#host.silent(), timeout);
  }

  /** The machine may have slept: asks at once. */
  wake(): void {
    if (this.#pulse !== undefined) this.beat();
  }

  /** Something was received. */
  alive(): void {
    this.#heardAt = performance.now();
    if (this.#config.heartbeat === "listen") return;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #listen(limit: number): void {
    const left = this.#heardAt + limit - performance.now();
    if (left <= 0) this.#host.silent();
    else this.#deadline = setTimeout(() => this.#listen(limit), Math.min(left, LONGEST_TIMER));
  }
}

/** What a heartbeat's function gives, which must be a text. */
function heartbeatText(make: () => string): string {
  const text: unknown = make();
  if (typeof text === "string") return text;
  throw new TypeError("the heartbeat's text is none");
}
