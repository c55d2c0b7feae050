// ajv in its strict mode, with formats and discriminators. A warning is a failure.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { answer, cases, contract } from './common.mjs';

const refuse = (...parts) => {
  throw new Error(parts.join(' '));
};
const ajv = new Ajv2020({
  strict: true,
  discriminator: true,
  ownProperties: true,
  logger: { log: refuse, warn: refuse, error: refuse },
});
addFormats.default(ajv);
ajv.addSchema(contract);

const validators = Object.fromEntries(
  ['ClientMessage', 'ServerMessage'].map((side) => [
    side,
    ajv.getSchema(`${contract.$id}#/$defs/${side}`),
  ]),
);

answer(
  cases.map(({ side, message }) => {
    const validate = validators[side];
    if (validate(message)) return { valid: true };
    // A union's own error follows those of its branches.
    const own = validate.errors.at(-1);
    // Where null is allowed, the other branch is reported if it has exactly one error.
    const others = validate.errors.slice(0, -1).filter(({ params }) => params.type !== 'null');
    const reported = own.keyword === 'anyOf' && others.length === 1 ? others[0] : own;
    const { instancePath, message: said, params } = reported;
    const tag = params.error && params.tagValue !== undefined ? `/${params.tag}` : '';
    return { valid: false, at: instancePath + tag, said };
  }),
);
