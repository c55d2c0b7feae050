// quicktype: JavaScript whose converters check at run time, and Java that is compiled and asked.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  InputData,
  JSONSchemaInput,
  quicktype,
  quicktypeMultiFile,
} from 'quicktype-core';
import { answer, cases, contract, folder, names } from './common.mjs';

/** The contract as quicktype's input: `#/$defs/` makes a type of each definition. */
async function options(lang, rendererOptions) {
  const input = new JSONSchemaInput(undefined);
  await input.addSource({
    name: 'Contract',
    schema: JSON.stringify(contract),
    uris: ['#/$defs/'],
  });
  const inputData = new InputData();
  inputData.addInput(input);
  return { inputData, lang, rendererOptions };
}

/** A side's messages by wire name, each with its converter. */
async function converters() {
  const { lines } = await quicktype(await options('javascript', {}));
  const path = join(folder, 'contract.cjs');
  writeFileSync(path, lines.join('\n'));
  const convert = createRequire(import.meta.url)(path);
  const bySide = Object.entries(names).map(([side, messages]) => {
    const byName = messages.map(([def, name]) => [name, convert[`to${def}`]]);
    return [side, new Map(byName)];
  });
  return Object.fromEntries(bySide);
}

function verdict(converters, { side, message }) {
  const convert = converters[side].get(message?.type);
  if (!convert) return { valid: false, said: 'no such type' };
  try {
    convert(JSON.stringify(message));
    return { valid: true };
  } catch (error) {
    return { valid: false, said: String(error.message ?? error) };
  }
}

/** Asks the compiled classes which of them stands for a message of a wire name. */
const ASK = `
import java.nio.charset.StandardCharsets;
import java.io.PrintStream;

public class Ask {
    public static void main(String[] names) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (int i = 0; i < names.length; i += 2) {
            Class<?> type = Class.forName("contract." + names[i]);
            Object message = type.getDeclaredConstructor().newInstance();
            Class<?> tag = type.getMethod("getType").getReturnType();
            type.getMethod("setType", tag)
                .invoke(message, tag.getMethod("forValue", String.class).invoke(null, names[i + 1]));
            Object read = type.getMethod("getType").invoke(message);
            out.println(type.getSimpleName() + " " + tag.getMethod("toValue").invoke(read));
        }
    }
}
`;

async function java() {
  const files = await quicktypeMultiFile(
    await options('java', { 'just-types': true, package: 'contract' }),
  );
  const sources = join(folder, 'java');
  rmSync(sources, { recursive: true, force: true });
  mkdirSync(join(sources, 'contract'), { recursive: true });
  const paths = [join(sources, 'Ask.java')];
  writeFileSync(paths[0], ASK);
  for (const [name, { lines }] of files) {
    paths.push(join(sources, 'contract', name));
    writeFileSync(paths.at(-1), lines.join('\n'));
  }
  const run = (command, ...args) => {
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`${command}: ${stdout}${stderr}`);
    return stdout;
  };
  const classes = join(sources, 'classes');
  run('javac', '-encoding', 'UTF-8', '-Xlint:all', '-Werror', '-d', classes, ...paths);
  const known = {};
  for (const [side, messages] of Object.entries(names)) {
    const said = run('java', '-Xshare:auto', '-cp', classes, 'Ask', ...messages.flat());
    known[side] = said.trimEnd().split('\n').map((line) => line.split(/ (.*)/s).slice(0, 2));
  }
  return known;
}

const convert = await converters();
answer(cases.map((one) => verdict(convert, one)), await java());
