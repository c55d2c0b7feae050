// The session protocol at the client, on paused time and a simulated network: each frame, and each way that a
// session begins, goes on and ends. `model.ts` has the long runs.

import names from "../../connection/src/session/names.json" with { type: "json" };
import * as market from "./generated/calls.ts";
import { Clock, Net } from "./clock.ts";
import type { Socket } from "./clock.ts";
import type { Scenarios } from "./peer.ts";
import { refusal, same } from "./support.ts";

type Config = Partial<market.WebSocketConfig>;

const NAMES = ["open", "close", "error", "unconfirmed", "dropped", "unknown", "session", "contract"] as const;

const offer = (id: string, hold = 1_048_576, messages?: number): unknown => ({
  v: 1,
  boot: "b",
  session: { id, key: `key of ${id}`, keep: 120_000 },
  hold,
  ...(messages === undefined ? {} : { messages }),
  calls: 64,
  more: true,
});

/** A client that asks for sessions, on a simulated network. */
class Stage {
  readonly net = new Net();
  readonly clock = new Clock();
  readonly ws: market.WebSocketClient;
  readonly events: [string, ...unknown[]][] = [];

  constructor(config: Config) {
    const { webSocket } = this.net;
    this.ws = market.createWebSocketClient({ url: "ws://h", webSocket, session: true, maxReconnectAttempts: Infinity, ...config });
    for (const name of NAMES) this.ws.onEvent(name, (...args: unknown[]) => void this.events.push([name, ...args]));
  }

  /** What was reported since the last call. */
  take(name: (typeof NAMES)[number]): unknown[] {
    const taken = this.events.filter(([of]) => of === name).map(([, first]) => first);
    this.events.splice(0, this.events.length, ...this.events.filter(([of]) => of !== name));
    return taken;
  }

  /** A connection with a session that has just begun. */
  async begin(id = "s1", hold?: number, messages?: number): Promise<Socket> {
    const opened = this.ws.connect();
    await this.clock.settle();
    this.net.last.open();
    this.net.last.say("$hello", offer(id, hold, messages));
    await opened;
    return this.net.last;
  }

  /** The connection ends, and the next one is open: what the client asks for upon `$hello`. */
  async reopen(id: string): Promise<Socket> {
    if (this.net.last.readyState === 1) this.net.last.end();
    await this.clock.advance(6000);
    this.net.last.open();
    this.net.last.say("$hello", offer(id));
    return this.net.last;
  }

  note(...texts: string[]): void {
    for (const text of texts) this.ws.send("note", text);
  }

  order(options?: market.WebSocketCallOptions): Promise<market.Placed> {
    return this.ws.call("place-order", { item: "tea", qty: 2 }, options);
  }
}

async function staged(config: Config, play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(config);
  try {
    await play(stage);
    void stage.ws.disconnect();
    await stage.clock.advance(2000);
    same(stage.clock.timers, 0, "timers that are left");
  } finally {
    stage.clock.stop();
  }
}

/** What was written, short: the session's own frames whole, of others their payload. */
function written(socket: Socket): unknown[] {
  return socket.sent.map(({ type, data }) => (type === "note" ? data : data === undefined ? type : { [type]: data }));
}

const kept = (report: unknown): unknown => (report as market.WebSocketLoss).messages.map(({ data }) => data);

async function ending(call: Promise<unknown>): Promise<unknown[]> {
  const error = await refusal(call, "a call that fails");
  if (!(error instanceof market.WebSocketCallError)) throw error;
  return [error.kind, error.ran];
}

async function session_frames_stand_on_the_wire_as_documented(): Promise<void> {
  await staged({ protocols: "mine" }, async (stage) => {
    const { ws, clock } = stage;
    stage.note("early");
    const socket = await stage.begin();
    same([socket.protocols, ws.session], [["mine", "wirebond.v1"], "s1"], "the offer");
    same(socket.texts[0], '{"type":"$hello","data":{"v":1,"hold":1048576,"messages":1024,"contract":"1.0.0 65ZyagB7k3XBqPp0DbJZcQ"}}', "taking the session");
    same(written(socket).slice(1), ["early"], "and sending right behind it");
    same(stage.events.map(([name]) => name), ["session", "open"], "the order of events");
    socket.say("note", "one");
    socket.say("$gap", { n: 2, why: "overflow" });
    await clock.advance(1000);
    same(socket.texts.at(-1), '{"type":"$ack","data":{"n":3,"of":1}}', "an acknowledgement");
    socket.say("$ack", { n: 1, of: 3 });
    stage.note("two", "three");
    const next = await stage.reopen("s2");
    same(next.texts, ['{"type":"$hello","data":{"v":1,"hold":1048576,"messages":1024,"contract":"1.0.0 65ZyagB7k3XBqPp0DbJZcQ","resume":{"id":"s1","key":"key of s1","try":1,"got":3}}}'], "asking to resume");
    stage.note("four");
    same([written(next).length, ws.state, ws.session], [1, "reconnecting", "s1"], "and sending nothing before the answer");
    next.say("$resumed", { got: 2, done: 1 });
    same(written(next).slice(1), ["three", "four"], "what the server has not got");
    same([ws.state, ws.unconfirmed, ws.queued], ["open", 3, 0], "what is not handled is not confirmed");
    next.say("$ack", { n: 4, of: 3, ask: true });
    same([ws.unconfirmed, next.texts.at(-1)], [0, '{"type":"$ack","data":{"n":3,"of":4}}'], "asked for, at once");
    const third = await stage.reopen("s3");
    same((third.sent[0]?.data as { resume: unknown }).resume, { id: "s1", key: "key of s1", try: 2, got: 3 }, "the next request");
    third.say("$resumed", { got: 4, done: 4, key: "another" });
    const fourth = await stage.reopen("s4");
    same((fourth.sent[0]?.data as { resume: { key: string } }).resume.key, "another", "a key that was replaced");
    fourth.say("$resumed", { got: 4, done: 4 });
    same(stage.take("session"), [
      { kind: "began", id: "s1" },
      { kind: "gap", id: "s1", count: 2, why: "overflow" },
      ...Array.from({ length: 3 }, () => ({ kind: "resumed", id: "s1" })),
    ], "the events");
    same([stage.take("unconfirmed"), stage.take("dropped"), stage.take("error"), stage.take("unknown")], [[], [], [], []], "reports");
  });
}

/** One that is silent is given up, and may still bring something when the network is back. */
async function session_reads_nothing_from_a_connection_that_was_given_up(): Promise<void> {
  await staged({}, async (stage) => {
    const heard: string[] = [];
    stage.ws.on("note", (text) => heard.push(text));
    const old = await stage.begin();
    old.say("note", "one");
    await stage.clock.advance(40_000);
    same([stage.ws.state, old.readyState], ["reconnecting", 2], "it is given up");
    for (const during of ["down", "open"]) {
      old.say("note", during);
      old.say("$gap", { n: 1, why: "overflow" });
      if (during === "open") break;
      const next = await stage.reopen("s2");
      old.say("$resumed", { got: 9, done: 9 });
      same((next.sent[0]?.data as { resume: { got: number } }).resume.got, 1, "what counts");
      next.say("$resumed", { got: 0, done: 0 });
    }
    stage.net.last.say("note", "two");
    stage.net.last.say("$ack", { n: 0, of: 2 });
    same([heard, stage.ws.state], [["one", "two"], "open"], "what is read");
  });
}

async function session_counts_the_names_that_the_server_counts(): Promise<void> {
  for (const [name, isNumbered] of names as [string, boolean][]) {
    await staged({}, async (stage) => {
      const socket = await stage.begin();
      // The session reads this one.
      const data = name === "$contract" ? { version: "1.0.0", verdict: "compatible" } : undefined;
      socket.say(name, data ?? "x");
      // With a timestamp that is none, a frame is malformed, and has its number.
      if (data) socket.say(name, data);
      else socket.say(name, "x", -1);
      socket.say("$ack", { n: 0, of: isNumbered ? 2 : 0, ask: true });
      same([socket.readyState, socket.sent.at(-1)?.data], [1, { n: isNumbered ? 2 : 0, of: 0 }], name);
    });
  }
}

async function session_acknowledges_in_time(): Promise<void> {
  const acks = (socket: Socket): unknown[] => socket.sent.filter(({ type }) => type === "$ack").map(({ data }) => data);
  await staged({}, async (stage) => {
    const socket = await stage.begin("s1", 1000);
    for (let n = 0; n < 63; n += 1) socket.text('{"type":"x"}');
    same(acks(socket).at(-1), { n: 63 - (63 % 21), of: 0 }, "a quarter of what the server holds");
    await stage.clock.advance(999);
    same(acks(socket).length, 3, "not yet");
  });
  for (const [messages, due] of [[1024, 256], [12, 3], [3, 1], [0, 1]] as const) {
    await staged({}, async (stage) => {
      const socket = await stage.begin("s1", undefined, messages);
      for (let n = 1; n < due; n += 1) socket.text('{"type":"x"}');
      same(acks(socket), [], `before a quarter of ${messages} messages`);
      socket.text('{"type":"x"}');
      same(acks(socket), [{ n: due, of: 0 }], `a quarter of ${messages} messages`);
    });
  }
  await staged({}, async (stage) => {
    const socket = await stage.begin();
    for (let n = 0; n < 63; n += 1) socket.text('{"type":"x"}');
    await stage.clock.advance(500);
    same(acks(socket), [], "63 messages");
    socket.text('{"type":"x"}');
    same(acks(socket), [{ n: 64, of: 0 }], "64 messages");
    await stage.clock.advance(5000);
    same(acks(socket).length, 1, "nothing new");
    socket.text('{"type":"x"}');
    await stage.clock.advance(1000);
    same(acks(socket).at(-1), { n: 65, of: 0 }, "a second after the first");
    // What was written alone is reported with the next heartbeat, which asks for no confirmation.
    stage.note("a");
    await stage.clock.advance(20_000);
    same([acks(socket).length, stage.ws.unconfirmed], [2, 1], "before the heartbeat");
    await stage.clock.advance(10_000);
    same(written(socket).slice(-2).map((frame) => Object.keys(frame as object)), [["$ack"], ["ping"]], "with it");
    socket.say("pong");
    same([acks(socket).at(-1), stage.ws.unconfirmed], [{ n: 65, of: 1 }, 1], "a pong confirms nothing");
    await stage.clock.advance(30_000);
    same([acks(socket).length, socket.types.at(-1)], [3, "ping"], "with nothing new, the heartbeat alone");
  });
}

async function session_is_given_up_where_numbers_contradict(): Promise<void> {
  const frames: [string, unknown][] = [
    ["$ack", { n: 0, of: 1 }],
    ["$ack", { n: 3, of: 0 }],
    ["$ack", { n: -1, of: 0 }],
    ["$ack", { n: 0.5, of: 0 }],
    ["$ack", { n: "0", of: 0 }],
    ["$ack", null],
    ["$ack", undefined],
    ["$gap", { n: 0, why: "overflow" }],
    ["$gap", { n: 2 ** 54, why: "overflow" }],
    ["$hello", offer("s9")],
    ["$resumed", { got: 0, done: 0 }],
    ["$gone", { why: "unknown" }],
  ];
  for (const [type, data] of frames) {
    await staged({}, async (stage) => {
      const socket = await stage.begin();
      stage.note("a", "b");
      socket.say(type, data);
      same([socket.readyState, stage.ws.state, stage.ws.session], [2, "reconnecting", undefined], `${type} ${JSON.stringify(data)}`);
      same(stage.take("session").at(-1), { kind: "lost", id: "s1", why: "mismatch" }, "the end");
      same(stage.take("unconfirmed").map(kept), [["a", "b"]], "what was written");
      stage.note("c");
      const next = await stage.reopen("s2");
      same(written(next).slice(1), ["c"], "the next session");
      same((stage.take("close")[0] as market.CloseInfo).code, 4409, "the code");
    });
  }
  for (const answer of [{ got: 1, done: 2 }, { got: 3, done: 0 }, { got: 0 }, null]) {
    await staged({}, async (stage) => {
      await stage.begin();
      stage.note("a", "b");
      const next = await stage.reopen("s2");
      next.say("$resumed", answer);
      same([next.readyState, stage.ws.session, stage.take("unconfirmed").map(kept)], [2, undefined, [["a", "b"]]], JSON.stringify(answer));
    });
  }
  // The server says the same by its close code, and sends nothing counted before its answer.
  await staged({}, async (stage) => {
    const socket = await stage.begin();
    stage.note("a");
    socket.end(4409);
    same([stage.take("session").length, stage.take("unconfirmed").map(kept)], [2, [["a"]]], "4409");
    await stage.reopen("s2");
    const next = await stage.reopen("s3");
    next.say("note", "early");
    same([next.readyState, stage.ws.session], [2, undefined], "a message before the answer");
  });
}

async function session_that_is_gone_settles_its_messages(): Promise<void> {
  for (const [gone, doubt, again] of [
    [{ why: "unknown" }, [["a", "b", "c"]], ["d"]],
    [{ why: "expired", done: 1 }, [], ["b", "c", "d"]],
  ] as const) {
    await staged({}, async (stage) => {
      await stage.begin();
      stage.note("a", "b", "c");
      stage.net.last.end();
      stage.note("d");
      const next = await stage.reopen("s2");
      next.say("$gone", gone);
      same(written(next).slice(1), again, "what is sent in the next session");
      same(stage.take("unconfirmed").map(kept), doubt, "what is in doubt");
      same(stage.take("session").slice(1), [{ kind: "lost", id: "s1", why: gone.why }, { kind: "began", id: "s2" }], "the events");
      same(stage.ws.unconfirmed, again.length, "numbers begin again");
      next.say("$ack", { n: again.length, of: 0 });
      same([stage.ws.unconfirmed, next.readyState], [0, 1], "and go on");
    });
  }
}

async function session_keeps_the_numbers_of_what_is_dropped(): Promise<void> {
  await staged({ overflow: "drop-oldest" }, async (stage) => {
    const { ws } = stage;
    await stage.begin();
    stage.note("a");
    stage.net.last.end();
    for (let n = 1; n <= 1025; n += 1) stage.note(String(n));
    same(stage.take("dropped").map(kept), [["1"], ["2"]], "the oldest that were never written");
    same([ws.unconfirmed, ws.queued], [1, 1023], "what was written stays");
    const next = await stage.reopen("s2");
    next.say("$resumed", { got: 0, done: 0 });
    same(written(next).slice(1, 4), ["a", { $gap: { n: 2, why: "overflow" } }, "3"], "a gap in their place");
    stage.note("too much");
    same(stage.take("dropped").map(kept), [["too much"]], "where all was written, the new one");
    next.say("$ack", { n: 1026, of: 0, ask: true });
    same(next.sent.at(-1)?.data, { n: 0, of: 1027 }, "each has its number");
    next.end();
    stage.note("x", "y");
    const call = ending(stage.order({ timeout: 10 }));
    await stage.clock.advance(10);
    same([await call, ws.clearQueue(), stage.take("dropped").map(kept)], [["timeout", "no"], 2, [["x", "y"]]], "clearQueue()");
    const third = await stage.reopen("s3");
    third.say("$resumed", { got: 1027, done: 1026 });
    same(written(third).slice(1), [{ $gap: { n: 3, why: "expired" } }], "one gap for all");
  });
  await staged({}, async (stage) => {
    await stage.begin();
    for (let n = 0; n < 1024; n += 1) stage.note("");
    let error: unknown;
    try {
      stage.note("one more");
    } catch (reason) {
      error = reason;
    }
    same((error as market.WebSocketClientError).kind, "queue-full", "what is not acknowledged counts");
    same([stage.ws.unconfirmed, stage.take("dropped")], [1024, []], "and nothing is dropped");
  });
}

async function session_carries_calls_over_connections(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws } = stage;
    const socket = await stage.begin();
    const call = stage.order();
    const asked: string[] = [];
    let answer = (_yes: boolean): void => undefined;
    ws.handle("confirm", ({ text }, { signal }) => {
      asked.push(text);
      return new Promise((resolve) => (answer = (yes) => resolve(yes && !signal.aborted)));
    });
    socket.text('{"type":"confirm","id":4,"data":{"text":"Sure?"}}');
    socket.end();
    answer(true);
    const next = await stage.reopen("s2");
    next.say("$resumed", { got: 1, done: 1 });
    same(next.texts.slice(1).map((text) => text.replace(/,"timestamp":\d+/, "")), ['{"type":"confirm.reply","re":4,"data":true}'], "an answer");
    next.text('{"type":"place-order.reply","re":1,"data":{"number":7}}');
    same([await call, asked], [{ number: 7 }, ["Sure?"]], "a reply");
    // Handled, its answer lost with the session; in doubt; twice if it may; never written.
    const [handled, doubt, twice] = [ending(stage.order()), ending(stage.order()), stage.order({ idempotent: true })];
    next.say("$ack", { n: 3, of: 2 });
    next.end();
    const early = stage.order();
    const third = await stage.reopen("s3");
    third.say("$gone", { why: "unknown" });
    same(await Promise.all([handled, doubt]), [["reply-lost", "yes"], ["unknown", "maybe"]], "how calls end");
    const requests = third.sent.slice(1) as { id?: number; key?: string }[];
    same(requests.map(({ id, key }) => [id, key ?? null]), [[4, "s1:5"], [5, null]], "what is sent again has its first name");
    for (const re of [4, 5]) third.text(`{"type":"place-order.reply","re":${re},"data":{"number":${re}}}`);
    same(await Promise.all([twice, early]), [{ number: 4 }, { number: 5 }], "and is answered");
    // One that was answered is in no doubt, whatever was acknowledged. An answer of ours is nobody's any more.
    third.text('{"type":"confirm","id":4,"data":{"text":"Really?"}}');
    third.end();
    answer(true);
    await stage.clock.settle();
    const fourth = await stage.reopen("s4");
    fourth.say("$gone", { why: "unknown" });
    same([written(fourth).length, stage.take("unconfirmed")], [1, []], "what was answered");
    // A server that knows how far it got leaves no doubt.
    const unhandled = stage.order();
    const fifth = await stage.reopen("s5");
    fifth.say("$gone", { why: "expired", done: 0 });
    same((fifth.sent[1] as { id?: number }).id, 6, "what was surely not handled is sent");
    fifth.text('{"type":"place-order.reply","re":6,"data":{"number":6}}');
    same(await unhandled, { number: 6 }, "and answered");
    const late = ending(stage.order({ timeout: 100 }));
    await stage.clock.advance(100);
    same([await late, fifth.texts.at(-1)], [["timeout", "maybe"], '{"type":"$cancel","re":7}'], "a timeout");
  });
}

async function session_flushes_with_a_question(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.begin();
    await stage.ws.flush();
    stage.note("a");
    let done = false;
    const flushed = stage.ws.flush().then(() => (done = true));
    same(socket.texts.at(-1), '{"type":"$ack","data":{"n":0,"of":1,"ask":true}}', "the question");
    socket.say("$ack", { n: 0, of: 0 });
    await stage.clock.settle();
    same(done, false, "nothing is handled yet");
    stage.note("b");
    socket.end();
    const next = await stage.reopen("s2");
    next.say("$resumed", { got: 1, done: 0 });
    same(written(next).slice(1), ["b", { $ack: { n: 0, of: 2, ask: true } }], "asked once more");
    next.say("$ack", { n: 1, of: 0 });
    same(await flushed, true, "what was sent before it");
    const lost = refusal(stage.ws.flush(), "what is lost");
    next.say("$ack", { n: 1, of: 9 });
    same(((await lost) as market.WebSocketClientError).kind, "unconfirmed", "a session that is given up");
    const third = await stage.reopen("s3");
    stage.note("c");
    let never: unknown;
    stage.ws.flush().catch((error: unknown) => (never = error));
    third.say("pong");
    for (let n = 0; n < 6; n += 1) {
      await stage.clock.advance(10_000);
      third.say("pong");
    }
    same((never as market.WebSocketClientError).kind, "unconfirmed", "six times the heartbeat's timeout");
    const closed = refusal(stage.ws.flush(), "a client that is closed");
    void stage.ws.disconnect();
    third.end(1006);
    same([((await closed) as market.WebSocketClientError).kind, stage.take("unconfirmed").at(-1) !== undefined], ["unconfirmed", true], "disconnect()");
  });
  // Without sessions, a heartbeat asks.
  await staged({ session: false }, async (stage) => {
    const opened = stage.ws.connect();
    await stage.clock.settle();
    stage.net.last.open();
    await opened;
    stage.note("a");
    const flushed = stage.ws.flush();
    same(stage.net.last.types, ["note", "ping"], "at once");
    stage.net.last.say("pong");
    await flushed;
    stage.note("b");
    const lost = refusal(stage.ws.flush(), "what is lost");
    stage.net.last.end();
    same(((await lost) as market.WebSocketClientError).kind, "unconfirmed", "a connection that ends");
  });
  await staged({ session: false, heartbeatInterval: 0 }, async (stage) => {
    same(((await refusal(stage.ws.flush(), "no heartbeat")) as market.WebSocketClientError).kind, "unconfirmed", "no heartbeat");
  });
}

async function session_that_is_required_and_not_there_ends_the_client(): Promise<void> {
  const ways: [string, (socket: Socket, clock: Clock) => unknown][] = [
    ["another first frame", (socket) => socket.say("note", "x")],
    ["a frame that is none", (socket) => socket.text("{")],
    ["silence", (_socket, clock) => clock.advance(5000)],
  ];
  for (const [name, act] of ways) {
    await staged({}, async (stage) => {
      const refused = refusal(stage.ws.connect(), name);
      await stage.clock.settle();
      stage.net.last.open();
      await act(stage.net.last, stage.clock);
      const { kind, message } = (await refused) as market.WebSocketClientError;
      same([kind, message.includes("no sessions"), stage.ws.state], ["connect", true, "idle"], name);
      await stage.begin();
      stage.net.last.end();
      await stage.clock.advance(6000);
      stage.net.last.open();
      await act(stage.net.last, stage.clock);
      same([stage.ws.state, stage.ws.session], ["closed", undefined], `${name}, later`);
    });
  }
  // A $hello that can't be read is an attempt that failed, and no answer to a resume is one, too.
  await staged({ retryFirstConnect: true }, async (stage) => {
    void stage.ws.connect();
    await stage.clock.settle();
    stage.net.last.open();
    stage.net.last.say("$hello", { v: 1 });
    same([stage.ws.state, stage.net.last.readyState], ["connecting", 2], "half a $hello");
    const next = await stage.reopen("s1");
    stage.note("a");
    next.end();
    const third = await stage.reopen("s2");
    await stage.clock.advance(10_000);
    same([stage.ws.state, third.readyState, stage.ws.session], ["reconnecting", 2, "s1"], "no answer");
    const fourth = await stage.reopen("s3");
    same((fourth.sent[0]?.data as { resume: { try: number } }).resume.try, 2, "the session is still asked for");
    fourth.say("$resumed", { got: 0, done: 0 });
    same(written(fourth).at(-1), "a", "and goes on");
  });
}

async function session_that_is_preferred_does_without(): Promise<void> {
  const offered = ({ net }: Stage): unknown[] => net.sockets.map(({ protocols }) => protocols ?? null);
  // A server that refuses the offer, or that browsers refuse for it: the same attempt once more.
  await staged({ session: "prefer" }, async (stage) => {
    stage.note("a");
    const opened = stage.ws.connect();
    await stage.clock.settle();
    stage.net.last.end();
    await stage.clock.settle();
    stage.net.last.open();
    await opened;
    same([offered(stage), stage.net.last.types, stage.ws.session], [[["wirebond.v1"], null], ["note"], undefined], "without the offer");
    stage.net.last.end();
    same(stage.take("unconfirmed").map(kept), [["a"]], "without a session");
    await stage.clock.advance(6000);
    stage.net.last.end();
    await stage.clock.advance(6000);
    same(offered(stage).slice(2), [null, ["wirebond.v1"]], "what last opened comes first, and then the other");
    stage.net.last.open();
    stage.net.last.say("$hello", offer("s1"));
    same(stage.ws.session, "s1", "a server that was updated");
    // While the server keeps the session, only that is tried.
    stage.net.last.end();
    await stage.clock.advance(6000);
    stage.net.last.end();
    await stage.clock.advance(6000);
    same(offered(stage).slice(4), [["wirebond.v1"], ["wirebond.v1"]], "while it is kept");
    await stage.clock.advance(10_000);
    for (let n = 0; n < 12; n += 1) {
      if (stage.net.last.readyState < 2) stage.net.last.end();
      await stage.clock.advance(10_000);
    }
    same(offered(stage).at(-1), null, "after that, without");
    stage.note("b");
    stage.net.last.open();
    same([stage.take("session").at(-1), stage.ws.state], [{ kind: "lost", id: "s1", why: "plain" }, "open"], "the session is given up");
    same(stage.net.last.types, ["note"], "what has waited");
  });
  // A server that takes the offer, and sends no $hello.
  for (const first of ["note", undefined]) {
    await staged({ session: "prefer" }, async (stage) => {
      const heard: unknown[] = [];
      stage.ws.on("note", (text) => heard.push(text));
      stage.note("a");
      const opened = stage.ws.connect();
      await stage.clock.settle();
      stage.net.last.open();
      same(stage.net.last.types, [], "nothing before");
      if (first === undefined) await stage.clock.advance(5000);
      else stage.net.last.say(first, "x");
      await opened;
      same([stage.net.last.types, heard], [["note"], first === undefined ? [] : ["x"]], "plain");
      stage.net.last.end();
      await stage.clock.advance(6000);
      same(stage.net.last.protocols, undefined, "and remembered");
    });
  }
}

async function session_ends_with_its_client(): Promise<void> {
  for (const [code, doubt] of [
    [1000, []],
    [1006, [["a"]]],
  ] as const) {
    await staged({}, async (stage) => {
      const socket = await stage.begin();
      stage.note("a");
      const call = ending(stage.order());
      const closed = stage.ws.disconnect();
      socket.end(code);
      await closed;
      same([await call, stage.take("unconfirmed").map(kept), stage.ws.session], [["unknown", "maybe"], doubt, undefined], `${code}`);
      const next = await stage.begin("s2");
      same(Object.keys(next.sent[0]?.data as object), ["v", "hold", "messages", "contract"], "the next one is new");
    });
  }
  // While there is no connection: what was written is in doubt, the rest is dropped.
  await staged({}, async (stage) => {
    await stage.begin();
    stage.note("a");
    stage.net.last.end();
    stage.note("b");
    await stage.ws.disconnect();
    same([stage.take("unconfirmed").map(kept), stage.take("dropped").map(kept)], [[["a"]], [["b"]]], "disconnect()");
  });
  // A client that has failed keeps its session for connect().
  await staged({ maxReconnectAttempts: 0 }, async (stage) => {
    await stage.begin();
    stage.note("a");
    stage.net.last.end();
    same([stage.ws.state, stage.ws.session, stage.ws.unconfirmed], ["failed", "s1", 1], "a client that has failed");
    stage.ws.connect().catch(() => undefined);
    await stage.clock.settle();
    stage.net.last.open();
    stage.net.last.say("$hello", offer("s2"));
    stage.net.last.say("$resumed", { got: 0, done: 0 });
    same([stage.ws.state, written(stage.net.last).at(-1)], ["open", "a"], "connect()");
  });
}

async function session_reports_what_the_server_says_of_the_contract(): Promise<void> {
  const unknown = { version: "2.0.0", verdict: "unknown" };
  const here = { note: "UBf9HL5YZVI", "place-order": "ZvDADU8cJxc", refresh: "0M0OUS2jkEA", ping: "OuSiHhCkHp8", pong: "k7asI2pag20", more: "of another" };
  for (const [said, told] of [
    [{ version: "2.0.0", verdict: "breaking", refused: ["refresh"] }, { version: "2.0.0", verdict: "breaking", unreadable: [], refused: ["refresh"] }],
    [{ ...unknown, verdict: "of later", unreadable: ["note"], messages: here }, { ...unknown, verdict: "of later", unreadable: ["note"], refused: [] }],
    // Without fingerprints, nothing is compared.
    [unknown, { ...unknown, unreadable: [], refused: [] }],
    // What the server doesn't have won't come, and isn't taken.
    [
      { ...unknown, messages: { ...here, note: "another", confirm: "another" } },
      { ...unknown, unreadable: ["note", "confirm"], refused: ["note", "confirm.reply", "confirm.error", "report.reply"] },
    ],
  ] as const) {
    await staged({}, async (stage) => {
      const socket = await stage.begin();
      socket.say("$contract", said);
      same(stage.take("contract"), [told], "the notice");
      same([stage.take("error"), stage.take("unknown"), stage.ws.state], [[], [], "open"], "nothing else");
    });
  }
  for (const data of [null, 1, {}, { version: "2" }, { ...unknown, refused: null }, { ...unknown, refused: [1] }, { ...unknown, messages: { note: 1 } }]) {
    await staged({}, async (stage) => {
      const socket = await stage.begin();
      socket.say("$contract", data);
      same([stage.take("contract"), socket.readyState], [[], 2], JSON.stringify(data));
      socket.end();
    });
  }
}

export const SCENARIOS: Scenarios = {
  session_frames_stand_on_the_wire_as_documented,
  session_reads_nothing_from_a_connection_that_was_given_up,
  session_counts_the_names_that_the_server_counts,
  session_acknowledges_in_time,
  session_is_given_up_where_numbers_contradict,
  session_that_is_gone_settles_its_messages,
  session_keeps_the_numbers_of_what_is_dropped,
  session_carries_calls_over_connections,
  session_flushes_with_a_question,
  session_that_is_required_and_not_there_ends_the_client,
  session_that_is_preferred_does_without,
  session_ends_with_its_client,
  session_reports_what_the_server_says_of_the_contract,
};
