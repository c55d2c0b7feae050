// Judges AsyncAPI documents: `node check.mjs FILE...`. Each is read by @asyncapi/parser and by
// `redocly lint`; neither may find an error. A NAME.yaml beside a NAME.json must hold the same.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { Parser } from "@asyncapi/parser";
import yaml from "js-yaml";

const files = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const counts = { errors: 0, warnings: 0 };

function report(isError, file, message) {
  counts[isError ? "errors" : "warnings"] += 1;
  console.log(`${isError ? "error" : "warning"}: ${file}: ${message}`);
}

for (const file of files) {
  const text = readFileSync(file, "utf8");
  const { document, diagnostics } = await new Parser().parse(text);
  for (const { severity, code, path, message } of diagnostics) {
    // Severities from 0 (error) to 3 (hint).
    report(severity === 0, file, `parser: ${code} at /${path.join("/")}: ${message}`);
  }
  if (document) {
    const messages = document.messages().all().map((message) => message.name());
    console.log(`${file}: ${document.operations().length} operations, messages ${messages.join(" ")}`);
  } else {
    report(true, file, "parser: no document");
  }
  const twin = file.replace(/\.yaml$/, ".json");
  if (twin !== file && existsSync(twin)) {
    const same = isDeepStrictEqual(yaml.load(text), JSON.parse(readFileSync(twin, "utf8")));
    if (!same) report(true, file, `it says something else than ${twin}`);
  }
}

const redocly = `${here}node_modules/@redocly/cli/bin/cli.js`;
const lint = ["lint", "--config", `${here}redocly.yaml`, "--format", "json"];
const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
for (const file of files) {
  const run = spawnSync(process.execPath, [redocly, ...lint, file], { env, encoding: "utf8" });
  let result;
  try {
    result = JSON.parse(run.stdout);
  } catch {
    report(true, file, `redocly gave no answer: ${run.stdout}${run.stderr}`);
    continue;
  }
  for (const { severity, ruleId, message, location } of result.problems) {
    const pointer = location[0]?.pointer ?? "#";
    report(severity === "error", file, `redocly: ${ruleId} at ${pointer}: ${message}`);
  }
  // Its own count and exit code decide.
  if (run.status !== 0 || result.totals.errors !== 0) {
    report(true, file, `redocly exits with ${run.status} and ${result.totals.errors} errors`);
  }
}

console.log(`${files.length} documents, ${counts.errors} errors, ${counts.warnings} warnings`);
process.exitCode = counts.errors === 0 ? 0 : 1;
