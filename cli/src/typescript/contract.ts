/** What a server says in a session to a client that has another contract than itself. */
export interface WebSocketContractNotice {
  /** The version of the server's contract: whatever it has written, so escape it before you show it. */
  readonly version: string;
  /**
   * Whether this client keeps working: `compatible`; `breaking`, where some messages can't be read;
   * `undecided`, where nothing is known to break and something can't be judged; `unknown`, where the server
   * doesn't have this client's contract, which may be newer; or what a newer server says.
   */
  readonly verdict: string;
  /**
   * The server's messages that this client may not be able to read. With `unknown`, those whose shapes
   * differ: nobody has judged whether they still fit.
   */
  readonly unreadable: readonly string[];
  /** This client's messages that the server may not be able to read; with `unknown`, as above. */
  readonly refused: readonly string[];
}

const areTexts = (values: readonly unknown[]): boolean => values.every((value) => typeof value === "string");

/** The notice that the data of `$contract` is. */
function noticeOf(data: unknown): WebSocketContractNotice {
  const [version, verdict] = [textOf(data, "version"), textOf(data, "verdict")];
  const { unreadable = [], refused = [], messages = {} } = data as Record<string, unknown>;
  const areNames = [unreadable, refused].every((names) => Array.isArray(names) && areTexts(names));
  const isTable = typeof messages === "object" && messages !== null && areTexts(Object.values(messages));
  if (!areNames || !isTable) throw new WireDesync();
  const theirs = new Map<string, unknown>(Object.entries(messages));
  if (verdict !== "unknown" || theirs.size === 0) {
    return { version, verdict, unreadable: unreadable as string[], refused: refused as string[] };
  }
  // The server leaves the comparison to the client.
  const differing = contractMessages.filter(([name, , fingerprint]) => theirs.get(name) !== fingerprint);
  const namesFrom = (side: string): string[] =>
    differing.filter(([, from]) => from === side || from === "both").map(([name]) => name);
  return {
    version,
    verdict,
    unreadable: namesFrom("server").filter((name) => theirs.has(name)),
    refused: namesFrom("client"),
  };
}
