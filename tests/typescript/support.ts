// Waiting for events and comparing, in Node and in a page alike.

/** Longer than anything takes on a busy machine. */
const PATIENCE = 30_000;

export function expect(holds: boolean, words: string): void {
  if (!holds) throw new Error(`it does not hold that ${words}`);
}

export function same(actual: unknown, wanted: unknown, words: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${words}: ${a} rather than ${b}`);
}

/** What a promise comes to; fails if that takes too long. */
export function inTime<T>(promise: Promise<T>, words: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not come to this: ${words}`)), PATIENCE);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Values that come in one by one, and are waited for one by one. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  readonly put = (value: T): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  };

  /** The next value. */
  next(words: string): Promise<T> {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift() as T);
    return inTime(new Promise<T>((resolve) => this.#waiting.push(resolve)), words);
  }

  /** The first value that is like this; those before it are dropped. */
  async until(is: (value: T) => boolean, words: string): Promise<T> {
    for (;;) {
      const value = await this.next(words);
      if (is(value)) return value;
    }
  }

  get waiting(): number {
    return this.#values.length;
  }
}

/** Fails unless the promise does; its reason. */
export async function refusal(promise: Promise<unknown>, words: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await inTime(promise, words);
  } catch (error) {
    return error;
  }
  throw new Error(`${words}: it came to ${JSON.stringify(value)} rather than to an error`);
}
