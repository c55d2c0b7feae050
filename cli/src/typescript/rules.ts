/** What of a page reports that the network or the machine may have changed. */
interface WirePage {
  addEventListener?(type: string, listener: (event: WirePageEvent) => void): void;
  removeEventListener?(type: string, listener: (event: WirePageEvent) => void): void;
}

interface WirePageEvent {
  readonly type: string;
  /** Whether the page that is left may come back. */
  readonly persisted?: boolean;
}

/** Close codes that refuse who we are. */
function isRefusal(code: number): boolean {
  return [1008, 3000, 3003, 4401, 4403].includes(code);
}

/** Close codes that would be the same the next time. */
function isFinal(code: number): boolean {
  const isListed = [1002, 1003, 1007, 1009, 1010, 4400, 4404].includes(code);
  return isListed || (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}

/** A time between two at random, so that clients do not come back all at once. */
function between(shortest: number, longest: number): number {
  return Math.max(1, Math.round(shortest + (longest - shortest) * Math.random()));
}

//#default
function noSuchMessage(type: string): string {
  return type === "ping" || type === "pong"
    ? `"${type}" is the heartbeat: the client sends it by itself, see heartbeatInterval`
    : `the contract has no message ${JSON.stringify(type)} that the client sends`;
}
//#end
//#foreign
function noSuchMessage(type: string): string {
  return `the contract has no message ${JSON.stringify(type)} that the client sends`;
}
//#end

function checkEvent(event: string): void {
  if (EVENTS.has(event)) return;
//#default
  const words =
    event === "ping" || event === "pong"
      ? `"${event}" is the heartbeat: the client answers it by itself`
      : `there is no event ${JSON.stringify(event)}, and no message that the server sends is called so`;
  throw new TypeError(words);
//#end
//#foreign
  throw new TypeError(`there is no event ${JSON.stringify(event)}, and no message that the server sends is called so`);
//#end
}

function pageEvents(): [WirePage, string][] {
  const page = globalThis as WirePage & { document?: WirePage };
  const { document } = page;
  const own = ["online", "offline", "pagehide"].map((event): [WirePage, string] => [page, event]);
  return document ? [...own, [document, "visibilitychange"]] : own;
}
