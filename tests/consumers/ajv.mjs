// ajv in its strict mode, with formats and discriminators. A warning is a failure.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { answer, cases, contract } from './common.mjs';

const refuse = (...words) => {
  throw new Error(words.join(' '));
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
    // A union's own error stands after those of its branches.
    const { instancePath, message: said, params } = validate.errors.at(-1);
    const tag = params.error && params.tagValue !== undefined ? `/${params.tag}` : '';
    return { valid: false, at: instancePath + tag, said };
  }),
);
