
function fromInteger(value: unknown): unknown {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
}

function toInteger(value: unknown): unknown {
  return value;
}
