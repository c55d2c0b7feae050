// The generated client against the reference server, over connections that are cut at random places: every
// message arrives once and in order, or is reported.

import * as market from "./generated/calls.ts";
import { Clock } from "./clock.ts";
import type { Scenarios } from "./peer.ts";
import { Pipe, Reference } from "./reference.ts";
import { same } from "./support.ts";

/** Random numbers that are the same in each run. */
function random(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

interface Plan {
  readonly seed: number;
  readonly messages: number;
  readonly cuts: number;
  /** What goes wrong beside cuts. */
  readonly faults?: readonly ("crash" | "expiry" | "gap")[];
}

type Session = Parameters<Reference["send"]>[0];

/** One run, with all that the two sides have seen. */
class Run {
  readonly #clock = new Clock();
  readonly #pick: (most: number) => number;
  readonly #plan: Plan;
  readonly #pipes: Pipe[] = [];
  readonly #server: Reference;
  readonly #ws: market.WebSocketClient;
  /** Notes and orders by number: what the server has handled, and what was reported to the client. */
  readonly handled: number[] = [];
  readonly keys = new Map<number, string | undefined>();
  readonly reported = new Set<number>();
  readonly dropped = new Set<number>();
  readonly calls = new Map<number, string>();
  /** What the server has sent, what the client has got, and what was reported as missing. */
  readonly sent: number[] = [];
  readonly got: number[] = [];
  lost = 0;
  gaps = 0;
  readonly events: Record<string, number> = {};
  readonly errors: string[] = [];
  #next = 0;
  #answers = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#pick = random(plan.seed);
    this.#server = new Reference((_session, message) => this.#handle(message));
    const pipes = this.#pipes;
    this.#ws = market.createWebSocketClient({
      url: "ws://h",
      session: true,
      reconnectInterval: 10,
      maxReconnectAttempts: Infinity,
      retryFirstConnect: true,
      webSocket: class extends Pipe {
        constructor() {
          super();
          pipes.push(this);
        }
      },
    });
    this.#listen();
  }

  #listen(): void {
    const ws = this.#ws;
    ws.on("note", (text) => this.got.push(Number(text)));
    ws.handle("confirm", ({ text }) => {
      this.got.push(Number(text));
      return Number(text) % 2 === 0;
    });
    const numbers = ({ messages }: market.WebSocketLoss): number[] => messages.map(({ data }) => Number(data));
    ws.on("unconfirmed", (loss) => numbers(loss).forEach((n) => this.reported.add(n)));
    ws.on("dropped", (loss) => numbers(loss).forEach((n) => this.dropped.add(n)));
    // An attempt may be cut as well.
    ws.on("error", ({ kind, message }) => kind === "connect" || this.errors.push(`${kind}: ${message}`));
    ws.on("session", (event) => {
      this.events[event.kind] = (this.events[event.kind] ?? 0) + 1;
      if (event.kind === "gap") this.gaps += event.count;
    });
  }

  #handle(message: Record<string, unknown>): Record<string, unknown>[] {
    const { type, id, data, key } = message as { type: string; id?: number; data: unknown; key?: string };
    if (type === "note") this.handled.push(Number(data));
    if (type === "confirm.reply") this.#answers += 1;
    if (type !== "place-order") return [];
    const number = (data as market.Order).qty;
    // Redelivered: its effect is there.
    if (!this.handled.includes(number)) this.handled.push(number);
    else if (key === undefined) this.errors.push(`order ${number} ran twice`);
    const answer = number % 3 === 0 ? { type: "place-order.error", data: "closed" } : { type: "place-order.reply", data: { number } };
    return [{ ...answer, re: id }];
  }

  #call(number: number): void {
    const idempotent = number % 2 === 0;
    const end = (how: string): void => {
      if (this.calls.has(number)) this.errors.push(`order ${number} ended twice`);
      this.calls.set(number, how);
    };
    const call = this.#ws.call("place-order", { item: "x", qty: number }, { idempotent, timeout: 1e8 });
    call.then(
      (placed) => end(placed.number === number ? "replied" : "mixed up"),
      (error: unknown) => {
        if (!market.isCallError(error, "place-order")) throw error;
        end(error.kind === "refused" && number % 3 === 0 ? "replied" : error.kind);
      },
    );
  }

  get #sessions(): Session[] {
    return [...this.#server.sessions.values()].filter(({ pipe, attempts, got, ever }) => pipe || attempts + got + ever > 0);
  }

  /** The client sends something, unless too much is unacknowledged. */
  #send(): void {
    if (this.#next >= this.#plan.messages || this.#ws.queued + this.#ws.unconfirmed > 500) return;
    this.#next += 1;
    if (this.#pick(4) === 0) this.#call(this.#next);
    else this.#ws.send("note", String(this.#next));
  }

  #serve(): void {
    const session = this.#sessions.at(-1);
    if (!session || this.sent.length >= this.#plan.messages || session.entries.length > 500) return;
    const number = this.sent.length + 1;
    this.sent.push(number);
    if (this.#pick(4) === 0) this.#server.send(session, { type: "confirm", id: number, data: { text: String(number) } });
    else this.#server.send(session, { type: "note", data: String(number) });
  }

  /** Something of what is under way arrives. */
  #deliver(pipe: Pipe): void {
    if (pipe.readyState === 0) {
      pipe.readyState = 1;
      pipe.fire({ type: "open" });
      return this.#server.accept(pipe);
    }
    if (this.#pick(2) === 0) {
      const text = pipe.isServed ? pipe.toServer.shift() : undefined;
      if (text !== undefined) this.#server.receive(pipe, text);
      else if (pipe.readyState >= 2 && pipe.isServed) this.#server.letGo(pipe);
    } else {
      // One that the client has given up may still bring something: it is read no more.
      const text = pipe.readyState < 3 ? pipe.toClient.shift() : undefined;
      if (text === "close 4409") pipe.end(4409);
      else if (text !== undefined) pipe.fire({ type: "message", data: text });
      else if (pipe.readyState === 2) pipe.end(pipe.closeCode);
    }
  }

  /** A connection breaks: each side sees it at its own time, and what is under way may still arrive. */
  #cut(): void {
    const pipe = this.#pipes.at(-1);
    if (!pipe || pipe.readyState !== 1) return;
    const [kept, isKnown] = [this.#pick(pipe.toServer.length + 1), this.#pick(3) > 0];
    pipe.toServer.length = kept;
    if (isKnown) pipe.end();
    if (this.#pick(3) === 0) this.#server.letGo(pipe);
    if (!isKnown) pipe.end();
  }

  #fault(): void {
    const { faults = [] } = this.#plan;
    const session = this.#sessions.at(-1);
    if (faults.length === 0 || !session) return;
    switch (faults[this.#pick(faults.length)]) {
      case "crash":
        for (const one of this.#sessions) this.lost += one.entries.filter(({ text }) => text !== undefined).length;
        this.#server.crash();
        this.#pipes.at(-1)?.end();
        break;
      case "expiry":
        this.#pipes.at(-1)?.end();
        this.#server.end(session);
        break;
      case "gap":
        if (!session.pipe) this.lost += this.#server.drop(session);
    }
  }

  async play(): Promise<void> {
    const { messages, cuts } = this.#plan;
    const every = Math.max(1, Math.floor((messages * 12) / Math.max(cuts, 1)));
    this.#ws.connect().catch(() => undefined);
    let made = 0;
    for (let step = 1; ; step += 1) {
      const pipes = this.#pipes.filter((pipe) => pipe.readyState < 3 || pipe.isServed).slice(-4);
      const pipe = pipes[this.#pick(Math.max(pipes.length, 1))];
      const action = this.#pick(12);
      if (action < 2) this.#send();
      else if (action < 4) this.#serve();
      else if (action < 6) for (const session of this.#sessions.slice(-2)) this.#server.work(session);
      else if (pipe) this.#deliver(pipe);
      if (step % every === 0 && made < cuts) {
        made += 1;
        if (this.#pick(3) === 0) this.#fault();
        else this.#cut();
      }
      if (step % 7 === 0) await this.#clock.settle();
      if (step % 50 === 0) await this.#clock.advance(5);
      if (step % 400 === 0) for (const session of this.#sessions) this.#server.ack(session);
      if (step % 1000 === 0 && this.#isOver(made)) return;
      if (step > 400 * messages + 1e5) throw new Error(`it does not end: ${JSON.stringify(this.summary)}`);
    }
  }

  #isOver(made: number): boolean {
    const { messages, cuts } = this.#plan;
    if (made < cuts || this.#next < messages || this.sent.length < messages) return false;
    const isQuiet = this.#ws.queued + this.#ws.unconfirmed === 0 && this.#ws.state === "open";
    // Others have nobody: their client never heard that they began.
    const session = this.#server.sessions.get(this.#ws.session ?? "");
    return isQuiet && session !== undefined && session.entries.length + session.inbox.length === 0;
  }

  get summary(): unknown {
    const { queued, unconfirmed, state } = this.#ws;
    return { queued, unconfirmed, state, next: this.#next, sent: this.sent.length, got: this.got.length, events: this.events };
  }

  get violations(): string[] {
    return [...this.#server.violations, ...this.errors];
  }

  get answers(): number {
    return this.#answers;
  }

  async stop(): Promise<void> {
    void this.#ws.disconnect();
    await this.#clock.advance(3000);
    this.#clock.stop();
  }
}

async function run(plan: Plan, check: (run: Run) => void): Promise<void> {
  const one = new Run(plan);
  try {
    await one.play();
    check(one);
  } catch (error) {
    throw new Error(`seed ${plan.seed}: ${String(error)} ${JSON.stringify(one.summary)}`);
  } finally {
    await one.stop();
  }
}

const isRising = (numbers: readonly number[]): boolean => numbers.every((n, at) => at === 0 || n > (numbers[at - 1] ?? 0));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1);

/** Without crash, expiry and overflow, cuts alone lose nothing and leave nothing in doubt. */
async function sessions_lose_nothing_over_cuts(): Promise<void> {
  for (const [seed, messages, cuts] of [
    [1, 10_000, 100],
    ...upTo(40).map((seed) => [seed + 1, 150, 40] as const),
  ] as const) {
    await run({ seed, messages, cuts }, (it) => {
      same(it.violations, [], "violations");
      same([it.reported.size, it.dropped.size, it.events["lost"] ?? 0, it.events["gap"] ?? 0], [0, 0, 0, 0], "reports");
      same(it.handled, upTo(messages), "what the server has handled");
      same(it.got, upTo(messages), "what the client has got");
      same([...new Set(it.calls.values())], ["replied"], "how calls end");
    });
  }
}

/** With them, each message has one true outcome, and each loss is reported. */
async function sessions_report_what_they_lose(): Promise<void> {
  const faults = [["crash"], ["expiry"], ["gap"], ["crash", "expiry", "gap"]] as const;
  let [doubts, losses, gaps] = [0, 0, 0];
  for (const seed of upTo(80)) {
    const kinds = faults[seed % faults.length] ?? [];
    await run({ seed, messages: 200, cuts: 40, faults: kinds }, (it) => {
      same(it.violations, [], "violations");
      same(isRising(it.handled), true, `the order of ${JSON.stringify(it.handled)}`);
      same(isRising(it.got), true, `the order of ${JSON.stringify(it.got)}`);
      const handled = new Set(it.handled);
      for (const number of upTo(200)) {
        const how = it.calls.get(number);
        if (how === undefined) same(handled.has(number) || it.reported.has(number), true, `note ${number} is accounted for`);
        else if (["replied", "reply-lost"].includes(how)) same(handled.has(number), true, `order ${number} (${how}) has run`);
        else same(how, "unknown", `order ${number}`);
      }
      same(it.dropped.size, 0, "what was dropped");
      if (it.got.length < it.sent.length) same((it.events["lost"] ?? 0) + it.gaps > 0, true, "a loss of the server's is reported");
      if (!kinds.some((kind) => kind === "crash")) same(it.reported.size, 0, "nothing is in doubt where the server says how far it got");
      doubts += it.reported.size;
      losses += it.events["lost"] ?? 0;
      gaps += it.gaps;
    });
  }
  same([doubts > 10, losses > 100, gaps > 10], [true, true, true], `the faults happen: ${doubts}, ${losses}, ${gaps}`);
}

export const SCENARIOS: Scenarios = { sessions_lose_nothing_over_cuts, sessions_report_what_they_lose };
