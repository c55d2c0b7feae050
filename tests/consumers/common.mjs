// What the consumers in JavaScript share: the arguments, the contract's messages, the answer.
import { readFileSync } from 'node:fs';

const [contractPath, messagesPath, folder] = process.argv.slice(2);

export const contract = JSON.parse(readFileSync(contractPath, 'utf8'));
/** Where generated files may go. */
export { contractPath, folder };

/** The shared messages: `{ side, message }`, `side` as the definition that it must satisfy. */
export const cases = readFileSync(messagesPath, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(({ side, message }) => ({
    side: { client: 'ClientMessage', server: 'ServerMessage' }[side],
    message,
  }));

/** By side, what its messages are called: `[definition, wire name]`. */
export const names = Object.fromEntries(
  ['ClientMessage', 'ServerMessage'].map((side) => [
    side,
    contract.$defs[side].oneOf.map(({ $ref }) => {
      const def = $ref.split('/').at(-1);
      return [def, contract.$defs[def].properties.type.const];
    }),
  ]),
);

/** Answers: a verdict for each message, and the names by which the tool knows the messages. */
export function answer(verdicts, known = {}) {
  process.stdout.write(JSON.stringify({ verdicts, names: known }));
}
