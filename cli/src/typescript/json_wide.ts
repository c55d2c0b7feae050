/** Where integers of 64 bits are: here (1), nowhere (0), as in a definition, or within. */
type WirePlace =
  | 0
  | 1
  | string
  | readonly WirePlace[]
  | WirePlaces;

interface WirePlaces {
  readonly isHere?: boolean;
  /** By property, and in all other properties. */
  readonly of?: Readonly<Record<string, WirePlace>>;
  readonly rest?: WirePlace;
  /** In the first items of a list, and in all others. */
  readonly items?: readonly WirePlace[];
  readonly more?: WirePlace;
}

/** The strings and numbers of a JSON text. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Marks a long integer as a string; no JSON text that is read can know it. */
const MARK = `${Math.random()}:`;

//#default
function encoded(message: WebSocketMessage): string {
  const place = widePayloads.get(message.type) ?? 0;
  const digits: string[] = [];
  // A bigint is written as a marked string, which then loses its mark and its quotes.
  const value = { ...message, data: fit(message.data, place, toInteger) };
//#end
//#foreign
/** A payload with its long integers as bigints. */
function outward(type: string, data: unknown): unknown {
  return data === undefined ? data : fit(data, widePayloads.get(type) ?? 0, toInteger);
}

/** A payload with its long integers as the contract's types have them. */
function inward(type: string, data: unknown): unknown {
  return data === undefined ? data : fit(data, widePayloads.get(type) ?? 0, fromInteger);
}

function stringified(value: unknown): string {
  const digits: string[] = [];
  // A bigint is written as a marked string, which then loses its mark and its quotes.
//#end
  const text = JSON.stringify(value, function (this: unknown, key: string, item: unknown) {
    if (typeof item !== "bigint") return finite.call(this, key, item);
    digits.push(String(item));
    return MARK + String(item);
  });
  return digits.length === 0 ? text : text.replaceAll(new RegExp(`"${MARK}(-?\\d+)"`, "g"), "$1");
}

/** JSON with its long integers as bigints. */
function exact(text: string): unknown {
  const rounded: unknown = JSON.parse(text);
  if (!/\d{16}/.test(text)) return rounded;
  const isLong = (token: string): boolean => /^-?\d{16,}$/.test(token);
  const marked = text.replace(TOKENS, (token) => (isLong(token) ? `"${MARK}${token}"` : token));
  return JSON.parse(marked, (_key, item: unknown) =>
    typeof item === "string" && item.startsWith(MARK) ? BigInt(item.slice(MARK.length)) : item,
  );
}

//#default
function decoded(text: string): unknown {
  const value = exact(text);
  if (kindOf(value) !== "object") return value;
  const { type, data, ...rest } = value as Record<string, unknown>;
  const place = (typeof type === "string" ? widePayloads.get(type) : undefined) ?? 0;
  const message = "data" in (value as object) ? { type, data: fit(data, place, fromInteger) } : { type };
  return { ...message, ...(fit(rest, 0, fromInteger) as object) };
}

//#end
/** A value with the integers at these places written in another way, and all others as numbers. */
function fit(value: unknown, place: WirePlace, write: (value: unknown) => unknown): unknown {
  const places = allOf(place, []);
  if (typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function") {
    return fit((value as { toJSON: () => unknown }).toJSON(), place, write);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => fit(item, places.map((of) => of.items?.[index] ?? of.more ?? 0), write));
  }
  if (typeof value === "object" && value !== null) {
    const within = (key: string): WirePlace =>
      places.map((of) => (of.of && Object.hasOwn(of.of, key) ? (of.of[key] ?? 0) : (of.rest ?? 0)));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fit(item, within(key), write)]));
  }
  if (places.some(({ isHere }) => isHere)) return write(value);
  return typeof value === "bigint" ? Number(value) : value;
}

/** The places that a definition or several stand for. */
function allOf(place: WirePlace, seen: string[]): WirePlaces[] {
  if (place === 0) return [];
  if (place === 1) return [{ isHere: true }];
  if (typeof place === "string") return seen.includes(place) ? [] : allOf(wideDefs.get(place) ?? 0, [...seen, place]);
  if (isPlaces(place)) return place.flatMap((one) => allOf(one, seen));
  return [place];
}

function isPlaces(place: object): place is readonly WirePlace[] {
  return Array.isArray(place);
}
