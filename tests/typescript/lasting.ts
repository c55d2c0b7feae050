// Messages both ways over a network that breaks, in Node and in a page alike, against a server that echoes each:
// nothing is lost, doubled, reordered or reported.

import { createWebSocketClient } from "./generated/calls.ts";
import type { WebSocketConstructor } from "./generated/calls.ts";
import { inTime, Inbox, same } from "./support.ts";

/** How many messages may be without their echo: between two breaks of the network not many more pass. */
const WINDOW = 50;

/** Sends numbers and expects each back. What happened, in a line. */
export async function last(url: string, count: number, webSocket?: WebSocketConstructor): Promise<string> {
  const own = webSocket === undefined ? {} : { webSocket };
  const ws = createWebSocketClient({ url, session: true, reconnectInterval: 20, maxReconnectAttempts: Infinity, ...own });
  const reports: string[] = [];
  const events = { began: 0, resumed: 0, lost: 0, gap: 0 };
  const echoes = new Inbox<void>();
  let next = 1;
  ws.on("note", (text) => {
    if (Number(text) !== next) reports.push(`${text} came for ${next}`);
    next += 1;
    echoes.put();
  });
  ws.on("unconfirmed", (loss) => reports.push(`${loss.count} unconfirmed`));
  ws.on("dropped", (loss) => reports.push(`${loss.count} dropped`));
  ws.on("session", ({ kind }) => (events[kind] += 1));
  const notices = new Set<string>();
  ws.on("contract", ({ version, verdict, refused }) => notices.add(`${version} ${verdict} ${refused.join()}`));
  // An attempt may break like any connection.
  ws.on("error", ({ kind, message }) => kind === "connect" || reports.push(message));
  await inTime(ws.connect(), "the first connection");
  for (let number = 1; number <= count; number += 1) {
    while (number - next >= WINDOW) await echoes.next("an echo");
    ws.send("note", String(number));
  }
  await ws.flush();
  while (next <= count) await echoes.next("the last echo");
  same([ws.queued, ws.unconfirmed, reports, events.began, events.lost, events.gap], [0, 0, [], 1, 0, 0], "reports");
  await ws.disconnect();
  return `${count} there and back, contract ${[...notices].join()}, resumed ${events.resumed} times`;
}
