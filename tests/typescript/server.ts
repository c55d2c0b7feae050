// The chat example as a server that can be killed and started again, and a server that never sends.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";

import { WebSocketServer } from "ws";

import { inTime } from "./support.ts";

export class ChatServer {
  readonly #path: string;
  #process: ChildProcess | undefined;
  #address = "127.0.0.1:0";
  url = "";

  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    // A process that is left behind ends by itself.
    const child = spawn(this.#path, ["--serve", this.#address, "--for", "300"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    const listening = new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error("the chat server ended")));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const url = /listening on (ws:\S+)/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    this.url = await inTime(listening, "the chat server listens");
    this.#address = new URL(this.url).host;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await inTime(ended, "the chat server ends");
  }
}

/** A server that accepts connections and messages, and never sends. */
export async function mute(): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, server };
}
