// Calls in both directions, on paused time and a simulated network: what each end makes of each state.

import * as bigints from "./generated/calls_bigint.ts";
import * as market from "./generated/calls.ts";
import { Clock, Net } from "./clock.ts";
import type { Socket } from "./clock.ts";
import type { Scenarios } from "./peer.ts";
import { refusal, same } from "./support.ts";

type Config = Partial<market.WebSocketConfig>;

/** A client of the market on a simulated network. */
class Stage {
  readonly net = new Net();
  readonly clock = new Clock();
  readonly ws: market.WebSocketClient;
  readonly events: [string, ...unknown[]][] = [];

  constructor(config: Config) {
    this.ws = market.createWebSocketClient({ url: "ws://h", webSocket: this.net.webSocket, ...config });
    const names = ["error", "unconfirmed", "dropped", "unknown"] as const;
    for (const name of names) this.ws.onEvent(name, (...args: unknown[]) => void this.events.push([name, ...args]));
  }

  async open(): Promise<Socket> {
    const opened = this.ws.connect();
    await this.clock.settle();
    this.net.last.open();
    await opened;
    return this.net.last;
  }

  /** The next connection, after one was lost. */
  async reopen(): Promise<Socket> {
    await this.clock.advance(6000);
    this.net.last.open();
    return this.net.last;
  }

  order(options?: market.WebSocketCallOptions): Promise<market.Placed> {
    return this.ws.call("place-order", { item: "tea", qty: 2 }, options);
  }
}

async function staged(config: Config, play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(config);
  try {
    await play(stage);
    await stage.clock.settle();
    void stage.ws.disconnect();
    await stage.clock.advance(2000);
    same(stage.clock.timers, 0, "timers that are left");
  } finally {
    stage.clock.stop();
  }
}

/** What a call ended with: its kind, whether it ran, and more. */
async function ending(call: Promise<unknown>): Promise<unknown[]> {
  const error = await refusal(call, "a call that fails");
  if (!(error instanceof market.WebSocketCallError)) throw error;
  same([error.name, error.type], ["WebSocketCallError", "place-order"], "the error");
  return [error.kind, error.ran, error.payload, error.code, error.path].filter((part) => part !== undefined);
}

const requests = (socket: Socket): unknown[] =>
  socket.texts.map((text) => JSON.parse(text) as { type: string; id?: number; re?: number }).filter(({ type }) => type !== "ping")
    .map(({ type, id, re }) => [type, id ?? re]);

async function calls_stand_on_the_wire_as_documented(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const placed = stage.order();
    const refreshed = [stage.ws.call("refresh"), stage.ws.call("refresh", { timeout: 5 })];
    stage.ws.send("place-order", { item: "tea", qty: 1 });
    const at = stage.clock.now;
    same(
      socket.texts,
      [
        `{"type":"place-order","id":1,"data":{"item":"tea","qty":2},"timestamp":${at}}`,
        `{"type":"refresh","id":2,"timestamp":${at}}`,
        `{"type":"refresh","id":3,"timestamp":${at}}`,
        `{"type":"place-order","data":{"item":"tea","qty":1},"timestamp":${at}}`,
      ],
      "the frames",
    );
    // Out of order, keys in any order.
    socket.text('{"timestamp":1,"re":3,"type":"refresh.reply"}');
    socket.text('{"data":{"number":7},"re":1,"type":"place-order.reply"}');
    socket.text('{"type":"refresh.reply","data":{"more":1},"re":2}');
    same([await placed, ...(await Promise.all(refreshed))], [{ number: 7 }, undefined, undefined], "the replies");
    same(stage.events, [], "reports");
  });
}

async function calls_end_as_the_server_says(): Promise<void> {
  const says: [string, unknown, unknown[]][] = [
    ["place-order.error", "sold-out", ["refused", "yes", "sold-out"]],
    ["$error", { code: "payload", path: "qty", message: "m" }, ["peer", "no", "payload", "qty"]],
    ["$error", { code: "unknown" }, ["peer", "no", "unknown"]],
    ["$error", { code: "unhandled", message: "m" }, ["peer", "no", "unhandled"]],
    ["$error", { code: "busy", message: "m" }, ["peer", "no", "busy"]],
    ["$error", { code: "panicked", message: "m" }, ["peer", "yes", "panicked"]],
    ["$error", { code: "cancelled", message: "m" }, ["peer", "maybe", "cancelled"]],
    ["$error", { code: "newer" }, ["peer", "maybe", "newer"]],
    ["$error", null, ["peer", "maybe"]],
    ["place-order.reply", undefined, ["bad-answer", "yes"]],
    ["place-order.reply", null, ["bad-answer", "yes"]],
    ["place-order.error", 1, ["bad-answer", "yes"]],
  ];
  for (const [type, data, expected] of says) {
    await staged({}, async (stage) => {
      const socket = await stage.open();
      const call = ending(stage.order());
      // Numbers that are none, another's number, and another call's name.
      for (const re of [-1, 1.5, "1", null, 2 ** 54, 2]) socket.text(JSON.stringify({ type, re, data: "closed" }));
      socket.text('{"type":"refresh.reply","re":1}');
      socket.text(JSON.stringify({ type, re: 1, data }));
      socket.text('{"type":"place-order.reply","re":1,"data":{"number":1}}');
      same(await call, expected, `${type} ${JSON.stringify(data)}`);
      const strange = stage.events.filter(([name]) => name !== "unknown");
      same(strange, [], "reports");
    });
  }
  await staged({ validate: (type, data, re) => type !== "place-order.reply" || (re === 1 && data !== null) }, async (stage) => {
    const socket = await stage.open();
    const [one, two] = [stage.order(), ending(stage.order())];
    for (const re of [1, 2]) socket.text(`{"type":"place-order.reply","re":${re},"data":{"number":1}}`);
    same([await one, await two], [{ number: 1 }, ["bad-answer", "yes"]], "with validate");
  });
}

async function calls_that_wait_for_a_connection_are_written_or_time_out(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws, clock } = stage;
    const [early, late] = [stage.order(), ending(stage.order({ timeout: 1000 }))];
    same(ws.queued, 2, "both wait");
    await clock.advance(1000);
    same([await late, ws.queued], [["timeout", "no"], 1], "one was taken back");
    let socket = await stage.open();
    same(requests(socket), [["place-order", 1]], "the other is written");
    socket.text('{"type":"place-order.reply","re":1,"data":{"number":1}}');
    same(await early, { number: 1 }, "its reply");
    socket.end();
    const during = stage.order({ timeout: 20_000 });
    ws.send("note", "n");
    socket = await stage.reopen();
    same(requests(socket).slice(0, 2), [["place-order", 3], ["note", undefined]], "in order after an outage");
    socket.text('{"type":"place-order.reply","re":3,"data":{"number":3}}');
    same(await during, { number: 3 }, "its reply");
    same(stage.events, [], "reports");
  });
  // The default is 30 s.
  await staged({}, async (stage) => {
    const call = ending(stage.order());
    await stage.clock.advance(29_999);
    same(stage.ws.queued, 1, "before");
    await stage.clock.advance(1);
    same(await call, ["timeout", "no"], "after");
  });
  // The contract says 5 s for this one, and an option says otherwise.
  await staged({}, async (stage) => {
    const waits = stage.ws.call("refresh", { timeout: 6000 });
    const call = refusal(stage.ws.call("refresh"), "at the contract's timeout");
    await stage.clock.advance(4999);
    same(stage.ws.queued, 2, "before");
    await stage.clock.advance(1);
    const error = await call;
    const words = error instanceof market.WebSocketCallError && [error.kind, error.ran, error.message];
    same(words, ["timeout", "no", '"refresh" has no answer after 5000 ms'], "after");
    const socket = await stage.open();
    socket.text('{"type":"refresh.reply","re":1}');
    await waits;
  });
}

async function calls_that_were_written_and_time_out_are_cancelled(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const call = ending(stage.order({ timeout: 100 }));
    await stage.clock.advance(100);
    same(await call, ["timeout", "maybe"], "the end");
    same(socket.texts.at(-1), '{"type":"$cancel","re":1}', "the server is asked to cancel");
    // What comes later is nobody's.
    socket.text('{"type":"place-order.reply","re":1,"data":{"number":1}}');
    socket.text('{"type":"$error","re":1,"data":{"code":"cancelled"}}');
    same(stage.events, [], "reports");
  });
}

async function calls_are_given_up_by_their_signal(): Promise<void> {
  await staged({}, async (stage) => {
    const given = AbortSignal.abort("before");
    same(await ending(stage.order({ signal: given })), ["aborted", "no"], "one that was given up before");
    same(stage.ws.queued, 0, "nothing waits");
    const [queued, written] = [new AbortController(), new AbortController()];
    const first = stage.order({ signal: queued.signal });
    queued.abort("reason");
    const error = await refusal(first, "given up");
    same(error instanceof market.WebSocketCallError && [error.kind, error.ran, error.reason], ["aborted", "no", "reason"], "while it waits");
    const socket = await stage.open();
    const second = ending(stage.order({ signal: written.signal }));
    written.abort();
    same([await second, requests(socket)], [["aborted", "maybe"], [["place-order", 2], ["$cancel", 2]]], "once written");
    // A signal that fires after the answer does nothing.
    const after = new AbortController();
    const third = stage.order({ signal: after.signal });
    socket.text('{"type":"place-order.reply","re":3,"data":{"number":1}}');
    after.abort();
    same([await third, socket.types.filter((type) => type === "$cancel").length], [{ number: 1 }, 1], "after its answer");
  });
}

async function calls_in_flight_when_the_connection_ends_are_in_doubt(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const call = ending(stage.order());
    stage.ws.send("note", "n");
    socket.end();
    same(await call, ["unknown", "maybe"], "the call");
    const [[name, loss] = [], ...more] = stage.events;
    const { count, messages } = loss as market.WebSocketLoss;
    same([name, count, messages.length, more], ["unconfirmed", 1, 1, []], "the note alone is reported");
    const next = await stage.reopen();
    same(requests(next), [], "nothing is sent again");
  });
}

async function calls_that_may_run_twice_are_sent_again(): Promise<void> {
  await staged({ reconnectInterval: 1000 }, async (stage) => {
    let socket = await stage.open();
    const call = stage.order({ idempotent: true });
    const other = ending(stage.order());
    for (let round = 0; round < 2; round += 1) {
      socket.end();
      stage.ws.send("note", `${round}`);
      same(stage.ws.queued, 2, "the call and the note wait");
      socket = await stage.reopen();
      same(requests(socket).slice(0, 2), [["place-order", 1], ["note", undefined]], "the call comes first");
    }
    same(await other, ["unknown", "maybe"], "the other");
    socket.text('{"type":"place-order.reply","re":1,"data":{"number":1}}');
    same(await call, { number: 1 }, "the reply");
    // One that was written once is in doubt, though it waits when its time ends.
    const doubt = ending(stage.order({ idempotent: true, timeout: 500 }));
    const closed = ending(stage.order({ idempotent: true }));
    socket.end();
    await stage.clock.advance(500);
    same([await doubt, stage.ws.queued], [["timeout", "maybe"], 1], "at its timeout");
    await stage.ws.disconnect();
    same(await closed, ["unknown", "maybe"], "at disconnect()");
  });
}

async function calls_that_are_not_taken_were_not_sent(): Promise<void> {
  await staged({}, async (stage) => {
    for (let n = 0; n < 1024; n += 1) stage.ws.send("note", "");
    same(await ending(stage.order()), ["not-sent", "no"], "too much waits");
    same(stage.events.map(([name]) => name), ["error"], "as for a message");
    stage.ws.clearQueue();
    const cleared = ending(stage.order());
    same([stage.ws.clearQueue(), await cleared], [1, ["not-sent", "no"]], "clearQueue()");
    const order = { item: "tea", qty: Number.NaN };
    same(await ending(stage.ws.call("place-order", order)), ["not-sent", "no"], "no JSON");
    const timeouts = [0, -1, Number.NaN, Infinity].map((timeout) => refusal(stage.order({ timeout }), "a timeout that is none"));
    for (const error of await Promise.all(timeouts)) same(error instanceof RangeError, true, String(error));
    const call = stage.ws.call as (type: string) => Promise<unknown>;
    same(await refusal(call.call(stage.ws, "note"), "no call") instanceof TypeError, true, "a message that is none");
    const closed = ending(stage.order());
    await stage.ws.disconnect();
    same(await closed, ["closed", "no"], "what waits when the client is closed");
    same(await ending(stage.order()), ["not-sent", "no"], "once it is closed");
    const socket = await stage.open();
    const written = ending(stage.order());
    void stage.ws.disconnect();
    socket.end(1000);
    same(await written, ["unknown", "maybe"], "what was written when the client is closed");
  });
  await staged({ overflow: "drop-oldest" }, async (stage) => {
    const oldest = ending(stage.order());
    for (let n = 0; n < 1024; n += 1) stage.ws.send("note", "");
    same([await oldest, stage.events], [["not-sent", "no"], []], "dropped for a newer message");
    stage.ws.clearQueue();
  });
}

/** Two attempts in vain: the client has failed. */
async function fail(stage: { net: Net; clock: Clock }): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await stage.clock.advance(attempt === 0 ? 0 : 6000);
    stage.net.last.end();
  }
  await stage.clock.settle();
}

async function calls_end_at_once_when_no_attempt_follows(): Promise<void> {
  const retried: Config = { retryFirstConnect: true, maxReconnectAttempts: 1 };
  type Way = (stage: Stage) => Promise<void>;
  const hello = { v: 1, session: { id: "s1", key: "k", keep: 60_000 }, hold: 1_048_576, messages: 256, calls: 64, more: true };
  const inSession: Way = async ({ ws, clock, net }) => {
    void ws.connect();
    await clock.settle();
    net.last.open();
    net.last.say("$hello", hello);
  };
  const failed: Way = async (stage) => {
    const refused = refusal(stage.ws.connect(), "in vain");
    await fail(stage);
    await refused;
  };
  const lost: Way = async (stage) => {
    stage.net.last.end();
    await stage.clock.advance(6000);
    await stage.clock.settle();
    stage.net.last.end();
  };
  const idle: Way = async () => {};
  const open: Way = async (stage) => void (await stage.open());
  const leave: Way = async ({ ws, net }) => {
    const closed = ws.disconnect();
    net.last?.end(1000);
    await closed;
  };
  const again = { idempotent: true };
  const cases: [string, Config, Way, market.WebSocketCallOptions, Way, unknown[], string][] = [
    ["before connect(), failed", retried, idle, {}, failed, ["closed", "no"], "failed"],
    ["before connect(), failed; may run twice", retried, idle, again, failed, ["closed", "no"], "failed"],
    ["in flight, failed", retried, open, {}, lost, ["unknown", "maybe"], "failed"],
    ["in flight, failed; may run twice", retried, open, again, lost, ["unknown", "maybe"], "failed"],
    ["in a session, failed", { ...retried, session: true }, inSession, {}, lost, ["unknown", "maybe"], "failed"],
    ["in a session, failed; may run twice", { ...retried, session: true }, inSession, again, lost, ["unknown", "maybe"], "failed"],
    ["before connect(), closed", {}, idle, {}, ({ ws }) => ws.disconnect(), ["closed", "no"], "closed"],
    ["in flight, closed", {}, open, {}, leave, ["unknown", "maybe"], "closed"],
    ["in flight, closed by the server", {}, open, {}, async ({ net }) => net.last.end(1008), ["unknown", "maybe"], "closed"],
    ["in a session, closed", { session: true }, inSession, {}, leave, ["unknown", "maybe"], "closed"],
  ];
  for (const [name, config, first, options, then, expected, state] of cases) {
    await staged(config, async (stage) => {
      const { ws, clock } = stage;
      await first(stage);
      const isEnded = ending(stage.order(options));
      await clock.settle();
      await then(stage);
      const at = clock.now;
      same([await isEnded, clock.now - at, ws.state, ws.queued], [expected, 0, state, 0], name);
    });
  }
  // While an outage lasts: what waits since, what was handled, and messages, which stay for connect().
  await staged({ ...retried, session: true }, async (stage) => {
    const { ws, clock, net } = stage;
    await inSession(stage);
    const handled = ending(stage.order());
    net.last.say("$ack", { n: 1, of: 0 });
    net.last.end();
    const queued = ending(stage.order());
    ws.send("note", "n");
    await clock.advance(6000);
    net.last.end();
    same([await handled, await queued, ws.state, ws.queued], [["reply-lost", "yes"], ["closed", "no"], "failed", 1], "in an outage");
    same(await ending(stage.order()), ["not-sent", "no"], "a new one");
    const flushed = await refusal(ws.flush(), "flush()");
    same(flushed instanceof market.WebSocketClientError && flushed.kind, "unconfirmed", "flush()");
  });
  // A first connect() that fails is no end: the client is idle, as before.
  await staged({}, async (stage) => {
    const waits = stage.order();
    const refused = refusal(stage.ws.connect(), "in vain");
    await stage.clock.settle();
    stage.net.last.end();
    await refused;
    same([stage.ws.state, stage.ws.queued], ["idle", 1], "it waits");
    const socket = await stage.open();
    socket.text('{"type":"place-order.reply","re":1,"data":{"number":7}}');
    same(await waits, { number: 7 }, "its reply");
  });
}

/** What the client answers to these frames. */
async function answers(stage: Stage, ...frames: unknown[]): Promise<unknown[]> {
  const socket = stage.net.last;
  const from = socket.texts.length;
  for (const frame of frames) socket.text(JSON.stringify(frame));
  await stage.clock.settle();
  return socket.texts.slice(from).map((text) => {
    const { timestamp: _timestamp, ...rest } = JSON.parse(text) as Record<string, unknown>;
    return rest;
  });
}

const question = (id?: unknown): unknown => ({ type: "confirm", id, data: { text: "Sure?" } });

async function calls_of_the_server_are_answered(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws } = stage;
    await stage.open();
    const message = 'nothing handles "confirm"';
    same(await answers(stage, question(1)), [{ type: "$error", re: 1, data: { code: "unhandled", message } }], "without a handler");
    const heard: unknown[] = [];
    ws.on("confirm", ({ text }) => heard.push(text));
    const works: [() => unknown, unknown, unknown][] = [
      [() => true, "confirm.reply", true],
      [() => Promise.resolve(false), "confirm.reply", false],
      [() => new market.WebSocketRefusal("closed"), "confirm.error", "closed"],
      [
        () => {
          throw new market.WebSocketRefusal("sold-out");
        },
        "confirm.error",
        "sold-out",
      ],
      [() => Promise.reject(new Error("secret")), "$error", { code: "panicked", message: 'the handler of "confirm" failed' }],
      [() => Number.NaN, "$error", { code: "panicked", message: 'the handler of "confirm" failed' }],
    ];
    for (const [work, type, data] of works) {
      const stop = ws.handle("confirm", work as () => boolean);
      same(await answers(stage, question(7)), [{ type, re: 7, data }], String(work));
      // Without a number the handler runs, and nothing is answered.
      same(await answers(stage, question(), question(-1), question("7")), [], "without a number");
      stop();
    }
    same(heard.length, 4 * works.length, "handlers of the message see each");
    const errors = stage.events.splice(0).map(([name, error]) => [name, (error as market.WebSocketClientError).kind]);
    // The rejection, each time that it ran, and the number that JSON hasn't.
    same(errors, Array.from({ length: 4 + 1 }, () => ["error", "handler"]), "what failed");
    // Refusals of a call without error, and replies without data.
    ws.handle("report", (_data, { timestamp }) => void heard.push(timestamp));
    same(await answers(stage, { type: "report", id: 0, timestamp: 5 }), [{ type: "report.reply", re: 0 }], "a reply without data");
    same(heard.at(-1), 5, "the time");
    const bad = await answers(stage, { type: "confirm", id: 2 }, { type: "confirm", data: null }, { type: "newer", id: 3 });
    same(bad.map((answer) => [(answer as market.WebSocketMessage).re, ((answer as market.WebSocketMessage).data as { code: string }).code]), [[2, "payload"], [3, "unknown"]], "bad requests");
    same(stage.events.splice(0).map(([name]) => name), ["error", "error", "unknown"], "are reported");
    ws.handle("confirm", () => true);
    let thrown: unknown;
    try {
      ws.handle("confirm", () => true);
    } catch (error) {
      thrown = error;
    }
    same(thrown instanceof TypeError, true, "a second handler");
  });
}

async function calls_of_the_server_can_be_cancelled(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws } = stage;
    let socket = await stage.open();
    const signals: AbortSignal[] = [];
    let finish = (_answer: boolean): void => undefined;
    ws.handle("confirm", (_data, { signal }) => {
      signals.push(signal);
      return new Promise<boolean>((resolve) => (finish = resolve));
    });
    same(await answers(stage, question(1)), [], "it works");
    const cancelled = { code: "cancelled", message: "it was cancelled" };
    same(await answers(stage, { type: "$cancel", re: 1 }, { type: "$cancel", re: 9 }), [{ type: "$error", re: 1, data: cancelled }], "cancelled");
    finish(true);
    same([signals[0]?.aborted, await answers(stage)], [true, []], "its answer is left out");
    await answers(stage, question(2));
    socket.end();
    same(signals[1]?.aborted, true, "the connection is over");
    socket = await stage.reopen();
    finish(true);
    await stage.clock.settle();
    same(requests(socket), [], "nobody waits for the answer there");
    const many = Array.from({ length: 1025 }, (_, id) => question(id));
    const [busy] = await answers(stage, ...many);
    same([(busy as market.WebSocketMessage).re, ((busy as market.WebSocketMessage).data as { code: string }).code], [1024, "busy"], "too many");
    same(stage.events, [], "reports");
  });
}

async function calls_with_wide_integers_are_exact(): Promise<void> {
  const [clock, net] = [new Clock(), new Net()];
  try {
    const ws = bigints.createWebSocketClient({ url: "ws://h", webSocket: net.webSocket });
    const opened = ws.connect();
    await clock.settle();
    net.last.open();
    await opened;
    const call = ws.call("place-order", { item: "tea", qty: 2 });
    net.last.text('{"type":"place-order.reply","re":1,"data":{"number":18446744073709551615}}');
    same(String((await call).number), "18446744073709551615", "the number");
    same(net.last.texts[0]?.startsWith('{"type":"place-order","id":1,"data":{"item":"tea","qty":2},"timestamp":'), true, "the frame");
    void ws.disconnect();
  } finally {
    clock.stop();
  }
}

export const SCENARIOS: Scenarios = {
  calls_stand_on_the_wire_as_documented,
  calls_end_as_the_server_says,
  calls_that_wait_for_a_connection_are_written_or_time_out,
  calls_that_were_written_and_time_out_are_cancelled,
  calls_are_given_up_by_their_signal,
  calls_in_flight_when_the_connection_ends_are_in_doubt,
  calls_that_may_run_twice_are_sent_again,
  calls_that_are_not_taken_were_not_sent,
  calls_end_at_once_when_no_attempt_follows,
  calls_of_the_server_are_answered,
  calls_of_the_server_can_be_cancelled,
  calls_with_wide_integers_are_exact,
};
