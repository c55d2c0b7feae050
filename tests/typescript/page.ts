// The scenarios in a page. The functions that stop and start the server come from `browser.ts`.

import { last } from "./lasting.ts";
import { run } from "./scenarios.ts";
import type { Host } from "./scenarios.ts";

declare global {
  interface Window {
    stopServer: () => Promise<void>;
    startServer: () => Promise<void>;
    reportToTest: (line: string) => Promise<void>;
    runScenarios: (url: string, muteUrl: string) => Promise<void>;
    runLasting: (url: string, count: number) => Promise<string>;
  }
}

window.runScenarios = async (url, muteUrl) => {
  const { stopServer: stop, startServer: start, reportToTest: report } = window;
  const host: Host = { url, muteUrl, stop, start, report };
  await run(host);
};

window.runLasting = last;
