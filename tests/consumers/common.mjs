// What the consumers in JavaScript share: the arguments, the contract's messages, the answer.
import { readFileSync } from 'node:fs';

const [contractPath, messagesPath, folder] = process.argv.slice(2);

export const contract = JSON.parse(readFileSync(contractPath, 'utf8'));
/** Where generated files may go. */
export { contractPath, folder };

/** The shared messages: `{ side, def, message }`, `side` as the definition that it must satisfy; `def` is the message's
 * own, where no `type` tells it. */
export const cases = readFileSync(messagesPath, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(({ side, def, message }) => ({
    side: { client: 'ClientMessage', server: 'ServerMessage' }[side],
    def,
    message,
  }));

/** What `$comment` says of the form, or of a message. */
function said(schema, prefix) {
  const comment = schema.$comment ?? '';
  return comment.startsWith(prefix) ? JSON.parse(comment.slice(prefix.length)) : undefined;
}

/** How the messages stand on the wire; without a comment, as wirebond's own. */
const form = said(contract, 'wirebond form ') ?? { client: { tag: 'type' }, server: { tag: 'type' } };

/** By side, the key that tells its messages, if one tells all of them. */
export const tags = Object.fromEntries(
  ['Client', 'Server'].map((side) => {
    const { discriminator, oneOf } = contract.$defs[`${side}Message`];
    const { tag } = form[side.toLowerCase()];
    const tagged = discriminator?.propertyName ?? (oneOf && tag === 'type' ? tag : undefined);
    return [`${side}Message`, tagged];
  }),
);

/** The name of a message: what its tag must be, or what its comment calls it. */
function nameOf(def, tag) {
  const message = contract.$defs[def];
  const { name } = said(message, 'wirebond message ') ?? {};
  if (name !== undefined) return name;
  const keys = tag.startsWith('/') ? tag.slice(1).split('/') : [tag];
  const schema = keys.reduce((schema, key) => {
    const to = schema.$ref ? contract.$defs[schema.$ref.split('/').at(-1)] : schema;
    return to.properties[key];
  }, message);
  return schema.const;
}

/** By side, what its messages are called: `[definition, wire name]`. */
export const names = Object.fromEntries(
  ['Client', 'Server'].map((side) => {
    const { oneOf, anyOf } = contract.$defs[`${side}Message`];
    const messages = (oneOf ?? anyOf ?? []).map(({ $ref }) => {
      const def = $ref.split('/').at(-1);
      return [def, nameOf(def, form[side.toLowerCase()].tag)];
    });
    return [`${side}Message`, messages];
  }),
);

/** Answers: a verdict for each message, and the names by which the tool knows the messages. */
export function answer(verdicts, known = {}) {
  process.stdout.write(JSON.stringify({ verdicts, names: known }));
}
