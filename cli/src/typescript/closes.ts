/** A close code, or a range of them, both ends included: 1000 to 4999. */
export type WebSocketCloseCodes = number | readonly [first: number, last: number];

/** What follows close codes, before what the client would do by itself. No code has two rules. */
export interface WebSocketCloseRules {
  /** Stay closed. */
  readonly stop?: readonly WebSocketCloseCodes[];
  /** The credentials were rejected: with a function for `url` or `protocols` one more attempt, else stay closed. */
  readonly refresh?: readonly WebSocketCloseCodes[];
  /** Reconnect. */
  readonly retry?: readonly WebSocketCloseCodes[];
  /** Reconnect after this delay, in milliseconds. */
  readonly retryAfter?: readonly { readonly codes: readonly WebSocketCloseCodes[]; readonly delay: number }[];
}

/** What follows a close: a number is the delay before the next attempt. */
type WireRuling = "stop" | "refresh" | "retry" | "restart" | number;

interface WireRule {
  readonly first: number;
  readonly last: number;
  readonly ruling: WireRuling;
}

/** Rules as a list; throws where a code is none, or has two. */
function rulesOf({ stop = [], refresh = [], retry = [], retryAfter = [] }: WebSocketCloseRules): WireRule[] {
  const rules: WireRule[] = [];
  const add = (codes: readonly WebSocketCloseCodes[], ruling: WireRuling): void => {
    for (const code of codes) {
      const [first, last] = typeof code === "number" ? [code, code] : code;
      inRange("a code of closeRules", first, 1000, 4999);
      inRange("the last code of a range of closeRules", last, first, 4999);
      const other = rules.find((rule) => first <= rule.last && rule.first <= last);
      if (other) throw new RangeError(`closeRules has two rules for ${Math.max(first, other.first)}`);
      rules.push({ first, last, ruling });
    }
  };
  add(stop, "stop");
  add(refresh, "refresh");
  add(retry, "retry");
  for (const { codes, delay } of retryAfter) {
    inRange("a delay of closeRules", delay, 1, LONGEST_TIMER);
    add(codes, delay);
  }
  return rules;
}

/** What follows a close code. */
function rulingOf(code: number, rules: readonly WireRule[]): WireRuling {
  const own = rules.find(({ first, last }) => code >= first && code <= last);
  if (own) return own.ruling;
  if (isRefusal(code)) return "refresh";
  if (isFinal(code)) return "stop";
  return code === 1012 || code === 1013 ? "restart" : "retry";
}
