/** In bytes of UTF-8. */
function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** JSON has no infinity and no NaN: `null` in their place would be another payload. */
function finite(this: unknown, key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new WebSocketClientError("payload", `${JSON.stringify(key)} is ${value}, which JSON can't say`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** What is wrong with a payload; `kinds` is what it may be. */
function mismatch(type: string, data: unknown, kinds: readonly string[]): WebSocketClientError | undefined {
  const kind = kindOf(data);
  if (kinds.includes(kind)) return undefined;
  const words =
//#default
    data === undefined ? `"${type}" came without data` : `"${type}" came with ${kind} for ${kinds.join(" or ")}`;
//#end
//#foreign
    data === undefined ? `"${type}" came without a payload` : `"${type}" came with ${kind} for ${kinds.join(" or ")}`;
//#end
  return new WebSocketClientError("payload", words);
}
