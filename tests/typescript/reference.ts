// A server of sessions over simulated connections: the rules of `connection/src/session`, once more and as short
// as they can be. It handles one message at a time, when it is told to.

import type { WebSocketEvent, WebSocketLike } from "../../examples/contract/client.ts";

type Data = Record<string, unknown>;

/** What it does with a message: the frames that answer it, and whether they are counted. */
export type Handle = (session: string, message: Data) => Data[];

/** A connection whose frames arrive when the network says so. */
export class Pipe implements WebSocketLike {
  readyState = 0;
  bufferedAmount = 0;
  readonly toServer: string[] = [];
  readonly toClient: string[] = [];
  /** Whether the server still knows it as open. */
  isServed = false;
  closeCode: number | undefined;
  readonly #listeners: [string, (event: WebSocketEvent) => void][] = [];

  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
    this.#listeners.push([type, listener]);
  }

  fire(event: WebSocketEvent): void {
    for (const [type, listener] of this.#listeners) if (type === event.type) listener(event);
  }

  send(text: string): void {
    if (this.readyState === 1) this.toServer.push(text);
  }

  close(code = 1000): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.closeCode = code;
  }

  /** The client sees its end. */
  end(code = 1006): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.toClient.length = 0;
    this.fire({ type: "close", code, reason: "", wasClean: code !== 1006 });
  }
}

interface Entry {
  /** A message, or how many numbers will not come. */
  readonly text?: string;
  readonly gap?: number;
}

class Session {
  attempts = 0;
  pipe: Pipe | undefined;
  // What it sends: entries from `base + 1` on.
  base = 0;
  cursor = 0;
  ever = 0;
  entries: Entry[] = [];
  // What it takes in.
  got = 0;
  done = 0;
  inbox: (Data | number)[] = [];
  acked = 0;
  ackedOf = 0;
  asked = false;
  readonly id: string;
  readonly key: string;

  constructor(id: string, key: string) {
    this.id = id;
    this.key = key;
  }
}

const isNumbered = (type: string): boolean =>
  type === "$error" || type === "$cancel" || (type !== "ping" && type !== "pong" && !type.startsWith("$"));

export class Reference {
  readonly sessions: Map<string, Session> = new Map();
  readonly #ended = new Map<string, number>();
  readonly #offers = new Map<Pipe, Session>();
  readonly #attached = new Map<Pipe, Session>();
  readonly #handle: Handle;
  #last = 0;
  /** What no connection will ever ask for. */
  readonly violations: string[] = [];

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  accept(pipe: Pipe): void {
    pipe.isServed = true;
    const id = `s${++this.#last}`;
    const session = new Session(id, `key of ${id}`);
    this.#offers.set(pipe, session);
    this.sessions.set(id, session);
    const offer = { id, key: session.key, keep: 120_000 };
    this.#write(pipe, "$hello", { v: 1, boot: "b", session: offer, hold: 1_048_576, messages: 1024, calls: 64 });
  }

  #write(pipe: Pipe, type: string, data: unknown): void {
    pipe.toClient.push(JSON.stringify({ type, data }));
  }

  /** The server closes a connection. */
  #close(pipe: Pipe): void {
    this.letGo(pipe);
    if (pipe.readyState === 1) pipe.toClient.push("close 4409");
  }

  /** A connection is gone, or is read no more. */
  letGo(pipe: Pipe): void {
    pipe.isServed = false;
    pipe.toServer.length = 0;
    this.#offers.delete(pipe);
    const session = this.#attached.get(pipe);
    this.#attached.delete(pipe);
    if (session?.pipe === pipe) session.pipe = undefined;
  }

  #attach(session: Session, pipe: Pipe): void {
    this.#offers.delete(pipe);
    this.#attached.set(pipe, session);
    session.pipe = pipe;
  }

  /** A frame of a connection that is served. */
  receive(pipe: Pipe, text: string): void {
    const message = JSON.parse(text) as { type: string; data?: Data };
    const { type, data = {} } = message;
    if (type === "ping") return this.#write(pipe, "pong", undefined);
    const session = this.#attached.get(pipe);
    if (type === "$hello") return this.#hello(pipe, data);
    if (!session) {
      this.violations.push(`${type} before $hello`);
      return this.#close(pipe);
    }
    if (type === "$ack") {
      const { n, of, ask } = data as { n: number; of: number; ask?: boolean };
      if (of !== session.got || n < session.base || n > session.ever) {
        this.violations.push(`$ack ${text} at got ${session.got}, base ${session.base}, ever ${session.ever}`);
        return this.#close(pipe);
      }
      if (ask === true) session.asked = true;
      this.#release(session, n);
    } else if (type === "$gap") {
      session.got += data["n"] as number;
      session.inbox.push(data["n"] as number);
    } else if (isNumbered(type)) {
      session.got += 1;
      session.inbox.push(message);
    } else for (const answer of this.#handle(session.id, message)) this.#write(pipe, answer["type"] as string, answer["data"]);
    this.#acknowledge(session);
  }

  #hello(pipe: Pipe, data: Data): void {
    const offer = this.#offers.get(pipe);
    const resume = data["resume"] as { id: string; key: string; try: number; got: number } | undefined;
    if (!offer || !this.sessions.has(offer.id)) return this.#close(pipe);
    if (!resume) {
      if (offer.attempts > 0) return this.#close(pipe);
      return this.#attach(offer, pipe);
    }
    const session = this.sessions.get(resume.id);
    if (session && session.attempts >= resume.try) {
      this.sessions.delete(offer.id);
      return this.#close(pipe);
    }
    if (!session || session.key !== resume.key) {
      const done = this.#ended.get(resume.id);
      this.#attach(offer, pipe);
      return this.#write(pipe, "$gone", done === undefined ? { why: "unknown" } : { why: "expired", done });
    }
    if (resume.got < session.base || resume.got > session.ever) this.violations.push(`a resume at ${resume.got}`);
    session.attempts = resume.try;
    this.sessions.delete(offer.id);
    if (session.pipe) this.#close(session.pipe);
    this.#attach(session, pipe);
    this.#release(session, resume.got);
    session.cursor = resume.got;
    [session.acked, session.ackedOf, session.asked] = [session.done, session.cursor, false];
    this.#write(pipe, "$resumed", { got: session.got, done: session.done });
    this.#pump(session);
  }

  #release(session: Session, n: number): void {
    while (session.base < n) {
      const [entry] = session.entries;
      const size = entry?.gap ?? 1;
      if (session.base + size > n) {
        session.entries[0] = { gap: session.base + size - n };
        session.base = n;
        break;
      }
      session.entries.shift();
      session.base += size;
    }
  }

  /** Sends a message to a session's client, whether it has a connection or not. */
  send(session: Session, message: Data): void {
    session.entries.push({ text: JSON.stringify(message) });
    this.#pump(session);
  }

  /** Drops what a session without connection holds. */
  drop(session: Session): number {
    const texts = session.entries.filter(({ text }) => text !== undefined).length;
    const n = session.entries.reduce((sum, { gap = 1 }) => sum + gap, 0);
    session.entries = n > 0 ? [{ gap: n }] : [];
    return texts;
  }

  #pump(session: Session): void {
    if (!session.pipe) return;
    let number = session.base;
    for (const { text, gap = 1 } of session.entries) {
      number += gap;
      if (number <= session.cursor) continue;
      const n = number - Math.max(session.cursor, number - gap);
      session.cursor = number;
      session.ever = Math.max(session.ever, number);
      if (text !== undefined) session.pipe.toClient.push(text);
      else this.#write(session.pipe, "$gap", { n, why: "overflow" });
    }
  }

  /** Handles the oldest message that waits. */
  work(session: Session): boolean {
    const message = session.inbox.shift();
    if (message === undefined) return false;
    const answers = typeof message === "number" ? [] : this.#handle(session.id, message);
    for (const answer of answers) this.send(session, answer);
    session.done += typeof message === "number" ? message : 1;
    this.#acknowledge(session);
    return true;
  }

  #acknowledge(session: Session): void {
    if (session.asked || session.done - session.acked >= 256) this.ack(session);
  }

  ack(session: Session): void {
    const isUseful = session.done > session.acked || session.cursor > session.ackedOf || session.asked;
    if (!session.pipe || !isUseful) return;
    [session.acked, session.ackedOf, session.asked] = [session.done, session.cursor, false];
    this.#write(session.pipe, "$ack", { n: session.done, of: session.cursor });
  }

  /** Ends a session: what it has taken in is handled, and how far that went is remembered. */
  end(session: Session): void {
    if (session.pipe) this.#close(session.pipe);
    while (this.work(session));
    this.#ended.set(session.id, session.done);
    this.sessions.delete(session.id);
  }

  /** Its process ends, and another begins. */
  crash(): void {
    for (const pipe of [...this.#attached.keys(), ...this.#offers.keys()]) this.letGo(pipe);
    this.sessions.clear();
    this.#ended.clear();
  }
}
