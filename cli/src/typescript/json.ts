function encoded(message: WebSocketMessage): string {
  return JSON.stringify(message, finite);
}

function decoded(text: string): unknown {
  return JSON.parse(text);
}
