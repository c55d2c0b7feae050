// Faults that were found in the field, and similar ones, on paused time and a simulated network. In Node alone.

import { WebSocket } from "ws";

import * as chat from "../../examples/contract/client.ts";
import * as odd from "./generated/odd.ts";
import * as shop from "./generated/shop.ts";
import * as bigints from "./generated/wide_bigint.ts";
import * as strings from "./generated/wide_string.ts";
import { Net, staged } from "./clock.ts";
import type { Stage } from "./clock.ts";
import { connected } from "./peer.ts";
import { validate as checked } from "./recipe.ts";
import type { Config, Scenarios, Server } from "./peer.ts";
import { expect, Inbox, refusal, same } from "./support.ts";

const line = (content: string): chat.Chat => ({ user: "", content });

/** What a call throws. */
function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("it threw nothing");
}

function kindOf(error: unknown): string {
  return error instanceof chat.WebSocketClientError ? error.kind : String(error);
}

/** The contents of the lines in a report. */
function contents(report: unknown[] | undefined): unknown {
  const { count, messages } = report?.[0] as chat.WebSocketLoss;
  return [count, ...messages.map(({ data }) => (data as chat.Chat).content)];
}

// C1: every lost message is reported.

/** A real socket: the server stops reading, and is killed. */
async function field_c1_three_sends_to_a_server_that_hangs(server: Server): Promise<void> {
  const [ws, peer] = await connected(server);
  const losses = new Inbox<chat.WebSocketLoss>();
  ws.on("unconfirmed", losses.put);
  peer.socket.pause();
  for (const content of ["one", "two", "three"]) ws.send("chat", line(content));
  peer.socket.terminate();
  same(contents([await losses.next("the report")]), [3, "one", "two", "three"], "the report");
  await server.peers.next("the next connection");
  await ws.disconnect();
}

async function field_c1_only_a_pong_confirms_what_was_sent_before_its_ping(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws, clock } = stage;
    const socket = await stage.open();
    // An unsolicited pong confirms nothing.
    ws.send("chat", line("1"));
    socket.say("pong");
    same(ws.unconfirmed, 1, "after a pong that nobody asked for");
    await clock.advance(1000);
    same(socket.types, ["chat", "ping"], "a second later it is asked");
    ws.send("chat", line("2"));
    for (const type of ["chat", "weather", "ping"]) socket.say(type, line(""));
    socket.text("nonsense");
    same(ws.unconfirmed, 2, "after what proves nothing");
    await clock.advance(5000);
    same(socket.types.filter((type) => type === "ping").length, 1, "one question at a time");
    socket.say("pong", { timestamp: 1 });
    same(ws.unconfirmed, 1, "what came after the ping stays");
    await clock.advance(1000);
    socket.say("pong");
    same(ws.unconfirmed, 0, "all is confirmed");
    await clock.advance(20_000);
    same(socket.types.filter((type) => type === "ping").length, 2, "nothing to ask for");
  });
}

async function field_c1_what_an_end_leaves_unconfirmed_is_reported_once(): Promise<void> {
  const ends: [string, (stage: Stage) => Promise<void>][] = [
    ["reset", async ({ net }) => net.last.end()],
    ["restart", async ({ net }) => net.last.end(1012)],
    ["refusal", async ({ net }) => net.last.end(4401)],
    ["final", async ({ net }) => net.last.end(4404)],
    ["silence", ({ clock }) => clock.advance(30_000 + 10_000)],
    [
      "disconnect() without answer",
      async ({ ws, clock }) => {
        void ws.disconnect();
        await clock.advance(2000);
      },
    ],
    [
      "disconnect() that is cut",
      async ({ ws, net }) => {
        void ws.disconnect();
        net.last.end();
      },
    ],
  ];
  for (const [name, end] of ends) {
    await staged({ confirmInterval: 0 }, async (stage) => {
      const { ws, clock } = stage;
      const socket = await stage.open();
      ws.send("chat", line("known"));
      await clock.advance(30_000);
      socket.say("pong");
      ws.send("chat", line("a"));
      ws.send("join", { user: "b" });
      await end(stage);
      const [report, ...more] = stage.take("unconfirmed");
      same((report?.[0] as chat.WebSocketLoss).count, 2, name);
      same(
        (report?.[0] as chat.WebSocketLoss).messages.map(({ type, data }) => [type, data]),
        [
          ["chat", line("a")],
          ["join", { user: "b" }],
        ],
        name,
      );
      same([more.length, ws.unconfirmed, stage.take("dropped")], [0, 0, []], name);
      await ws.disconnect();
      same(stage.take("unconfirmed"), [], `${name}: once`);
    });
  }
}

async function field_c1_a_close_that_is_answered_confirms(): Promise<void> {
  for (const code of [1000, 1005]) {
    await staged({}, async (stage) => {
      const socket = await stage.open();
      stage.ws.send("chat", line("a"));
      const closed = stage.ws.disconnect();
      socket.end(code);
      await closed;
      same([stage.take("unconfirmed"), stage.take("close").length, stage.ws.state], [[], 1, "closed"], `${code}`);
    });
  }
}

async function field_c1_many_messages_are_counted_and_the_last_kept(): Promise<void> {
  await staged({ heartbeatInterval: 0 }, async (stage) => {
    const socket = await stage.open();
    for (let n = 0; n < 3000; n += 1) stage.ws.send("chat", line(String(n)));
    socket.say("pong");
    same(stage.ws.unconfirmed, 3000, "without heartbeats nothing is confirmed");
    await stage.clock.advance(60_000);
    same(socket.types.includes("ping"), false, "nothing is asked");
    socket.end();
    const [report] = stage.take("unconfirmed");
    const { count, messages } = report?.[0] as chat.WebSocketLoss;
    same([count, messages.length], [3000, 1024], "the count, and the messages");
    same((messages.at(-1)?.data as chat.Chat).content, "2999", "the last");
  });
}

/** Every way to a final state. */
const FINAL: [string, Config, (stage: Stage) => Promise<void>, chat.WebSocketState][] = [
  ["disconnect() at first", {}, async ({ ws }) => ws.disconnect(), "closed"],
  [
    "disconnect() while connecting",
    {},
    async ({ ws, clock }) => {
      ws.connect().catch(() => undefined);
      await clock.settle();
      await ws.disconnect();
    },
    "closed",
  ],
  [
    "disconnect() while open",
    {},
    async (stage) => {
      const socket = await stage.open();
      const closed = stage.ws.disconnect();
      socket.end(1000);
      await closed;
    },
    "closed",
  ],
  [
    "disconnect() while reconnecting",
    {},
    async (stage) => {
      (await stage.open()).end();
      await stage.ws.disconnect();
    },
    "closed",
  ],
  ["a refusal", {}, async (stage) => (await stage.open()).end(4401), "closed"],
  ["a final code", {}, async (stage) => (await stage.open()).end(4500), "closed"],
  ["no attempts", { maxReconnectAttempts: 0 }, async (stage) => (await stage.open()).end(), "failed"],
  [
    "attempts exhausted",
    { maxReconnectAttempts: 2 },
    async (stage) => {
      (await stage.open()).end();
      for (let n = 0; n < 2; n += 1) {
        await stage.clock.advance(6000);
        stage.net.last.end();
      }
    },
    "failed",
  ],
  [
    "a first connect() that was retried in vain",
    { maxReconnectAttempts: 1, retryFirstConnect: true },
    async ({ ws, net, clock }) => {
      ws.connect().catch(() => undefined);
      await clock.settle();
      net.last.end();
      await clock.advance(6000);
      net.last.end();
    },
    "failed",
  ],
];

async function field_c1_send_throws_once_the_state_is_final(): Promise<void> {
  for (const [name, config, end, state] of FINAL) {
    await staged(config, async (stage) => {
      const { ws, clock } = stage;
      await end(stage);
      same(ws.state, state, name);
      const error = thrown(() => ws.send("chat", line("late")));
      same([kindOf(error), String(error).includes(state), ws.queued], ["closed", true, 0], name);
      same(clock.timers, 0, `${name}: timers that are left`);
      // A closed client can connect again.
      const socket = await stage.open();
      ws.send("chat", line("on time"));
      same(socket.types, ["chat"], `${name}: after connect()`);
    });
  }
}

async function field_c1_what_waits_when_a_client_is_closed_is_dropped_by_name(): Promise<void> {
  const ways: [string, (stage: Stage) => Promise<void>][] = [
    [
      "never connected",
      async ({ ws }) => {
        ws.send("chat", line("a"));
        await ws.disconnect();
      },
    ],
    [
      "connecting",
      async ({ ws }) => {
        ws.connect().catch(() => undefined);
        ws.send("chat", line("a"));
        await ws.disconnect();
      },
    ],
    [
      "reconnecting",
      async (stage) => {
        (await stage.open()).end();
        stage.ws.send("chat", line("a"));
        await stage.ws.disconnect();
      },
    ],
    [
      "failed, then disconnect()",
      async (stage) => {
        (await stage.open()).end();
        stage.ws.send("chat", line("a"));
        for (let n = 0; n < 5; n += 1) {
          await stage.clock.advance(6000);
          stage.net.last.end();
        }
        same([stage.ws.state, stage.take("dropped")], ["failed", []], "kept so far");
        await stage.ws.disconnect();
      },
    ],
    [
      "closed, then a connect() that fails",
      async ({ ws, net, clock }) => {
        await ws.disconnect();
        const refused = refusal(ws.connect(), "nobody there");
        ws.send("chat", line("a"));
        await clock.settle();
        net.last.end();
        await refused;
      },
    ],
  ];
  for (const [name, close] of ways) {
    await staged({}, async (stage) => {
      await close(stage);
      const [report, ...more] = stage.take("dropped");
      same([contents(report), report?.[1], more.length], [[1, "a"], "closed", 0], name);
      same([stage.ws.state, stage.ws.queued], ["closed", 0], name);
      const socket = await stage.open();
      same(socket.types, [], `${name}: the next login`);
    });
  }
}

async function field_c1_the_queue_is_kept_where_connect_may_follow(): Promise<void> {
  await staged({ maxReconnectAttempts: 1 }, async (stage) => {
    const { ws, clock, net } = stage;
    ws.send("chat", line("first"));
    const refused = refusal(ws.connect(), "nobody there");
    await clock.settle();
    net.last.end();
    await refused;
    same([ws.state, ws.queued], ["idle", 1], "after a first connect() that failed");
    const socket = await stage.open();
    same(socket.sent.map(({ data }) => data), [line("first")], "delivered");
    socket.end();
    stage.take("unconfirmed");
    ws.send("chat", line("second"));
    await clock.advance(6000);
    net.last.end();
    same([ws.state, ws.queued, stage.take("reconnect-failed").length], ["failed", 1, 1], "after the last attempt");
    const again = await stage.open();
    same(again.sent.map(({ data }) => data), [line("second")], "delivered upon connect()");
    same(stage.take("dropped"), [], "drops");
  });
}

async function field_c1_drops_have_their_reason(): Promise<void> {
  await staged({ overflow: "drop-oldest" }, async (stage) => {
    const { ws } = stage;
    for (let n = 0; n < 1026; n += 1) ws.send("chat", line(String(n)));
    const reports = stage.take("dropped");
    same(
      reports.map((report) => [contents(report), report[1]]),
      [
        [[1, "0"], "overflow"],
        [[1, "1"], "overflow"],
      ],
      "the oldest make room",
    );
    same(ws.clearQueue(), 1024, "what was left");
    same([ws.clearQueue(), ws.queued], [0, 0], "nothing is left");
    const [cleared, ...more] = stage.take("dropped");
    same([(cleared?.[0] as chat.WebSocketLoss).count, cleared?.[1], more.length], [1024, "cleared", 0], "the report");
    // A message that is larger than the queue drops no others.
    ws.send("chat", line("small"));
    same(kindOf(thrown(() => ws.send("chat", line("x".repeat(1_048_577))))), "queue-full", "too long");
    same([ws.queued, stage.take("dropped")], [1, []], "the small one stays");
    ws.send("chat", line("x".repeat(1_048_000)));
    same(ws.queued, 2, "both fit");
    ws.send("chat", line("y".repeat(1000)));
    same(contents(stage.take("dropped")[0])?.toString().slice(0, 7), "2,small", "as many as it takes");
  });
  await staged({}, async ({ ws, ...stage }) => {
    for (let n = 0; n < 1024; n += 1) ws.send("chat", line(String(n)));
    same(kindOf(thrown(() => ws.send("chat", line("more")))), "queue-full", "by default it throws");
    same([ws.queued, stage.events.some(([name]) => name === "dropped")], [1024, false], "and drops nothing");
  });
}

type PageListener = (event: { type: string; persisted?: boolean }) => void;

/** Runs `play` with a simulated page. */
async function onPage(play: (fire: (type: string, persisted?: boolean) => void) => Promise<void>): Promise<void> {
  const listeners = new Map<string, Set<PageListener>>();
  const page = {
    addEventListener: (type: string, listener: PageListener): void =>
      void listeners.set(type, (listeners.get(type) ?? new Set()).add(listener)),
    removeEventListener: (type: string, listener: PageListener): void => void listeners.get(type)?.delete(listener),
  };
  Object.assign(globalThis, page, { document: page });
  try {
    await play((type, persisted = false) => {
      for (const listener of [...(listeners.get(type) ?? [])]) listener({ type, persisted });
    });
    same([...listeners.values()].every((of) => of.size === 0), true, "no listener is left");
  } finally {
    for (const name of [...Object.keys(page), "document"]) Reflect.deleteProperty(globalThis, name);
  }
}

async function field_c1_a_page_that_goes_away_reports_what_it_takes_along(): Promise<void> {
  await onPage(async (fire) => {
    await staged({}, async (stage) => {
      const { ws } = stage;
      await stage.open();
      ws.send("chat", line("written"));
      fire("pagehide", true);
      same([ws.unconfirmed, stage.take("unconfirmed")], [1, []], "a page that may come back");
      fire("pagehide");
      same(contents(stage.take("unconfirmed")[0]), [1, "written"], "what was written");
      stage.net.last.end();
      ws.send("chat", line("waits"));
      fire("pagehide");
      const [report] = stage.take("dropped");
      same([contents(report), report?.[1]], [[1, "waits"], "unload"], "what waits");
      await ws.disconnect();
      same([stage.take("unconfirmed"), stage.take("dropped")], [[], []], "once");
    });
  });
}

// C2: what the client is doing.

async function field_c2_states_with_attempts_and_instants(): Promise<void> {
  await staged({ maxReconnectAttempts: 2 }, async (stage) => {
    const { ws, clock, net } = stage;
    const seen: unknown[] = [];
    const start = clock.now;
    ws.on("state", (state, { attempt, nextAttemptAt }) => {
      same([ws.state, ws.stateInfo], [state, { attempt, nextAttemptAt }], "the getters agree");
      seen.push([state, attempt, nextAttemptAt === undefined ? null : nextAttemptAt - start]);
    });
    same([ws.state, ws.stateInfo.attempt], ["idle", 0], "at first");
    (await stage.open()).end();
    await clock.advance(5000);
    net.last.open();
    net.last.end(1012);
    await clock.advance(17_500);
    net.last.end();
    same(
      seen,
      [
        ["connecting", 0, null],
        ["open", 0, null],
        ["reconnecting", 1, 5000],
        ["reconnecting", 1, null],
        ["open", 0, null],
        ["reconnecting", 2, 22_500],
        ["reconnecting", 2, null],
        ["failed", 0, null],
      ],
      "a disconnect",
    );
    seen.length = 0;
    const socket = await stage.open();
    const closed = ws.disconnect();
    socket.end(1000);
    await closed;
    await ws.disconnect();
    same(
      seen,
      [
        ["connecting", 0, null],
        ["open", 0, null],
        ["closing", 0, null],
        ["closed", 0, null],
      ],
      "a visit",
    );
  });
}

async function field_c2_a_close_says_what_follows(): Promise<void> {
  const table: [number, Config, boolean, number | undefined][] = [
    [1006, {}, true, 5000],
    [1001, { reconnectInterval: 333 }, true, 333],
    [1012, {}, true, 17_500],
    [1013, { restartDelay: [1000, 2000] }, true, 1500],
    [4401, {}, false, undefined],
    [4401, { url: () => "ws://h" }, true, 5000],
    [1009, {}, false, undefined],
    [1006, { maxReconnectAttempts: 0 }, false, undefined],
  ];
  for (const [code, config, willReconnect, retryIn] of table) {
    await staged(config, async (stage) => {
      (await stage.open()).end(code, "why");
      const expected = { code, reason: "why", clean: code !== 1006, willReconnect, retryIn };
      same(stage.take("close"), [[expected]], `${code} ${JSON.stringify(config)}`);
    });
  }
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const closed = stage.ws.disconnect();
    socket.end(1000);
    await closed;
    same(stage.take("close"), [[{ code: 1000, reason: "", clean: true, willReconnect: false }]], "disconnect()");
  });
}

async function field_c2_handlers_get_the_time_of_a_message(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const seen: unknown[] = [];
    stage.ws.on("chat", ({ content }, { timestamp }) => seen.push([content, timestamp ?? "none"]));
    stage.ws.on("unknown", ({ type }, { timestamp }) => seen.push([type, timestamp ?? "none"]));
    socket.say("chat", line("a"), 1_700_000_000_000);
    socket.say("chat", line("b"));
    socket.say("chat", line("c"), null);
    socket.say("chat", line("d"), 0);
    socket.say("weather", 1, 5);
    const expected = [
      ["a", 1_700_000_000_000],
      ["b", "none"],
      ["c", "none"],
      ["d", 0],
      ["weather", 5],
    ];
    same(seen, expected, "data and time");
  });
}

/** All handlers see the effects of a handler's calls in the same order. */
async function field_c2_handlers_that_act_on_the_client_keep_the_order(): Promise<void> {
  await staged({}, async (stage) => {
    const { ws } = stage;
    const seen: string[] = [];
    ws.on("state", (state) => {
      if (state === "reconnecting") void ws.disconnect();
    });
    ws.on("state", (state) => void seen.push(state));
    (await stage.open()).end();
    same(seen, ["connecting", "open", "reconnecting", "closed"], "the second handler");
    same([stage.take("close").length, stage.clock.timers], [1, 0], "one close, no timers");
  });
}

// C3: disconnects.

async function field_c3_restart_delay(): Promise<void> {
  const table: [Config["restartDelay"] | undefined, number, number][] = [
    [undefined, 5000, 30_000],
    [[200, 400], 200, 400],
    [250, 250, 250],
  ];
  for (const [restartDelay, shortest, longest] of table) {
    for (const code of [1012, 1013]) {
      for (const [chance, expected] of [
        [0, shortest],
        [1, longest],
      ] as const) {
        await staged(restartDelay === undefined ? {} : { restartDelay }, async (stage) => {
          Math.random = () => chance;
          (await stage.open()).end(code);
          await stage.clock.advance(expected - 1);
          same(stage.net.sockets.length, 1, "not yet");
          await stage.clock.advance(1);
          same(stage.net.sockets.length, 2, "now");
        });
      }
    }
  }
}

async function field_c3_connect_while_waiting_dials_at_once(): Promise<void> {
  await staged({ reconnectInterval: 60_000, heartbeatInterval: 0 }, async (stage) => {
    const { ws, net, clock } = stage;
    (await stage.open()).end();
    await clock.advance(10);
    const joined = ws.connect();
    await clock.settle();
    same([net.sockets.length, stage.take("reconnect")], [2, [[1]]], "at once, and counted");
    // A second call joins the attempt that is under way.
    const second = ws.connect();
    await clock.settle();
    same(net.sockets.length, 2, "one attempt at a time");
    net.last.open();
    await Promise.all([joined, second]);
    await clock.advance(100_000);
    same(net.sockets.length, 2, "the delay is gone");
  });
}

async function field_c3_a_page_that_is_online_again_dials_at_once(): Promise<void> {
  await onPage(async (fire) => {
    await staged({ reconnectInterval: 60_000, heartbeatInterval: 0 }, async (stage) => {
      const { ws, net, clock } = stage;
      (await stage.open()).end();
      fire("offline");
      fire("visibilitychange");
      await clock.settle();
      same(net.sockets.length, 1, "these are no reason");
      fire("online");
      fire("online");
      await clock.settle();
      same([net.sockets.length, stage.take("reconnect")], [2, [[1]]], "this one is");
      net.last.open();
      fire("online");
      same(net.last.types, [], "no heartbeat where they are off");
      net.last.end();
      await ws.disconnect();
      fire("online");
      await clock.advance(100_000);
      same(net.sockets.length, 2, "after disconnect()");
    });
  });
}

async function field_c3_a_first_connect_is_retried_if_asked_for(): Promise<void> {
  await staged({ retryFirstConnect: true, maxReconnectAttempts: 2 }, async (stage) => {
    const { ws, net, clock } = stage;
    const opened = ws.connect();
    await clock.settle();
    net.last.end();
    same([ws.state, ws.stateInfo.attempt, ws.stateInfo.nextAttemptAt], ["connecting", 1, clock.now + 5000], "waits");
    await clock.advance(5000);
    net.last.open();
    await opened;
    same([ws.state, stage.take("reconnect"), stage.take("error").length], ["open", [[1]], 1], "open at last");
  });
  await staged({ retryFirstConnect: true, maxReconnectAttempts: 1 }, async (stage) => {
    const { ws, net, clock } = stage;
    const refused = refusal(ws.connect(), "in vain");
    await clock.settle();
    net.last.end();
    // A call of connect() before the delay ends.
    const second = refusal(ws.connect(), "in vain as well");
    await clock.settle();
    net.last.end();
    same([kindOf(await refused), kindOf(await second), ws.state], ["connect", "connect", "failed"], "both fail");
    same([stage.take("reconnect"), stage.take("reconnect-failed").length], [[[1]], 1], "the events");
  });
}

async function field_c3_a_handler_may_connect_again(): Promise<void> {
  type Way = (stage: Stage) => Promise<void>;
  const fail: Way = async ({ clock, net }) => {
    net.last.end();
    await clock.advance(6000);
    net.last.end();
  };
  const ways: [event: "state" | "reconnect-failed" | "close", Way][] = [
    ["state", fail],
    ["reconnect-failed", fail],
    ["close", async ({ net }) => net.last.end(4400)],
    ["state", async ({ net }) => net.last.end(4400)],
    ["state", async ({ ws }) => void ws.disconnect().then(() => undefined)],
  ];
  for (const [event, end] of ways) {
    await staged({ maxReconnectAttempts: 1 }, async (stage) => {
      const { ws, clock, net } = stage;
      await stage.open();
      const opened: Promise<void>[] = [];
      ws.onEvent(event, () => {
        const isOver = ws.state === "failed" || ws.state === "closed";
        if (isOver && opened.length === 0) opened.push(ws.connect());
      });
      await end(stage);
      if (ws.state === "closing") net.last.end(1000);
      await clock.settle();
      net.last.open();
      same([await Promise.all(opened), opened.length, ws.state], [[null], 1, "open"], event);
    });
  }
}

async function field_c3_presets(): Promise<void> {
  const delays = async (config: Config, count: number): Promise<number[]> => {
    const waits: number[] = [];
    await staged(config, async (stage) => {
      Math.random = () => 1;
      (await stage.open()).end();
      while (waits.length < count) {
        const wait = (stage.ws.stateInfo.nextAttemptAt ?? 0) - stage.clock.now;
        waits.push(wait);
        await stage.clock.advance(wait);
        stage.net.last.end();
      }
    });
    return waits;
  };
  const patient = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000];
  same(await delays(chat.presets.patient, 10), patient, "patient");
  same(await delays(chat.presets.development, 7), Array(7).fill(600), "development");
  same(await delays({}, 5), Array(5).fill(6000), "the default");
  await staged(chat.presets.patient, async (stage) => {
    Math.random = () => 0;
    (await stage.open()).end();
    same((stage.take("close")[0]?.[0] as chat.CloseInfo).retryIn, 500, "half of it at least");
  });
}

async function field_c3_providers(): Promise<void> {
  const offered: [Config["protocols"] | undefined, unknown][] = [
    [undefined, undefined],
    ["v1", "v1"],
    [["v1", "v2"], ["v1", "v2"]],
    [() => "v1", "v1"],
    [async () => Promise.resolve(["v1", "token.1"]), ["v1", "token.1"]],
    [() => undefined, undefined],
  ];
  for (const [protocols, expected] of offered) {
    await staged(protocols === undefined ? {} : { protocols }, async (stage) => {
      same((await stage.open()).protocols, expected, JSON.stringify(expected));
    });
  }
  let made = 0;
  await staged({ protocols: () => `token.${++made}` }, async (stage) => {
    const socket = await stage.open();
    socket.end(4401);
    await stage.clock.advance(6000);
    same([socket.protocols, stage.net.last.protocols], ["token.1", "token.2"], "a fresh one for every attempt");
    stage.net.last.open();
    stage.net.last.end(4401);
    same(stage.ws.state, "closed", "after a fresh one, a refusal is final");
  });
  const broken: Config[] = [
    { url: () => Promise.reject(new Error("no code")) },
    {
      url: () => {
        throw new Error("no code");
      },
    },
    { protocols: () => Promise.reject(new Error("no code")) },
    { url: () => "http://h" },
    { url: () => "" },
  ];
  for (const config of broken) {
    await staged({ ...config, maxReconnectAttempts: 2, retryFirstConnect: true }, async (stage) => {
      const refused = refusal(stage.ws.connect(), "no attempt can be made");
      await stage.clock.advance(20_000);
      same(kindOf(await refused), "connect", "the error");
      same([stage.take("reconnect"), stage.ws.state], [[[1], [2]], "failed"], "each failure is an attempt");
    });
  }
}

// C4: payloads and URLs that aren't what they should be.

async function field_c4_a_payload_of_the_wrong_kind_reaches_no_handler(): Promise<void> {
  await staged({}, async (stage) => {
    const socket = await stage.open();
    const seen: unknown[] = [];
    stage.ws.on("chat", (data) => seen.push(data));
    for (const data of [null, "x", 1, true, [], undefined]) {
      socket.say("chat", data);
      const [[error] = []] = stage.take("error");
      same([kindOf(error), String(error).includes('"chat" came')], ["payload", true], JSON.stringify(data) ?? "none");
    }
    socket.say("chat", line("good"));
    same(seen, [line("good")], "what the handler gets");
  });
  // Where the contract accepts any value, null is valid; a message without payload ignores its data.
  const net = new Net();
  const ws = odd.createWebSocketClient({ url: "ws://h", webSocket: net.webSocket });
  const seen: unknown[] = [];
  ws.on("世界", (data) => seen.push(["世界", data]));
  ws.on("open", (data) => seen.push(["open", data ?? "none"]));
  ws.onEvent("error", ({ message }) => seen.push(message));
  const opened = ws.connect();
  (await net.asked.next("a socket")).open();
  await opened;
  for (const data of [null, 1]) net.last.say("世界", data);
  net.last.say("世界");
  for (const data of [null, {}, undefined]) net.last.say("open", data);
  const expected = [["世界", null], ["世界", 1], '"世界" came without data', ["open", "none"], ["open", "none"], ["open", "none"]];
  same(seen, expected, "what the contract says");
  void ws.disconnect();
  net.last.end(1000);
}

async function field_c4_validate(): Promise<void> {
  const asked: unknown[] = [];
  const validate = (type: string, data: unknown): boolean => {
    asked.push(type);
    const { content } = data as chat.Chat;
    if (content === "throws") throw new Error("no");
    return content !== "bad";
  };
  await staged({ validate }, async (stage) => {
    const socket = await stage.open();
    const seen: unknown[] = [];
    stage.ws.on("chat", ({ content }) => seen.push(content));
    for (const content of ["good", "bad", "throws", "fine"]) socket.say("chat", line(content));
    socket.say("chat", null);
    socket.say("weather", 1);
    socket.say("pong");
    same([seen, asked], [["good", "fine"], ["chat", "chat", "chat", "chat"]], "who was asked, and what got through");
    const errors = stage.take("error").map(([error]) => error as chat.WebSocketClientError);
    same(errors.map(({ kind }) => kind), ["payload", "payload", "payload"], "the errors");
    same([String(errors[1]?.reason), errors[0]?.message.includes("bad")], ["Error: no", false], "why, and no payload");
  });
}

/** The recipe of `docs/typescript.md`. */
async function field_c4_validate_with_ajv(): Promise<void> {
  await staged({ validate: checked }, async (stage) => {
    const socket = await stage.open();
    const seen: unknown[] = [];
    stage.ws.on("chat", ({ content }) => seen.push(content));
    stage.ws.on("notification", ({ level }) => seen.push(level));
    socket.say("chat", line("good"), 1);
    for (const data of [{ user: "a" }, { user: "a", content: 1 }, null]) socket.say("chat", data);
    socket.say("notification", { level: "fatal", message: "" });
    socket.say("notification", { level: "info", message: "" });
    same(seen, ["good", "info"], "what got through");
    same(stage.take("error").map(([error]) => kindOf(error)), Array(4).fill("payload"), "the errors");
  });
}

async function field_c4_urls(): Promise<void> {
  const bad = ["", "http://h", "https://h/ws", "h", "/ws", "ws:", "ws://", "ws:///x", "//h", "ws://h#x", "wss://h/?a#", "ftp://h"];
  for (const url of [...bad, undefined, null, 1]) {
    const error = thrown(() => chat.createWebSocketClient({ url: url as string, webSocket: WebSocket }));
    expect(error instanceof TypeError && error.message.startsWith("url "), `${String(url)}: ${String(error)}`);
  }
  const secret = thrown(() => chat.createWebSocketClient({ url: "http://h/?code=secret", webSocket: WebSocket }));
  expect(!String(secret).includes("secret"), "no secret is shown");
  for (const url of ["ws://h", "wss://h:1/x?y=", "WS://h", "ws://[::1]:80/", "ws://h?x"]) {
    chat.createWebSocketClient({ url, webSocket: WebSocket });
  }
}

// C5: messages of errors.

async function field_c5_settings_are_refused_in_words(): Promise<void> {
  const table: [Config, string][] = [
    [{ reconnectInterval: 0 }, "reconnectInterval must be from 1 to 1073741823"],
    [{ reconnectInterval: 2 ** 31 }, "reconnectInterval must be from 1 to 1073741823"],
    [{ heartbeatInterval: -1 }, "heartbeatInterval must be from 1 to 2147483647, or 0"],
    [{ heartbeatInterval: 0.5 }, "heartbeatInterval must be from 1 to 2147483647, or 0"],
    [{ maxReconnectAttempts: -1 }, "maxReconnectAttempts must be at least 0"],
    [{ minUptime: NaN }, "minUptime must be at least 0"],
    [{ maxReconnectInterval: 4999 }, "maxReconnectInterval must be from 5000 to 1073741823"],
    [{ restartDelay: [2, 1] }, "restartDelay must be from 2 to 1073741823"],
    [{ restartDelay: 0 }, "restartDelay must be from 1 to 1073741823"],
    [{ confirmInterval: 30_001 }, "confirmInterval must be from 0 to 30000"],
    [{ heartbeatInterval: 1000, heartbeatTimeout: 1001 }, "heartbeatTimeout must be from 1 to 1000"],
    [{ connectTimeout: Infinity }, "connectTimeout must be from 1 to 2147483647"],
    [{ overflow: "wait" as "reject" }, 'overflow must be "reject" or "drop-oldest"'],
  ];
  for (const [config, message] of table) {
    const error = thrown(() => chat.createWebSocketClient({ url: "ws://h", webSocket: WebSocket, ...config }));
    same([error instanceof RangeError, (error as Error).message], [true, message], JSON.stringify(config));
  }
}

/** Each of these works alone: the other defaults adapt to it. */
async function field_c5_settings_fit_together(): Promise<void> {
  const table: Config[] = [
    { heartbeatInterval: 0 },
    { heartbeatInterval: 1 },
    { heartbeatInterval: 200 },
    { heartbeatInterval: 2 ** 31 - 1 },
    { reconnectInterval: 1 },
    { reconnectInterval: 60_000 },
    { maxReconnectAttempts: 0 },
    { maxReconnectAttempts: Infinity, minUptime: Infinity },
    { connectTimeout: 1 },
    { restartDelay: 1 },
    chat.presets.patient,
    chat.presets.development,
  ];
  for (const config of table) chat.createWebSocketClient({ url: "ws://h", webSocket: WebSocket, ...config });
}

/** For users without a compiler. */
async function field_c5_names_that_are_none_throw(): Promise<void> {
  const ws = chat.createWebSocketClient({ url: "ws://h", webSocket: WebSocket });
  const send = ws.send.bind(ws) as (type: string, data?: unknown) => void;
  const on = ws.on.bind(ws) as (type: string, handler: () => void) => void;
  const off = ws.off.bind(ws) as (type: string) => void;
  const table: [() => unknown, string][] = [
    [() => send("ping", { timestamp: 1 }), '"ping" is the heartbeat: the client sends it by itself, see heartbeatInterval'],
    [() => send("pong"), '"pong" is the heartbeat: the client sends it by itself, see heartbeatInterval'],
    [() => send("chatt", {}), 'the contract has no message "chatt" that the client sends'],
    [() => send("notification", {}), 'the contract has no message "notification" that the client sends'],
    [() => on("ping", () => undefined), '"ping" is the heartbeat: the client answers it by itself'],
    [() => on("pong", () => undefined), '"pong" is the heartbeat: the client answers it by itself'],
    [() => off("join"), 'there is no event "join", and no message that the server sends is called so'],
    [() => on("toString", () => undefined), 'there is no event "toString", and no message that the server sends is called so'],
  ];
  for (const [call, message] of table) {
    const error = thrown(call);
    same([error instanceof TypeError, (error as Error).message], [true, message], message);
  }
}

async function field_c5_texts_say_what_to_do(): Promise<void> {
  const words = (error: unknown): string => (error instanceof chat.WebSocketClientError ? `${error.kind}: ${error.message}` : String(error));
  await staged({}, async (stage) => {
    const { ws } = stage;
    const size = JSON.stringify({ type: "chat", data: line("x".repeat(2 << 20)), timestamp: Date.now() }).length;
    const tooLong = `queue-full: "chat" was not sent: it has ${size} bytes, more than may wait (1048576)`;
    const long = (): void => ws.send("chat", line("x".repeat(2 << 20)));
    same(words(thrown(long)), tooLong, "before connect()");
    await stage.open();
    same(words(thrown(long)), tooLong, "while open");
  });
  await staged({}, async ({ ws }) => {
    for (let n = 0; n < 1024; n += 1) ws.send("chat", line(""));
    const full = 'queue-full: "chat" was not sent: too much is waiting already (at most 1024 messages or 1048576 bytes)';
    same(words(thrown(() => ws.send("chat", line("")))), full, "too many");
  });
  // A page can't tell a server that isn't there from one that answers 401.
  const refused = "connect: the server was not reached, refused the connection (credentials, origin, path), or speaks no sessions";
  const plain = "connect: the server was not reached, or refused the connection (credentials, origin, path)";
  const early = "connect: the connection ended before its session began, with code 4401";
  const cases: [Config, (socket: Stage["net"]["last"]) => void, string][] = [
    [{}, (socket) => socket.end(), plain],
    [{ session: true }, (socket) => socket.end(), refused],
    [{ session: true }, (socket) => { socket.open(); socket.end(4401); }, early],
  ];
  for (const [config, end, expected] of cases) {
    await staged(config, async ({ ws, net, clock }) => {
      const failed = refusal(ws.connect(), "in vain");
      await clock.settle();
      end(net.last);
      same(words(await failed), expected, expected);
    });
  }
  const broken = "connect: no attempt was made: `url` or `protocols` failed, or is not valid (see `reason`)";
  await staged({ url: () => Promise.reject(new Error("secret")) }, async ({ ws }) => {
    same(words(await refusal(ws.connect(), "no URL")), broken, "a function that fails");
  });
}

async function field_c5_numbers_that_json_has_not_are_refused(): Promise<void> {
  const ws = shop.createWebSocketClient({ url: "ws://h", webSocket: WebSocket });
  for (const number of [NaN, Infinity, -Infinity]) {
    const error = thrown(() => ws.send("either", number));
    expect(error instanceof shop.WebSocketClientError && error.kind === "payload", String(error));
    expect(String(error).includes(String(number)), "the error names the number");
  }
  same(ws.queued, 0, "nothing waits");
}

// B17: integers of 64 bits.

const MOST = "9223372036854775807";
const LEAST = "-9223372036854775808";

/** The frames of a message with such integers everywhere, and with numbers that look like them nowhere else. */
const WIDE = `{"id":${MOST},"maybe":null,"list":[1,${LEAST},0],"pair":[1.5,${MOST}],"by_name":{"a":7},\
"next":{"id":2,"text":"\\"${MOST}"},"either":{"kind":"a","n":${MOST}},"small":{"n":5,"x":12345678901234567890},\
"text":"${MOST}","__proto__":3,"more":12345678901234567890}`;

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? `${item}n` : item));
}

async function field_b17_wide_integers_are_exact(): Promise<void> {
  for (const [kind, module, one] of [
    ["bigint", bigints, (digits: string) => `"${digits}n"`],
    ["string", strings, (digits: string) => `"${digits}"`],
  ] as const) {
    const net = new Net();
    const ws = (module as typeof bigints).createWebSocketClient({ url: "ws://h", webSocket: net.webSocket });
    const opened = ws.connect();
    (await net.asked.next("a socket")).open();
    await opened;
    const seen: unknown[] = [];
    ws.on("all", (data) => seen.push(data));
    ws.on("count", (data, { timestamp }) => seen.push([data, typeof timestamp]));
    ws.on("small", (data) => seen.push(data));
    ws.onEvent("error", ({ message }) => seen.push(message));
    net.last.text(`{"type":"all","data":${WIDE}}`);
    const expected = WIDE.replace(`"id":${MOST}`, `"id":${one(MOST)}`)
      .replace(`[1,${LEAST},0]`, `[${one("1")},${one(LEAST)},${one("0")}]`)
      .replace(`[1.5,${MOST}]`, `[1.5,${one(MOST)}]`)
      .replace('"a":7', `"a":${one("7")}`)
      .replace('"id":2', `"id":${one("2")}`)
      .replace(`"n":${MOST}`, `"n":${one(MOST)}`)
      .replace('"__proto__":3', `"__proto__":${one("3")}`)
      .replaceAll("12345678901234567890", "12345678901234567000");
    same(shown(seen.pop()), expected, `${kind}: read`);
    // Writing it back keeps every digit.
    net.last.text(`{"type":"all","data":${WIDE}}`);
    ws.send("all", seen.pop() as bigints.All);
    const text = net.last.texts.at(-1) ?? "";
    const sent = WIDE.replaceAll("12345678901234567890", "12345678901234567000");
    same(text.slice(0, text.lastIndexOf(',"timestamp"')), `{"type":"all","data":${sent}`, `${kind}: written`);
    for (const digits of ["0", "-1", "9007199254740993", MOST, LEAST]) {
      net.last.text(`{"timestamp":1700000000000,"data":${digits},"type":"count"}`);
      const [data] = seen.pop() as [bigint];
      same(shown(data), one(digits), `${kind}: a payload by itself`);
      ws.send("count", data);
      same(net.last.texts.at(-1)?.includes(`"data":${digits},`), true, `${kind}: sent by itself`);
    }
    net.last.text('{"type":"small","data":{"n":1,"x":1e300}}');
    same(seen.pop(), { n: 1, x: 1e300 }, `${kind}: numbers stay numbers`);
    for (const [text, message] of [
      ['{"type":"count","data":null}', '"count" came with null'],
      ['{"type":"count","data":01234567890123456789}', "a frame that is not JSON"],
      [`{"type":"count","data":${MOST}${MOST}`, "a frame that is not JSON"],
      ['"\\"'.repeat(10_000), "a frame that is not JSON"],
    ] as const) {
      net.last.text(text);
      same(String(seen.pop()).includes(message), true, `${kind}: ${message}`);
    }
    void ws.disconnect();
    net.last.end(1000);
  }
}

export const SCENARIOS: Scenarios = {
  field_c1_three_sends_to_a_server_that_hangs,
  field_c1_only_a_pong_confirms_what_was_sent_before_its_ping,
  field_c1_what_an_end_leaves_unconfirmed_is_reported_once,
  field_c1_a_close_that_is_answered_confirms,
  field_c1_many_messages_are_counted_and_the_last_kept,
  field_c1_send_throws_once_the_state_is_final,
  field_c1_what_waits_when_a_client_is_closed_is_dropped_by_name,
  field_c1_the_queue_is_kept_where_connect_may_follow,
  field_c1_drops_have_their_reason,
  field_c1_a_page_that_goes_away_reports_what_it_takes_along,
  field_c2_states_with_attempts_and_instants,
  field_c2_a_close_says_what_follows,
  field_c2_handlers_get_the_time_of_a_message,
  field_c2_handlers_that_act_on_the_client_keep_the_order,
  field_c3_restart_delay,
  field_c3_connect_while_waiting_dials_at_once,
  field_c3_a_page_that_is_online_again_dials_at_once,
  field_c3_a_first_connect_is_retried_if_asked_for,
  field_c3_a_handler_may_connect_again,
  field_c3_presets,
  field_c3_providers,
  field_c4_a_payload_of_the_wrong_kind_reaches_no_handler,
  field_c4_validate,
  field_c4_validate_with_ajv,
  field_c4_urls,
  field_c5_settings_are_refused_in_words,
  field_c5_settings_fit_together,
  field_c5_names_that_are_none_throw,
  field_c5_texts_say_what_to_do,
  field_c5_numbers_that_json_has_not_are_refused,
  field_b17_wide_integers_are_exact,
};
