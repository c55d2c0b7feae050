
function fromInteger(value: unknown): unknown {
  const isInteger = typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
  return isInteger ? String(BigInt(value)) : value;
}

function toInteger(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : value;
}
