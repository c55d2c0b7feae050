// What runs beside the messages, on paused time and a simulated network: the opening, holds, heartbeats of
// one's own, ignored texts and close rules.

import * as market from "./generated/calls.ts";
import { Clock, Net } from "./clock.ts";
import type { Socket } from "./clock.ts";
import type { Scenarios } from "./peer.ts";
import { refusal, same } from "./support.ts";

type Config = Partial<market.WebSocketConfig>;

const NAMES = ["open", "close", "error", "unconfirmed", "dropped", "unknown", "session"] as const;

class Stage {
  readonly net = new Net();
  readonly clock = new Clock();
  readonly ws: market.WebSocketClient;
  readonly events: [string, ...unknown[]][] = [];

  constructor(config: Config) {
    const { webSocket } = this.net;
    this.ws = market.createWebSocketClient({ url: "ws://h", webSocket, confirmInterval: 0, ...config });
    for (const name of NAMES) this.ws.onEvent(name, (...args: unknown[]) => void this.events.push([name, ...args]));
    this.ws.on("note", (text) => void this.events.push(["note", text]));
  }

  take(name: string): unknown[] {
    const taken = this.events.filter(([of]) => of === name).map(([, first]) => first);
    this.events.splice(0, this.events.length, ...this.events.filter(([of]) => of !== name));
    return taken;
  }

  /** The errors since the last call. */
  errors(): string[] {
    return this.take("error").map((error) => `${(error as market.WebSocketClientError).kind}: ${(error as Error).message}`);
  }

  /** Begins a connection: its socket, with what comes of `connect()`. */
  async dial(): Promise<[Socket, Promise<unknown>]> {
    const opened = this.ws.connect().then(
      () => "open",
      (error: unknown) => error,
    );
    await this.clock.settle();
    this.net.last.open();
    await this.clock.settle();
    return [this.net.last, opened];
  }

  /** The next connection, after a delay. */
  async redial(): Promise<Socket> {
    await this.clock.advance(6000);
    this.net.last.open();
    await this.clock.settle();
    return this.net.last;
  }

  async say(socket: Socket, type: string, data?: unknown): Promise<void> {
    socket.say(type, data);
    await this.clock.settle();
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

/** What was written, heartbeats aside. */
const written = (socket: Socket): unknown[] =>
  socket.sent.filter(({ type }) => type !== "ping" && type !== "pong").map(({ type, data }) => (data === undefined ? type : data));

async function running_openings_come_before_all_else(): Promise<void> {
  const openings: market.WebSocketOpening[] = [];
  const opening = async (peer: market.WebSocketOpening): Promise<void> => {
    openings.push(peer);
    same(await peer.expect("note"), "hello", "the greeting");
    peer.send("note", "who I am");
    const { type, data } = await peer.next();
    same([type, data], ["note", "welcome"], "the answer");
  };
  await staged({ opening }, async (stage) => {
    const { ws, clock } = stage;
    ws.send("note", "queued");
    ws.hold("note", "held");
    const [socket, opened] = await stage.dial();
    same([ws.state, ws.isConnected(), socket.texts], ["connecting", false, []], "an opening that waits");
    ws.send("note", "queued as well");
    // What is no message is reported, and a ping is answered.
    socket.text("{");
    socket.say("other");
    socket.say("ping");
    same([stage.errors(), stage.take("unknown").length], [["malformed: a frame that is not JSON"], 1], "reports");
    same(socket.types, ["pong"], "the answer to a ping");
    await stage.say(socket, "note", "hello");
    same(written(socket), ["who I am"], "before the answer");
    socket.say("note", "welcome");
    // In the same turn, and not asked for.
    socket.say("note", "first");
    socket.say("note", "second");
    same(ws.state, "connecting", "the state");
    same(await opened, "open", "connect()");
    same(written(socket), ["who I am", "held", "queued", "queued as well"], "the order");
    same(stage.events.map(([name, text]) => text ?? name), ["open", "first", "second"], "what is reported");
    const [peer] = openings;
    same([peer?.attempt, peer?.wasOpen, peer?.signal.aborted], [0, false, true], "the first opening");
    const late = await refusal(peer?.next() ?? Promise.resolve(), "an opening that is over");
    same((late as market.WebSocketClientError).kind, "closed", "a late question");
    // The next connection has an opening as well.
    socket.end();
    const next = await stage.redial();
    same([openings[1]?.attempt, openings[1]?.wasOpen, ws.state], [1, true, "reconnecting"], "the second opening");
    await stage.say(next, "note", "hello");
    await stage.say(next, "note", "welcome");
    same([ws.state, written(next)], ["open", ["who I am", "held"]], "the second connection");
    // It ends with its connection.
    next.end();
    const third = await stage.redial();
    same(openings[2]?.signal.aborted, false, "the third opening");
    third.end();
    same(openings[2]?.signal.aborted, true, "an opening whose connection is lost");
    await clock.settle();
    const [, fourth] = [await stage.redial(), openings[3]];
    same([fourth?.attempt, fourth?.wasOpen], [3, false], "the fourth opening");
  });
}

async function running_openings_may_call(): Promise<void> {
  const opening = async (peer: market.WebSocketOpening): Promise<void> => {
    same(await peer.call("place-order", { item: "tea", qty: 1 }), { number: 7 }, "the reply");
  };
  await staged({ opening }, async (stage) => {
    const [socket, opened] = await stage.dial();
    same(socket.types, ["place-order"], "the request");
    socket.text('{"type":"place-order.reply","re":1,"data":{"number":7}}');
    same(await opened, "open", "connect()");
  });
}

async function running_openings_fail_as_attempts_do(): Promise<void> {
  const fails = (error: unknown) => async (): Promise<void> => {
    throw error;
  };
  const refused = new market.WebSocketOpeningError("unauthorized", "no such token");
  const hopeless = new market.WebSocketOpeningError("stop", "this build is too old");
  const retried: Config = { retryFirstConnect: true };
  const fresh: Config = { ...retried, url: () => "ws://h" };
  const cases: [string, Config, market.WebSocketState, number][] = [
    ["a first attempt", { opening: fails(new Error("no luck")) }, "idle", 1],
    ["any error", { ...retried, opening: fails(new Error("no luck")), maxReconnectAttempts: 2 }, "failed", 3],
    ["unauthorized", { ...retried, opening: fails(refused) }, "closed", 1],
    ["unauthorized with fresh credentials", { ...fresh, opening: fails(refused) }, "closed", 2],
    ["stop", { ...fresh, opening: fails(hopeless) }, "closed", 1],
    ["no error", { opening: fails("words") }, "idle", 1],
    ["another message", { opening: async (peer) => void (await peer.expect("confirm")) }, "idle", 1],
  ];
  for (const [name, config, state, attempts] of cases) {
    await staged(config, async (stage) => {
      const [socket, opened] = await stage.dial();
      socket.say("note", "hello");
      for (let n = 1; n < attempts; n += 1) await stage.redial();
      const error = (await opened) as market.WebSocketClientError;
      same([stage.ws.state, stage.net.sockets.length, error.kind], [state, attempts, "opening"], name);
      const { opening } = config;
      const words = await Promise.resolve(opening?.({ expect: async () => Promise.reject(new Error('"confirm" was expected, and "note" has come')) } as never)).catch((reason: unknown) => reason);
      const text = words instanceof Error ? `: ${words.message}` : "";
      same([error.message, error.reason === words || name === "another message"], [`the opening failed${text}`, true], name);
      same(stage.errors().length, attempts === 1 && state === "idle" ? 0 : attempts, `${name}: reports`);
    });
  }
}

async function running_openings_end_in_each_way(): Promise<void> {
  const opening = async (peer: market.WebSocketOpening): Promise<void> => void (await peer.expect("confirm"));
  const config: Config = { opening, connectTimeout: 3000, retryFirstConnect: true };
  const ends: [string, market.WebSocketState, (stage: Stage, socket: Socket) => void | Promise<void>, string?][] = [
    ["a cut", "connecting", (_, socket) => socket.end(), "connect: the connection ended in its opening, with code 1006"],
    ["a refusal", "closed", (_, socket) => socket.end(4401), "connect: the connection ended in its opening, with code 4401"],
    ["a final code", "closed", (_, socket) => socket.end(4500), "connect: the connection ended in its opening, with code 4500"],
    ["time", "connecting", (stage) => stage.clock.advance(3000), "connect: the opening did not end within 3000 ms"],
    ["disconnect()", "closed", (stage) => stage.ws.disconnect()],
    ["a bad payload", "connecting", (_, socket) => socket.say("confirm", 3), 'opening: the opening failed: "confirm" came with number for object'],
    [
      "too much",
      "connecting",
      async (stage, socket) => {
        // The first of them ends what is asked for, though not the opening yet.
        for (let n = 0; n < 1026; n += 1) socket.say("note", String(n));
        await stage.clock.settle();
      },
      "opening: the opening failed: more than 1024 messages came that it did not ask for",
    ],
  ];
  for (const [name, state, end, error] of ends) {
    await staged(config, async (stage) => {
      const [socket] = await stage.dial();
      await stage.clock.advance(2000);
      await end(stage, socket);
      await stage.clock.settle();
      same([stage.ws.state, stage.errors(), stage.take("close")], [state, error === undefined ? [] : [error], []], name);
      same(stage.take("note"), [], `${name}: what was not dispatched`);
    });
  }
  await staged({ ...config, session: false }, async (stage) => {
    await stage.dial();
    same(refused(() => market.createWebSocketClient({ url: "ws://h", opening, session: true, webSocket: stage.net.webSocket })), "a session has no opening: authenticate by url or protocols", "with a session");
    void stage.ws.disconnect();
  });
}

/** The message of what a function throws. */
function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not throw");
}

async function running_holds_are_sent_on_every_connection(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws } = stage;
    let token = 0;
    const first = ws.hold("note", "a");
    const second = ws.hold("note", () => `token ${++token}`);
    ws.send("note", "queued");
    const [socket] = await stage.dial();
    const third = ws.hold("note", "c");
    same([written(socket), ws.holds, ws.unconfirmed], [["a", "token 2", "queued", "c"], 3, 1], "the first connection");
    // The server closes; what was sent meanwhile comes after them.
    socket.end();
    same((stage.take("unconfirmed") as market.WebSocketLoss[]).map(({ messages }) => messages.map(({ data }) => data)), [["queued"]], "holds are not in doubt");
    ws.send("note", "meanwhile");
    third.release("note", "never sent");
    const next = await stage.redial();
    same([written(next), ws.holds], [["a", "token 3", "meanwhile"], 2], "the second connection");
    first.release("note", "no more a");
    second.release();
    second.release("note", "twice");
    same([written(next).slice(3), ws.holds], [["no more a"], 0], "released");
    next.end();
    same(written(await stage.redial()), [], "the third connection");
    // A function that fails is left out.
    ws.hold("note", () => {
      if (stage.net.sockets.length > 3) throw new Error("no token");
      return "d";
    });
    stage.net.last.end();
    ws.hold("note", "e");
    same(written(await stage.redial()), ["e"], "the fourth connection");
    same(stage.errors(), ["handler: a hold was not sent: its payload could not be written"], "the report");
    void ws.disconnect();
    await stage.clock.advance(2000);
    same(ws.holds, 2, "disconnect() keeps them");
  });
  await staged({}, async ({ ws }) => {
    same(refused(() => ws.hold("place-order", { item: "tea", qty: NaN })), '"qty" is NaN, which JSON can\'t say', "a payload that can't be written");
    same(refused(() => ws.hold("other" as "note", "a")), 'the contract has no message "other" that the client sends', "a name that is none");
    same([ws.holds, ws.queued], [0, 0], "what is left of it");
  });
}

async function running_holds_are_sent_once_in_a_session(): Promise<void> {
  const offer = (id: string): unknown => ({ v: 1, session: { id, key: "k", keep: 120_000 }, hold: 1_048_576 });
  const heartbeat = { message: () => ({ type: "note", data: "beat" }) as const };
  await staged({ session: true, maxReconnectAttempts: Infinity, heartbeat }, async (stage) => {
    const { ws, clock } = stage;
    const hold = ws.hold("note", "a");
    ws.send("note", "queued");
    const [socket, opened] = await stage.dial();
    socket.say("$hello", offer("s1"));
    await opened;
    const texts = (of: Socket): unknown[] => of.sent.filter(({ type }) => type === "note").map(({ data }) => data);
    same(texts(socket), ["a", "queued"], "a new session");
    socket.end();
    await clock.advance(6000);
    // While there is no connection it waits for the session.
    ws.hold("note", "b");
    stage.net.last.open();
    stage.net.last.say("$hello", offer("s2"));
    stage.net.last.say("$resumed", { got: 2, done: 2 });
    same([texts(stage.net.last), ws.state], [["b"], "open"], "a session that goes on");
    ws.send("note", "kept");
    stage.net.last.end();
    ws.hold("note", "c");
    ws.send("note", "unwritten");
    await clock.advance(6000);
    stage.net.last.open();
    stage.net.last.say("$hello", offer("s3"));
    stage.net.last.say("$gone", { why: "expired", done: 3 });
    same(texts(stage.net.last), ["a", "b", "c", "kept", "unwritten"], "another session");
    same([stage.take("unconfirmed"), stage.take("dropped")], [[], []], "nothing is in doubt");
    hold.release("note", "no more a");
    same(texts(stage.net.last).at(-1), "no more a", "released");
    // A heartbeat is one of the session's messages.
    await clock.advance(30_000);
    same(texts(stage.net.last).at(-1), "beat", "a heartbeat");
    stage.net.last.say("$ack", { n: 7, of: 0 });
    same(ws.state, "open", "the server's count");
    // One that was not written yet is taken back.
    stage.net.last.end();
    const late = ws.hold("note", "late");
    late.release("note", "no more late");
    same(ws.clearQueue(), 0, "what waits");
    void ws.disconnect();
  });
}

async function running_heartbeats_are_what_is_set(): Promise<void> {
  const beats = async (config: Config, interval: number, expected: unknown[]): Promise<void> => {
    await staged({ heartbeatInterval: 1000, ...config }, async (stage) => {
      const [socket] = await stage.dial();
      for (let n = 0; n < 3; n += 1) {
        await stage.clock.advance(interval);
        socket.text("any");
      }
      same(socket.texts.map((text) => (text.startsWith("{") ? (JSON.parse(text) as { data: unknown }).data : text)), expected, "what was written");
      same([stage.ws.state, stage.errors()], ["open", Array(3).fill("malformed: a frame that is not JSON")], "the client");
      const silent = await refusal(stage.ws.flush(), "a flush");
      same(String(silent).includes("without heartbeats nothing is confirmed"), true, "a flush");
    });
  };
  let last = 0;
  await beats({ heartbeat: { message: () => ({ type: "note", data: `beat ${++last}` }) } }, 1000, ["beat 1", "beat 2", "beat 3"]);
  await beats({ heartbeat: { text: () => "ping" } }, 1000, ["ping", "ping", "ping"]);
  await beats({ heartbeat: "listen" }, 1900, []);
  await beats({ heartbeat: "off" }, 100_000, []);
  // Silence.
  const silences: [string, Config, number][] = [
    ["a text", { heartbeat: { text: () => "ping" }, heartbeatInterval: 5000, heartbeatTimeout: 1000 }, 6000],
    ["listening", { heartbeat: "listen", heartbeatInterval: 5000, heartbeatTimeout: 1000 }, 6000],
  ];
  for (const [name, config, limit] of silences) {
    await staged(config, async (stage) => {
      const [socket] = await stage.dial();
      await stage.clock.advance(limit / 2);
      socket.say("note", "x");
      await stage.clock.advance(limit / 2);
      // What has come counts when listening, but answers no heartbeat that is sent later.
      same(stage.ws.state, config.heartbeat === "listen" ? "open" : "reconnecting", name);
      await stage.clock.advance(limit / 2);
      same(stage.errors().map((error) => error.split(":")[0]), ["heartbeat"], name);
    });
  }
  // A function that fails is left out.
  await staged({ heartbeat: { text: () => 3 as unknown as string }, heartbeatInterval: 1000 }, async (stage) => {
    const [socket] = await stage.dial();
    await stage.clock.advance(1000);
    same([stage.errors(), socket.texts], [["handler: a heartbeat was not sent: its function failed"], []], "a failing function");
    await stage.clock.advance(100_000);
    same(stage.ws.state, "open", "a connection that was asked nothing");
  });
  // The opening sets the interval.
  const opening = async (peer: market.WebSocketOpening): Promise<void> => peer.heartbeatInterval(Number(await peer.expect("note")));
  await staged({ opening, heartbeat: { text: () => "ping" }, heartbeatInterval: 1000 }, async (stage) => {
    const [socket, opened] = await stage.dial();
    await stage.clock.advance(500);
    socket.say("note", "250");
    await opened;
    await stage.clock.advance(250);
    socket.text("pong");
    same(socket.texts, ["ping"], "a shorter interval");
  });
}

async function running_ignored_texts_are_life_alone(): Promise<void> {
  const config: Config = { heartbeat: { text: () => "ping" }, heartbeatInterval: 1000, heartbeatTimeout: 500, ignoreText: ["pong", "0"] };
  await staged(config, async (stage) => {
    const [socket] = await stage.dial();
    for (let n = 0; n < 5; n += 1) {
      await stage.clock.advance(1000);
      socket.text(n % 2 === 0 ? "pong" : "0");
    }
    same([stage.ws.state, stage.errors()], ["open", []], "ignored");
    socket.text(" pong");
    socket.text("00");
    same(stage.errors().length, 2, "other texts");
  });
}

async function running_close_rules_come_before_the_defaults(): Promise<void> {
  const closeRules: market.WebSocketCloseRules = {
    stop: [4004, [4010, 4014]],
    refresh: [4009],
    retry: [4401, [4500, 4600]],
    retryAfter: [{ codes: [1013, [4100, 4199]], delay: 7 }],
  };
  const cases: [number, market.WebSocketState, number?][] = [
    [4003, "reconnecting"],
    [4004, "closed"],
    [4009, "closed"],
    [4010, "closed"],
    [4012, "closed"],
    [4014, "closed"],
    [4015, "reconnecting"],
    [4401, "reconnecting"],
    [4403, "closed"],
    [4600, "reconnecting"],
    [4601, "closed"],
    [4100, "reconnecting", 7],
    [4199, "reconnecting", 7],
    [1013, "reconnecting", 7],
  ];
  for (const [code, state, delay] of cases) {
    await staged({ closeRules }, async (stage) => {
      const [socket] = await stage.dial();
      socket.end(code);
      const [close] = stage.take("close") as market.CloseInfo[];
      same([stage.ws.state, delay === undefined || close?.retryIn === delay], [state, true], String(code));
    });
  }
  await staged({ closeRules, url: () => "ws://h" }, async (stage) => {
    const [socket] = await stage.dial();
    socket.end(4009);
    same(stage.ws.state, "reconnecting", "fresh credentials");
    (await stage.redial()).end(4009);
    same(stage.ws.state, "closed", "once");
  });
  const faults: [market.WebSocketCloseRules, string][] = [
    [{ stop: [999] }, "a code of closeRules must be from 1000 to 4999"],
    [{ stop: [[4000, 5000]] }, "the last code of a range of closeRules must be from 4000 to 4999"],
    [{ retry: [[4002, 4001]] }, "the last code of a range of closeRules must be from 4002 to 4999"],
    [{ stop: [[4000, 4005]], retry: [4005] }, "closeRules has two rules for 4005"],
    [{ retryAfter: [{ codes: [4000], delay: 0 }] }, "a delay of closeRules must be from 1 to 2147483647"],
  ];
  for (const [rules, words] of faults) {
    await staged({}, async ({ net: { webSocket } }) => {
      same(refused(() => market.createWebSocketClient({ url: "ws://h", webSocket, closeRules: rules })), words, words);
    });
  }
  await staged({}, async ({ net: { webSocket } }) => {
    const words = 'heartbeat must be "ping", "listen", "off", { message: () => … } or { text: () => … }';
    same(refused(() => market.createWebSocketClient({ url: "ws://h", webSocket, heartbeat: "pong" as "ping" })), words, "a heartbeat");
    same(refused(() => market.createWebSocketClient({ url: "ws://h", webSocket, heartbeat: "off", confirmInterval: 5 })), "confirmInterval must be from 0 to 0: only pings confirm", "confirmation");
  });
}

export const SCENARIOS: Scenarios = {
  running_openings_come_before_all_else,
  running_openings_may_call,
  running_openings_fail_as_attempts_do,
  running_openings_end_in_each_way,
  running_holds_are_sent_on_every_connection,
  running_holds_are_sent_once_in_a_session,
  running_heartbeats_are_what_is_set,
  running_ignored_texts_are_life_alone,
  running_close_rules_come_before_the_defaults,
};
