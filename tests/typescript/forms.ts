// Forms of other backends at the client, on paused time and a simulated network: what is written, what is read,
// and how each call ends. `wire_scenarios.ts` has whole protocols.

import * as feed from "./generated/feed.ts";
import * as gateway from "./generated/gateway.ts";
import * as home from "./generated/home.ts";
import * as bigints from "./generated/home_bigint.ts";
import * as mixed from "./generated/mixed.ts";
import * as rpc from "./generated/rpc.ts";
import * as studio from "./generated/studio.ts";
import { Clock, Net } from "./clock.ts";
import type { Socket } from "./clock.ts";
import type { Scenarios } from "./peer.ts";
import { refusal, same } from "./support.ts";

/** What the clients have in common. */
interface AnyClient {
  readonly state: string;
  readonly queued: number;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A client on a simulated network, open; with all that its events and messages report. */
async function staged<C extends AnyClient>(
  make: (webSocket: home.WebSocketConstructor, report: (line: unknown) => void) => C,
  play: (ws: C, socket: Socket, stage: { clock: Clock; net: Net; take: () => unknown[]; reopen: () => Promise<Socket> }) => Promise<void>,
): Promise<void> {
  const [clock, net] = [new Clock(), new Net()];
  const lines: unknown[] = [];
  const ws = make(net.webSocket, (line) => void lines.push(line));
  const reopen = async (): Promise<Socket> => {
    net.last.end();
    await clock.advance(6000);
    net.last.open();
    return net.last;
  };
  try {
    const opened = ws.connect();
    await clock.settle();
    net.last.open();
    await opened;
    await play(ws, net.last, { clock, net, take: () => lines.splice(0), reopen });
    await clock.settle();
    void ws.disconnect();
    await clock.advance(2000);
    same(clock.timers, 0, "timers that are left");
  } finally {
    clock.stop();
  }
}

/** The message of what a function throws. */
function thrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not throw");
}

function newMixed(webSocket: home.WebSocketConstructor, report: (line: unknown) => void): mixed.WebSocketClient {
  const ws = mixed.createWebSocketClient({ url: "ws://h", webSocket });
  ws.on("session_welcome", (data, { timestamp }) => report(["session_welcome", data, timestamp]));
  ws.on("result", (data, { timestamp }) => report(["result", data, timestamp]));
  ws.on("other", (data, { timestamp }) => report(["other", data, timestamp]));
  ws.on("unknown", ({ type, data }) => report(["unknown", type, data]));
  ws.on("error", ({ kind, message }) => report(`${kind}: ${message}`));
  return ws;
}

async function forms_recognise_as_declared(): Promise<void> {
  await staged(newMixed, async (_, socket, { take }) => {
    const cases: [string, unknown[]][] = [
      ['{"metadata":{"message_type":"session_welcome"},"keepalive":10}', ["session_welcome", { metadata: { message_type: "session_welcome" }, keepalive: 10 }, undefined]],
      // The tag comes before keys, and keys before nothing.
      ['{"result":true,"metadata":{"message_type":"session_welcome"},"at":5}', ["session_welcome", { result: true, metadata: { message_type: "session_welcome" } }, 5]],
      ['{"result":true,"envelope_id":"e"}', ["result", { result: true, envelope_id: "e" }, undefined]],
      ['{"envelope_id":"e","at":7}', ["other", { envelope_id: "e" }, 7]],
      ['{"envelope_id":"e","at":null}', ["other", { envelope_id: "e" }, undefined]],
      ['{"metadata":{"message_type":"later"},"x":1}', ["unknown", "later", { metadata: { message_type: "later" }, x: 1 }]],
      // A tag never is the name of a message that has none.
      ['{"metadata":{"message_type":"result"},"result":true}', ["unknown", '"result"', { metadata: { message_type: "result" }, result: true }]],
      ['{"metadata":{"message_type":"other"}}', ["unknown", '"other"', { metadata: { message_type: "other" } }]],
      // A string with a tag inside is a string.
      ['{"text":"\\"metadata\\":{\\"message_type\\":\\"session_welcome\\"}"}', ["other", { text: '"metadata":{"message_type":"session_welcome"}' }, undefined]],
      ['{"metad\\u0061ta":{"message_type":"later"}}', ["unknown", "later", { metadata: { message_type: "later" } }]],
      ['{"__proto__":{"metadata":{"message_type":"session_welcome"}}}', ["other", JSON.parse('{"__proto__":{"metadata":{"message_type":"session_welcome"}}}'), undefined]],
      ['{"metadata":[]}', ["other", { metadata: [] }, undefined]],
    ];
    for (const [text, expected] of cases) {
      socket.text(text);
      same(take(), [expected], text);
    }
    const faults: [string, string][] = [
      ['{"metadata":{"message_type":5}}', 'malformed: number for a string at "/metadata/message_type"'],
      ['{"metadata":{"message_type":null}}', 'malformed: null for a string at "/metadata/message_type"'],
      ['{"result":true,"at":"now"}', "malformed: a timestamp that is none"],
      ['{"result":true,"at":-1}', "malformed: a timestamp that is none"],
      ["[]", "malformed: a frame that is an array"],
      ["5", "malformed: a frame without an object"],
      ["{", "malformed: a frame that is not JSON"],
      ["[".repeat(100_000), "malformed: a frame that is not JSON"],
    ];
    for (const [text, expected] of faults) {
      socket.text(text);
      same(take(), [expected], text.slice(0, 60));
    }
  });
}

async function forms_recognise_integers(): Promise<void> {
  const make = (webSocket: home.WebSocketConstructor, report: (line: unknown) => void): gateway.WebSocketClient => {
    const ws = gateway.createWebSocketClient({ url: "ws://h", webSocket });
    ws.on("0", (data) => report(["0", data]));
    ws.on("1", (data) => report(["1", data]));
    ws.on("11", (data) => report(["11", data]));
    ws.on("unknown", ({ type }) => report(["unknown", type]));
    ws.on("error", ({ kind, message }) => report(`${kind}: ${message}`));
    return ws;
  };
  await staged(make, async (ws, socket, { take }) => {
    for (const [text, expected] of [
      ['{"op":0,"d":{"op":1},"t":"X"}', ["0", { op: 1 }]],
      ['{"op":1,"d":null}', ["1", null]],
      ['{"op":11}', ["11", undefined]],
      ['{"op":"11"}', ["unknown", '"11"']],
      ['{"op":12}', ["unknown", "12"]],
      ['{"op":1.5}', ["unknown", "1.5"]],
      ['{"op":true}', 'malformed: boolean for an integer at "op"'],
      ['{"d":1}', "malformed: a message that nothing tells"],
      ['{"op":1}', 'payload: "1" came without a payload'],
      ['{"op":1,"d":"x"}', 'payload: "1" came with string for number or null'],
    ] as [string, unknown][]) {
      socket.text(text);
      same(take(), [expected], text);
    }
    ws.send("1", null);
    ws.send("6", { token: "t", seq: 3 });
    same(socket.texts, ['{"op":1,"d":null}', '{"op":6,"d":{"token":"t","seq":3}}'], "what is written");
    same(thrown(() => ws.send("10" as "1", null)), 'the contract has no message "10" that the client sends', "a message of the server's");
  });
}

async function forms_write_as_declared(): Promise<void> {
  await staged(newMixed, async (ws, socket, { clock, take, net }) => {
    const { now } = clock;
    ws.send("ack", { envelope_id: "e" });
    ws.send("note", { msg: "hi" });
    same(socket.texts, [`{"envelope_id":"e","sent":${now}}`, `{"msg":"hi","sent":${now}}`], "without a tag");
    const faults: [() => void, string][] = [
      [() => ws.send("ack", {} as mixed.Ack), '"ack" was not sent: its payload has no member "envelope_id", which tells the message'],
      [() => ws.send("note", { msg: "m", envelope_id: "e" } as mixed.Said), '"note" was not sent: its payload has a member "envelope_id", which tells another message'],
      [() => ws.send("note", { msg: "m", sent: 1 } as mixed.Said), '"note" was not sent: its payload has a member "sent", which the form has as well'],
      [() => ws.send("note", "m" as never), '"note" was not sent: its payload is no object, whose members stand beside those of the message'],
      [() => ws.send("note", null as never), '"note" was not sent: its payload is no object, whose members stand beside those of the message'],
      [() => ws.send("note", { msg: NaN } as never), '"msg" is NaN, which JSON can\'t say'],
    ];
    for (const [work, words] of faults) same(thrown(work), words, words);
    same(socket.texts.length, 2, "what was written of it");
    // Reports have the payload alone.
    net.last.end();
    ws.onEvent("dropped", ({ messages }) => same(messages, [{ type: "ack", data: { envelope_id: "f" } }], "what was dropped"));
    ws.send("ack", { envelope_id: "f" });
    same([ws.clearQueue(), take()], [1, []], "what is dropped");
  });
  const lost: unknown[] = [];
  const make = (webSocket: home.WebSocketConstructor): home.WebSocketClient => {
    const ws = home.createWebSocketClient({ url: "ws://h", webSocket });
    ws.on("unconfirmed", ({ messages }) => void lost.push(...messages));
    return ws;
  };
  await staged(make, async (ws, socket) => {
    ws.send("auth", { access_token: "t" });
    ws.send("get_states");
    // A class of its own is an object like others.
    ws.send("auth", { toJSON: () => ({ access_token: "u" }) } as never);
    same(socket.texts, ['{"type":"auth","access_token":"t"}', '{"type":"get_states"}', '{"type":"auth","access_token":"u"}'], "beside the tag");
    // A message that isn't a call may have a member of its own where calls have their number, which takes the place of null.
    const taken = '"subscribe_events" was not sent: its payload has a member "id", which the form has as well';
    same(await ws.call("subscribe_events", { id: 1 } as never).catch((error: unknown) => (error as Error).message), taken, "a call's number");
    void ws.call("subscribe_events", { id: null, a: 1 } as never).catch(() => undefined);
    ws.send("auth", { access_token: "v", id: null } as never);
    same(socket.texts.slice(3), ['{"type":"subscribe_events","id":1,"a":1}', '{"type":"auth","access_token":"v","id":null}'], "in its place");
    socket.end();
    same(lost, [{ type: "auth", data: { access_token: "t" } }, { type: "get_states", data: {} }, { type: "auth", data: { access_token: "u" } }, { type: "auth", data: { access_token: "v" } }], "what may be lost");
  });
}

async function forms_read_arrays_where_declared(): Promise<void> {
  const make = (webSocket: home.WebSocketConstructor, report: (line: unknown) => void): feed.WebSocketClient => {
    const ws = feed.createWebSocketClient({ url: "ws://h", webSocket });
    ws.on("t", ({ S }) => {
      report(S);
      if (S === "last") void ws.disconnect();
    });
    ws.onEvent("error", ({ kind }) => report(kind));
    return ws;
  };
  await staged(make, async (_, socket, { take }) => {
    socket.text("[]");
    socket.text('[{"T":"t","S":"a"},[{"T":"t","S":"b"}],null,{"T":"t","S":"c"}]');
    same(take(), ["a", "malformed", "malformed", "c"], "each by itself");
    socket.text('{"T":"t","S":"d"}');
    same(take(), ["d"], "one alone");
    socket.text(`[${'{"T":"t","S":"x"},'.repeat(100_000)}{"T":"t","S":"e"}]`);
    const many = take();
    same([many.length, many.at(-1)], [100_001, "e"], "many");
  });
}

async function forms_end_calls_as_declared(): Promise<void> {
  const faults: string[] = [];
  const make = (webSocket: home.WebSocketConstructor, report: (line: unknown) => void): studio.WebSocketClient => {
    const ws = studio.createWebSocketClient({ url: "ws://h", webSocket });
    ws.on("unknown", ({ type }) => report(type));
    return ws;
  };
  await staged(make, async (ws, socket, { clock, take, reopen }) => {
    const request = (options?: studio.WebSocketCallOptions): Promise<studio.Scene> => ws.call("6", { requestType: "GetScene" }, options);
    const outcome = (call: Promise<unknown>): Promise<unknown> =>
      call.catch((error: unknown) => {
        const { kind, ran, payload } = error as studio.WebSocketCallError;
        return [kind, ran, payload];
      });
    const [first, second, third, fourth] = [request(), request(), request(), request()].map(outcome);
    same(socket.texts[1], '{"op":6,"d":{"requestId":"2","requestType":"GetScene"}}', "the number within the content, as a string");
    const answer = (id: unknown, status: object, data?: object): void =>
      socket.text(JSON.stringify({ op: 7, d: { requestId: id, requestStatus: status, responseData: data } }));
    // Numbers are of one kind.
    answer(1, { result: true }, { sceneName: "wrong" });
    answer("01", { result: true }, { sceneName: "wrong" });
    same(take(), ["7", "7"], "other messages");
    answer("2", { result: false, code: 604, comment: "no" });
    answer("1", { result: true, code: 100 }, { sceneName: "Scene" });
    answer("3", { result: true, code: 100 });
    socket.text('{"op":7,"d":{"requestId":"4","requestStatus":{"result":false}}}');
    same(
      [await first, await second, await third, await fourth],
      [
        { sceneName: "Scene" },
        ["refused", "yes", { result: false, code: 604, comment: "no" }],
        // The content alone is an object as well.
        { requestId: "3", requestStatus: { result: true, code: 100 } },
        ["refused", "yes", { result: false }],
      ],
      "the outcomes",
    );
    // An answer is one only once.
    answer("1", { result: true }, { sceneName: "again" });
    same(take(), ["7"], "another message of the same number");
    const late = outcome(request({ timeout: 100 }));
    await clock.advance(100);
    same(await late, ["timeout", "maybe", undefined], "without an answer");
    answer("5", { result: true }, { sceneName: "late" });
    same(take(), [], "a late answer");
    const cut = [outcome(request()), outcome(request({ idempotent: true }))];
    const next = await reopen();
    same(next.texts, ['{"op":6,"d":{"requestId":"1","requestType":"GetScene"}}'], "a request that may run twice");
    next.text('{"op":7,"d":{"requestId":"1","requestStatus":{"result":true},"responseData":{"sceneName":"S"}}}');
    same(await Promise.all(cut), [["unknown", "maybe", undefined], { sceneName: "S" }], "after a cut");
    const failing = (): void => {
      throw new Error("mine");
    };
    ws.on("error", ({ kind, message }) => void faults.push(`${kind}: ${message}`));
    const reported = request({ onNumber: failing });
    next.text('{"op":7,"d":{"requestId":"2","requestStatus":{"result":true},"responseData":{"sceneName":"T"}}}');
    same([await reported, faults], [{ sceneName: "T" }, ['handler: onNumber of "6" failed']], "a function that fails");
    const given = new AbortController();
    const aborted = outcome(request({ signal: given.signal }));
    given.abort();
    same([await aborted, next.texts.length], [["aborted", "maybe", undefined], 3], "given up");
    const closed = outcome(request());
    void ws.disconnect();
    await clock.advance(2000);
    same(await closed, ["unknown", "maybe", undefined], "disconnect()");
  });
}

async function forms_tell_failures_from_replies(): Promise<void> {
  const make = (webSocket: home.WebSocketConstructor, report: (line: unknown) => void): rpc.WebSocketClient => {
    const validate = (type: string, data: unknown): boolean => type !== "eth_blockNumber.reply" || data !== "0xbad";
    const ws = rpc.createWebSocketClient({ url: "ws://h", webSocket, validate });
    ws.on("broken", ({ error }) => report(error));
    ws.on("unknown", ({ type }) => report(type));
    ws.on("error", ({ kind, message }) => report(`${kind}: ${message}`));
    return ws;
  };
  await staged(make, async (ws, socket, { take }) => {
    let number = 0;
    const answered = async (rest: string): Promise<unknown> => {
      const call = ws.call("eth_blockNumber");
      socket.text(`{"jsonrpc":"2.0","id":${++number},${rest}}`);
      return call.catch((error: unknown) => {
        const { kind, payload } = error as rpc.WebSocketCallError;
        return payload === undefined ? kind : [kind, payload];
      });
    };
    same(await answered('"result":"0x1"'), "0x1", "a result");
    same(await answered('"result":"0x1","error":null'), "0x1", "no error");
    same(await answered('"error":{"code":1,"message":"m"}'), ["refused", { code: 1, message: "m" }], "an error");
    same(await answered('"result":"0x1","error":{"code":1,"message":"m"}'), ["refused", { code: 1, message: "m" }], "both");
    same(await answered('"error":"m"'), "bad-answer", "an error of another kind");
    same(await answered('"result":null'), "bad-answer", "a result of another kind");
    same(await answered('"result":"0xbad"'), "bad-answer", "a result that is not valid");
    same(await answered('"other":1'), "bad-answer", "neither");
    socket.text('{"jsonrpc":"2.0","id":null,"error":{"code":2,"message":"n"}}');
    socket.text('{"jsonrpc":"2.0","id":"9","error":{"code":3,"message":"n"}}');
    socket.text('{"jsonrpc":"2.0","id":99,"result":"0x1"}');
    same(take(), [{ code: 2, message: "n" }, { code: 3, message: "n" }, "malformed: a message that nothing tells"], "answers to nobody");
    const error = await refusal(ws.call("eth_nothing" as "eth_blockNumber"), "a call that is none");
    same((error as Error).message, 'the contract has no call "eth_nothing" that the client makes', "a call that is none");
  });
}

async function forms_number_heartbeats_and_holds(): Promise<void> {
  const errors: string[] = [];
  const make = (webSocket: home.WebSocketConstructor): home.WebSocketClient => {
    const heartbeat = { message: () => ({ type: "get_states" }) as const };
    const ws = home.createWebSocketClient({ url: "ws://h", webSocket, heartbeat, heartbeatInterval: 1000 });
    ws.on("error", ({ kind, message }) => void errors.push(`${kind}: ${message}`));
    return ws;
  };
  await staged(make, async (ws, socket, { clock, reopen }) => {
    const hold = ws.hold("subscribe_events", {});
    await clock.advance(1000);
    same(socket.texts, ['{"type":"subscribe_events","id":1}', '{"type":"get_states","id":2}'], "numbers that rise");
    socket.text('{"id":2,"type":"result","success":true,"result":[]}');
    socket.text('{"id":1,"type":"result","success":false,"error":{"code":"c","message":"m"}}');
    same([errors, hold.number], [['hold: the server refused "subscribe_events"'], 1], "a refusal");
    const waiting = ws.call("get_states");
    const next = await reopen();
    same([next.texts, hold.number], [['{"type":"subscribe_events","id":1}'], 1], "numbers that begin again");
    hold.release();
    same(hold.number, 1, "the number of a hold that is released");
    same((await refusal(waiting, "a call that was cut") as home.WebSocketCallError).kind, "unknown", "a call that was cut");
  });
}

async function forms_keep_wide_integers(): Promise<void> {
  const make = (webSocket: home.WebSocketConstructor): bigints.WebSocketClient => bigints.createWebSocketClient({ url: "ws://h", webSocket });
  await staged(make, async (ws, socket) => {
    const [one, two] = [ws.call("count", { since: 2n ** 63n }), ws.call("count", { since: 1n })];
    same(socket.texts, ['{"type":"count","id":1,"since":9223372036854775808}', '{"type":"count","id":2,"since":1}'], "what is written");
    socket.text('[{"id":1,"type":"result","success":true,"result":18446744073709551615},{"id":2,"type":"result","success":true,"result":2}]');
    same([String(await one), typeof (await two)], ["18446744073709551615", "bigint"], "what is read");
  });
}

export const SCENARIOS: Scenarios = {
  forms_recognise_as_declared,
  forms_recognise_integers,
  forms_write_as_declared,
  forms_read_arrays_where_declared,
  forms_end_calls_as_declared,
  forms_tell_failures_from_replies,
  forms_number_heartbeats_and_holds,
  forms_keep_wide_integers,
};
