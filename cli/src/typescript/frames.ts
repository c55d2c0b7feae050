/** A message as it is written. `link` is the `id` of a call's request, or what an answer is for. */
function frame(type: string, data: unknown, link: { id?: number; re?: number } = {}, sort: WireSort = "message"): WireFrame {
  // Wirebond's own have no time.
  const time = type.startsWith("$") ? {} : { timestamp: Date.now() };
  const text = encoded({ type, ...link, data, ...time });
  return { type, sort, id: link.id, text, size: sizeOf(text), number: 0 };
}

/** A message, or what is wrong with the frame. Its name is there whenever it can be read. */
interface WireRead {
  readonly type?: string;
  readonly message?: WebSocketMessage;
  readonly error?: WebSocketClientError;
}

function parsed(text: unknown): WireRead {
  const malformed = (words: string): WireRead => ({ error: new WebSocketClientError("malformed", words) });
  if (typeof text !== "string") return malformed("a binary frame");
  let value: unknown;
  try {
    value = decoded(text);
  } catch {
    return malformed("a frame that is not JSON");
  }
  if (kindOf(value) !== "object") return malformed("a frame without an object");
  const { type, data, timestamp = null, ...links } = value as Partial<Record<string, unknown>>;
  if (typeof type !== "string") return malformed("a frame without type");
  const message: WebSocketMessage = { type, data };
  for (const key of ["id", "re"] as const) {
    const link = callId(links[key]);
    if (link !== undefined) message[key] = link;
  }
  if (timestamp === null) return { type, message };
  if (!Number.isInteger(timestamp) || (timestamp as number) < 0) return { type, ...malformed("a timestamp that is none") };
  return { type, message: { ...message, timestamp: timestamp as number } };
}
