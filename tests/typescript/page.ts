// The scenarios in a page. The functions that stop and start the server come from `browser.ts`.

import { last } from "./lasting.ts";
import { run } from "./scenarios.ts";
import type { Host } from "./scenarios.ts";
import { runWires } from "./wire_scenarios.ts";
import type { Wire } from "./wire_scenarios.ts";

declare global {
  interface Window {
    stopServer: () => Promise<void>;
    startServer: () => Promise<void>;
    reportToTest: (line: string) => Promise<void>;
    wireFrames: (name: Wire) => Promise<string[]>;
    cutWire: (name: Wire) => Promise<void>;
    runScenarios: (url: string, muteUrl: string) => Promise<void>;
    runWires: (urls: Record<string, string>) => Promise<void>;
    runLasting: (url: string, count: number) => Promise<string>;
  }
}

window.runScenarios = async (url, muteUrl) => {
  const { stopServer: stop, startServer: start, reportToTest: report } = window;
  const host: Host = { url, muteUrl, stop, start, report };
  await run(host);
};

window.runWires = (urls) => {
  const { wireFrames: frames, cutWire: cut, reportToTest: report } = window;
  return runWires({ urls, frames, cut, report });
};

window.runLasting = last;
