// Waiting for events and comparing, in Node and in a page alike.

/** Longer than anything takes on a busy machine. */
const PATIENCE = 30_000;

export function expect(holds: boolean, claim: string): void {
  if (!holds) throw new Error(`it is not so that ${claim}`);
}

export function same(actual: unknown, expected: unknown, label: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${label}: ${a}, expected ${b}`);
}

/** The result of a promise; fails if that takes too long. */
export function inTime<T>(promise: Promise<T>, label: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`timed out: ${label}`)), PATIENCE);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A queue of values, each awaited in turn. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  readonly put = (value: T): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  };

  /** The next value. */
  next(label: string): Promise<T> {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift() as T);
    return inTime(new Promise<T>((resolve) => this.#waiting.push(resolve)), label);
  }

  /** The first value that matches; those before it are dropped. */
  async until(is: (value: T) => boolean, label: string): Promise<T> {
    for (;;) {
      const value = await this.next(label);
      if (is(value)) return value;
    }
  }

  get waiting(): number {
    return this.#values.length;
  }
}

/** The reason of a rejected promise; fails if the promise resolves. */
export async function refusal(promise: Promise<unknown>, label: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await inTime(promise, label);
  } catch (error) {
    return error;
  }
  throw new Error(`${label}: resolved to ${JSON.stringify(value)}, expected an error`);
}
