// The recipe of `docs/typescript.md`, as it stands there but for the path.

import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import contract from "../../examples/contract/contract.json" with { type: "json" };

const ajv = new Ajv({ strict: true, discriminator: true });
addFormats(ajv);
ajv.addSchema(contract, "contract");
const isServerMessage = ajv.getSchema("contract#/$defs/ServerMessage");

export function validate(type: string, data: unknown, re?: number): boolean {
  return isServerMessage?.({ type, data, re }) === true;
}
