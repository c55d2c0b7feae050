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
import { answer, cases, contract, folder, names, tags } from './common.mjs';

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
    const byDef = messages.map(([def]) => [def, convert[`to${def}`]]);
    return [side, { byName: new Map(byName), byDef: new Map(byDef) }];
  });
  return Object.fromEntries(bySide);
}

function verdict(converters, { side, def, message }) {
  const { byName, byDef } = converters[side];
  const convert = def ? byDef.get(def) : byName.get(message?.type);
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
import java.util.Arrays;

public class Ask {
    public static void main(String[] names) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (int i = 0; i < names.length; i += 3) {
            Class<?> type = Class.forName("contract." + names[i]);
            Object message = type.getDeclaredConstructor().newInstance();
            // A class that stands for a map has no fields of its own.
            boolean isMap = Arrays.stream(type.getMethods()).noneMatch(it -> it.getName().startsWith("set"));
            if (names[i + 2].isEmpty() || isMap) {
                out.println(type.getSimpleName() + " " + names[i + 1]);
                continue;
            }
            Class<?> tag = type.getMethod("get" + names[i + 2]).getReturnType();
            type.getMethod("set" + names[i + 2], tag)
                .invoke(message, tag.getMethod("forValue", String.class).invoke(null, names[i + 1]));
            Object read = type.getMethod("get" + names[i + 2]).invoke(message);
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
    if (!messages.length) continue;
    const tag = tags[side] ?? '';
    const getter = tag && tag[0].toUpperCase() + tag.slice(1);
    const asked = messages.flatMap(([def, name]) => [def, String(name), getter]);
    const said = run('java', '-Xshare:auto', '-cp', classes, 'Ask', ...asked);
    known[side] = said.trimEnd().split('\n').map((line) => line.split(/ (.*)/s).slice(0, 2));
  }
  return known;
}

const convert = await converters();
answer(cases.map((one) => verdict(convert, one)), await java());
