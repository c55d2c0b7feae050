//#default
function encoded(message: WebSocketMessage): string {
  return JSON.stringify(message, finite);
}

function decoded(text: string): unknown {
  return JSON.parse(text);
}
//#end
//#foreign
function stringified(value: unknown): string {
  return JSON.stringify(value, finite);
}

function exact(text: string): unknown {
  return JSON.parse(text);
}

function outward(_type: string, data: unknown): unknown {
  return data;
}

function inward(_type: string, data: unknown): unknown {
  return data;
}
//#end
