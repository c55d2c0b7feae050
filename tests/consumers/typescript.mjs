// json-schema-to-typescript, then tsc --strict: each message is an assignment that compiles or not.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFromFile } from 'json-schema-to-typescript';
import { answer, cases, contractPath, folder, names, tags } from './common.mjs';

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'es2022',
    moduleResolution: 'bundler',
    types: [],
  },
  files: ['contract.ts', 'narrowing.ts', 'messages.ts'],
};

/** By file and line, what tsc says. */
function tsc() {
  const path = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const { stdout, stderr, error } = spawnSync(process.execPath, [path, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error || stderr) throw error ?? new Error(stderr);
  const said = new Map();
  for (const line of stdout.split('\n')) {
    const found = /^(\S+)\((\d+),\d+\): error (.*)$/.exec(line);
    if (found) said.set(`${found[1]}:${found[2]}`, found[3]);
    // Indented lines continue the error before them.
    else if (line && !line.startsWith(' ')) throw new Error(line);
  }
  return said;
}

/** One switch for each side: its tag distinguishes the messages, each has its name, none is left. Without a tag each is one
 * of the side's. */
function narrowing() {
  const types = new Set(Object.values(names).flat().map(([def]) => def));
  const lines = [`import type { ${[...types].join(', ')} } from './contract';`];
  for (const [side, messages] of Object.entries(names).filter(([, messages]) => messages.length)) {
    lines.push(`import type { ${side} } from './contract';`);
    const tag = tags[side];
    if (!tag) {
      for (const [def] of messages) lines.push(`export const is${side}${def} = (it: ${def}): ${side} => it;`);
      continue;
    }
    lines.push(`export function of${side}(message: ${side}): string {`, `  switch (message.${tag}) {`);
    for (const [def, name] of messages) {
      lines.push(`    case ${JSON.stringify(name)}: { const it: ${def} = message; return it.${tag}; }`);
    }
    lines.push('    default: { const none: never = message; return none; }', '  }', '}');
  }
  return lines.join('\n') + '\n';
}

/** A message for each line, from the second on. */
function assignments() {
  const lines = ["import type * as contract from './contract';"];
  for (const [index, { side, message }] of cases.entries()) {
    // TypeScript counts these two as ends of lines.
    const literal = JSON.stringify(message).replace(/[\u2028\u2029]/g, (end) =>
      end === '\u2028' ? '\\u2028' : '\\u2029',
    );
    lines.push(`export const m${index}: contract.${side} = ${literal};`);
  }
  return lines.join('\n') + '\n';
}

writeFileSync(join(folder, 'contract.ts'), await compileFromFile(contractPath));
writeFileSync(join(folder, 'narrowing.ts'), narrowing());
writeFileSync(join(folder, 'messages.ts'), assignments());

const said = tsc();
const verdicts = cases.map((_, index) => {
  const place = `messages.ts:${index + 2}`;
  const error = said.get(place);
  said.delete(place);
  return error ? { valid: false, said: error } : { valid: true };
});
if (said.size) throw new Error([...said].map((error) => error.join(' ')).join('\n'));
answer(verdicts, names);
