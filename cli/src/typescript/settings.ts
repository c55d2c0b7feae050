const LONGEST_TIMER = 2_147_483_647;

type WireSettings = Required<Omit<WebSocketConfig, "protocols" | "validate" | "opening" | "restartDelay" | "closeRules">> &
  Pick<WebSocketConfig, "protocols" | "validate" | "opening"> & {
    restartDelay: readonly [number, number];
    closeRules: readonly WireRule[];
//#default
    /** Whether heartbeats confirm messages. */
    isConfirming: boolean;
//#end
  };

function settings(config: WebSocketConfig): WireSettings {
  const webSocket = config.webSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!webSocket) throw new TypeError("there is no global WebSocket: pass one as `webSocket`");
//#default
  const { url, overflow = "reject", retryFirstConnect = false, session = false } = config;
//#end
//#foreign
  const { url, overflow = "reject", retryFirstConnect = false } = config;
//#end
  if (typeof url !== "function") checkUrl(url);
//#default
  const { heartbeat = "ping", closeRules = {}, ignoreText = [], opening } = config;
//#end
//#foreign
  const { heartbeat = "off", closeRules = {}, ignoreText = [] } = config;
//#end
  checkHeartbeat(heartbeat);
  const { heartbeatInterval = 30_000, minUptime = 5000, connectTimeout = 10_000 } = config;
  const { heartbeatTimeout = Math.min(10_000, heartbeatInterval || 10_000) } = config;
//#default
  const isConfirming = heartbeat === "ping" && heartbeatInterval > 0;
  const { confirmInterval = isConfirming ? Math.min(1000, heartbeatInterval) : 0 } = config;
//#end
  const { reconnectInterval = 5000, maxReconnectAttempts = 5 } = config;
  const { maxReconnectInterval = reconnectInterval, restartDelay = [5000, 30_000] } = config;
  const [shortest, longest] = typeof restartDelay === "number" ? [restartDelay, restartDelay] : restartDelay;
  // With jitter, and still within what a timer can.
  const longestDelay = Math.floor(LONGEST_TIMER / 2);
  if (heartbeatInterval !== 0) inRange("heartbeatInterval", heartbeatInterval, 1, LONGEST_TIMER, ", or 0");
  inRange("heartbeatTimeout", heartbeatTimeout, 1, heartbeatInterval || LONGEST_TIMER);
//#default
  inRange("confirmInterval", confirmInterval, 0, isConfirming ? heartbeatInterval : 0, isConfirming ? "" : ": only pings confirm");
//#end
  inRange("reconnectInterval", reconnectInterval, 1, longestDelay);
  inRange("maxReconnectInterval", maxReconnectInterval, reconnectInterval, longestDelay);
  inRange("maxReconnectAttempts", maxReconnectAttempts, 0, Infinity);
  inRange("restartDelay", shortest, 1, longestDelay);
  inRange("restartDelay", longest, shortest, longestDelay);
  inRange("minUptime", minUptime, 0, Infinity);
  inRange("connectTimeout", connectTimeout, 1, LONGEST_TIMER);
  if (overflow !== "reject" && overflow !== "drop-oldest") {
    throw new RangeError('overflow must be "reject" or "drop-oldest"');
  }
//#default
  if (session !== "prefer" && typeof session !== "boolean") {
    throw new RangeError('session must be true, false or "prefer"');
  }
  // Messages of a session that goes on come first, in their order.
  if (opening && session !== false) throw new TypeError("a session has no opening: authenticate by url or protocols");
//#end
  return {
    ...config,
    webSocket,
//#default
    session,
//#end
    overflow,
    retryFirstConnect,
    heartbeat,
    heartbeatInterval: heartbeat === "off" ? 0 : heartbeatInterval,
//#default
    isConfirming,
//#end
    heartbeatTimeout,
//#default
    confirmInterval,
//#end
    reconnectInterval,
    maxReconnectInterval,
    maxReconnectAttempts,
    restartDelay: [shortest, longest],
    minUptime,
    connectTimeout,
    closeRules: rulesOf(closeRules),
    ignoreText,
  };
}

function checkHeartbeat(heartbeat: unknown): void {
//#default
  if (heartbeat === "ping" || heartbeat === "listen" || heartbeat === "off") return;
//#end
//#foreign
  if (heartbeat === "listen" || heartbeat === "off") return;
//#end
  const { message, text } = (kindOf(heartbeat) === "object" ? heartbeat : {}) as { message?: unknown; text?: unknown };
  if ((typeof message === "function") !== (typeof text === "function")) return;
//#default
  throw new RangeError('heartbeat must be "ping", "listen", "off", { message: () => … } or { text: () => … }');
//#end
//#foreign
  throw new RangeError('heartbeat must be "listen", "off", { message: () => … } or { text: () => … }');
//#end
}

function inRange(name: string, value: number, least: number, most: number, or = ""): void {
  if (value >= least && value <= most) return;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${name} must be ${range}${or}`);
}

/** Throws unless a WebSocket can be opened there. A URL may hold a secret, so none is shown. */
function checkUrl(url: unknown): void {
  if (typeof url !== "string" || url === "") throw new TypeError("url is empty: it must be ws://… or wss://…");
  if (!/^wss?:\/\/[^/?#\\\s]/i.test(url)) throw new TypeError("url must be absolute: ws://… or wss://…");
  if (url.includes("#")) throw new TypeError("url must have no fragment: leave out the # and what follows");
}
