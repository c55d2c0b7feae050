/** The keys on the way to a value. */
type WirePath = readonly string[];

/** How the messages of one side stand on the wire. */
interface WireSide {
  /** Where the name stands. */
  readonly tag?: WirePath;
  /** Whether that is a part of the payload, which is the whole object then. */
  readonly isWhole?: boolean;
  /** The payload's key; without one, its members stand beside the tag. */
  readonly content?: string;
  readonly timestamp?: string;
  readonly isInteger?: boolean;
  /** The names of messages whose tag is another. */
  readonly tags?: readonly (readonly [tag: string, name: string])[];
  readonly constants?: Readonly<Record<string, unknown>>;
  /** What is recognised by a key instead, in this order, and by nothing. */
  readonly keys?: readonly (readonly [key: string, name: string])[];
  readonly untagged?: string;
}

interface WireForm {
  readonly client: WireSide;
  readonly server: WireSide;
  /** Whether a frame may be an array of messages. */
  readonly isBatch?: boolean;
  readonly calls?: {
    readonly id: WirePath;
    readonly re: WirePath;
    readonly isString?: boolean;
    readonly result?: WirePath;
    readonly error?: WirePath;
    readonly success?: WirePath;
  };
}

/** How a message is recognised: by its tag, by a key, or by nothing. */
interface WireTold {
  readonly tag?: string | number;
  readonly key?: string;
}

type WireObject = Readonly<Record<string, unknown>>;

/** Stands for the number of a call, which is known when its request is written. */
const NUMBER = `${Math.random()}:number`;

/** A message as it is written; with an id, its number is put in when it is. */
function frame(type: string, data: unknown, { id }: { id?: number } = {}, sort: WireSort = "message"): WireFrame {
  const value = assembled(type, outward(type, data), id === undefined ? undefined : NUMBER);
  const [text = "", rest] = stringified(value).split(`"${NUMBER}"`);
  const parts = rest === undefined ? undefined : ([text, rest] as const);
  const whole = parts ? numbered(parts, Number.MAX_SAFE_INTEGER) : text;
  return { type, sort, id, text: whole, size: sizeOf(whole), number: 0, ...(parts ? { parts } : {}) };
}

function numbered([before, after]: readonly [string, string], number: number): string {
  return form.calls?.isString ? `${before}"${number}"${after}` : `${before}${number}${after}`;
}

function assembled(type: string, data: unknown, number: unknown): WireObject {
  const { client: side, calls } = form;
  const told = clientMessages.get(type) ?? {};
  const fail = (words: string): never => {
    throw new WebSocketClientError("payload", `"${type}" was not sent: its payload ${words}`);
  };
  const tag = told.tag !== undefined && side.tag && !side.isWhole ? { [side.tag[0] ?? ""]: told.tag } : {};
  const id = calls?.id.length === 1 ? calls.id[0] : undefined;
  const isBeside = id !== undefined && number !== undefined;
  let value: WireObject = { ...tag, ...side.constants, ...(isBeside ? { [id]: number } : {}) };
  if (told.tag !== undefined && side.content !== undefined) {
    if (data !== undefined) value = { ...value, [side.content]: data };
  } else if (data !== undefined) {
    const members = plain(data);
    if (kindOf(members) !== "object") fail("is no object, whose members stand beside those of the message");
    // The number of a call takes the place of `null`.
    const numbered = isBeside ? { [id]: number } : {};
    const own = [...Object.keys(tag), ...Object.keys(side.constants ?? {}), side.timestamp];
    const isOwn = ([key, item]: [string, unknown]): boolean => own.includes(key) || (isBeside && key === id && item !== null);
    const [doubled] = Object.entries(members as WireObject).find(isOwn) ?? [];
    if (doubled !== undefined) fail(`has a member ${JSON.stringify(doubled)}, which the form has as well`);
    value = { ...value, ...(members as WireObject), ...numbered };
  }
  const fault = misread(side, told, value);
  if (fault !== undefined) fail(fault);
  if (side.timestamp !== undefined) value = { ...value, [side.timestamp]: Date.now() };
  if (number === undefined || isBeside || !calls) return value;
  return withAt(value, calls.id, number) ?? fail(`has no place for the call's number at ${pointer(calls.id)}`);
}

/** What makes the server take a message for another one. */
function misread(side: WireSide, told: WireTold, value: WireObject): string | undefined {
  const found = side.tag && valueAt(value, side.tag);
  if (told.tag !== undefined) {
    return found === told.tag ? undefined : `has no ${JSON.stringify(told.tag)} at ${pointer(side.tag ?? [])}`;
  }
  if (found !== undefined) return `has a member at ${pointer(side.tag ?? [])}, which tells another message`;
  const key = side.keys?.find(([known]) => Object.hasOwn(value, known))?.[0];
  if (key === told.key) return undefined;
  return key === undefined ? `has no member "${told.key}", which tells the message` : `has a member "${key}", which tells another message`;
}

/** A value as JSON has it. */
function plain(value: unknown): unknown {
  const json = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  return typeof json === "function" ? (json as () => unknown).call(value) : value;
}

function pointer(path: WirePath): string {
  return path.length === 1 ? `"${path[0]}"` : `"/${path.map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}"`;
}

/** What stands at a place. */
function valueAt(value: unknown, path: WirePath): unknown {
  let at = value;
  for (const key of path) {
    const isIndex = /^(?:0|[1-9]\d*)$/.test(key);
    const isThere = typeof at === "object" && at !== null && (!Array.isArray(at) || isIndex) && Object.hasOwn(at, key);
    if (!isThere) return undefined;
    at = (at as WireObject)[key];
  }
  return at;
}

/** An object with one more member at a place; nothing where there is no such place. */
function withAt(value: unknown, [key = "", ...rest]: WirePath, item: unknown): WireObject | undefined {
  const object = value === undefined ? {} : plain(value);
  if (kindOf(object) !== "object") return undefined;
  const there = Object.hasOwn(object as WireObject, key) ? (object as WireObject)[key] : undefined;
  if (rest.length === 0) return (there ?? null) === null ? { [key]: item, ...(object as WireObject), [key]: item } : undefined;
  const inner = withAt(there, rest, item);
  return inner && { ...(object as WireObject), [key]: inner };
}

/** A message, or what is wrong with it. */
interface WireRead {
  readonly message?: WebSocketMessage;
  readonly error?: WebSocketClientError;
}

function malformed(words: string): WireRead {
  return { error: new WebSocketClientError("malformed", words) };
}

/** The messages of a frame, as JSON values; or what is wrong with the frame. */
function valuesIn(text: unknown): readonly unknown[] | WebSocketClientError {
  if (typeof text !== "string") return new WebSocketClientError("malformed", "a binary frame");
  try {
    const value = exact(text);
    return form.isBatch && Array.isArray(value) ? value : [value];
  } catch {
    return new WebSocketClientError("malformed", "a frame that is not JSON");
  }
}

function read(value: unknown): WireRead {
  if (kindOf(value) !== "object") return malformed(Array.isArray(value) ? "a frame that is an array" : "a frame without an object");
  const told = recognised(form.server, value);
  if (typeof told === "string") return malformed(told);
  const { name } = told;
  const message: WebSocketMessage = { type: name, data: inward(name, payloadOf(form.server, told, value as WireObject)) };
  const time = form.server.timestamp === undefined ? undefined : valueAt(value, [form.server.timestamp]);
  if (time === undefined || time === null) return { message };
  const timestamp = Number(time);
  if (typeof time === "string" || !Number.isInteger(timestamp) || timestamp < 0) return malformed("a timestamp that is none");
  return { message: { ...message, timestamp } };
}

interface WireRecognised {
  readonly name: string;
  readonly isTagged: boolean;
}

/** Which message an object is, or why it is none. What only looks like a name is one that no message has. */
function recognised(side: WireSide, value: unknown): WireRecognised | string {
  const tag = side.tag && valueAt(value, side.tag);
  if (tag === undefined) {
    const [, name = side.untagged] = side.keys?.find(([key]) => valueAt(value, [key]) !== undefined) ?? [];
    return name === undefined ? "a message that nothing tells" : { name, isTagged: false };
  }
  const isNumber = typeof tag === "number" || typeof tag === "bigint";
  if (typeof tag !== "string" && !(side.isInteger && isNumber)) {
    return `${kindOf(tag)} for ${side.isInteger ? "an integer" : "a string"} at ${pointer(side.tag ?? [])}`;
  }
  const text = String(tag);
  const isKind = !side.isInteger || isNumber;
  const name = isKind ? side.tags?.find(([known]) => known === text)?.[1] : undefined;
  if (name !== undefined) return { name, isTagged: true };
  const isUnwritten = side.untagged === text || [...(side.keys ?? []), ...(side.tags ?? [])].some(([, known]) => known === text);
  return { name: isKind && !isUnwritten ? text : JSON.stringify(text), isTagged: true };
}

function payloadOf(side: WireSide, { name, isTagged }: WireRecognised, value: WireObject): unknown {
  if (isTagged && side.content !== undefined) return valueAt(value, [side.content]);
  const own = new Set([side.timestamp, ...Object.keys(side.constants ?? {})]);
  if (isTagged && side.tag && !side.isWhole) own.add(side.tag[0]);
  const link = side === form.client ? form.calls?.id : form.calls?.re;
  if (link?.length === 1 && !echoing.has(name)) own.add(link[0]);
  return Object.fromEntries(Object.entries(value).filter(([key]) => !own.has(key)));
}

/** A message of the client as it was sent, for reports. */
function decoded(text: string, type: string): WebSocketMessage {
  const told = { name: type, isTagged: clientMessages.get(type)?.tag !== undefined };
  return { type, data: inward(type, payloadOf(form.client, told, exact(text) as WireObject)) };
}
