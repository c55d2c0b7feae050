function encoded(value: unknown): string {
  return JSON.stringify(value, finite);
}

function decoded(text: string): unknown {
  return JSON.parse(text);
}
