// The scenarios in a page. The functions that end and start the server come from `browser.ts`.

import { run } from "./scenarios.ts";
import type { Host } from "./scenarios.ts";

declare global {
  interface Window {
    stopServer: () => Promise<void>;
    startServer: () => Promise<void>;
    tellTest: (line: string) => Promise<void>;
    runScenarios: (url: string, muteUrl: string) => Promise<void>;
  }
}

window.runScenarios = async (url, muteUrl) => {
  const { stopServer: stop, startServer: start, tellTest: tell } = window;
  const host: Host = { url, muteUrl, stop, start, tell };
  await run(host);
};
