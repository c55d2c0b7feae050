/** How often a connection is tried again, and when. */
class WireAttempts {
  readonly #config: WireSettings;
  /** The attempt under way or waited for. */
  count = 0;
  #hasRefreshed = false;

  constructor(config: WireSettings) {
    this.#config = config;
  }

  /** Counts from the beginning. */
  reset(): void {
    this.count = 0;
    this.#hasRefreshed = false;
  }

  /** What follows: the delay before the next attempt, or the state to stop in. */
  next(rule: WireRuling): number | "closed" | "failed" {
    const { url, protocols, maxReconnectAttempts, restartDelay } = this.#config;
    if (rule === "stop") return "closed";
    if (rule === "refresh") {
      // Fresh credentials may be better.
      const canRefresh = typeof url === "function" || typeof protocols === "function";
      if (!canRefresh || this.#hasRefreshed) return "closed";
      this.#hasRefreshed = true;
    }
    if (this.count >= maxReconnectAttempts) return "failed";
    if (typeof rule === "number") return rule;
    return rule === "restart" ? between(...restartDelay) : this.#delay();
  }

  #delay(): number {
    const { reconnectInterval, maxReconnectInterval } = this.#config;
    if (maxReconnectInterval === reconnectInterval)
      return between(0.8 * reconnectInterval, 1.2 * reconnectInterval);
    const longest = Math.min(maxReconnectInterval, reconnectInterval * 2 ** this.count);
    return between(longest / 2, longest);
  }
}
