/** A message that is sent first on every new connection. */
export interface WebSocketHold {
  /**
   * Ends it: no further connection gets the message. With another message, such as the end of a
   * subscription, that is sent as well, if the present connection has the hold's.
   */
  release(): void;
  release<K extends keyof ClientMessages>(type: K, ...data: WireData<ClientMessages[K]>): void;
//#foreign
  /**
   * The number that the present connection has it with, if it is the request of a call: messages of a
   * subscription may bear it.
   */
  readonly number: number | undefined;
//#end
}

/** What a hold needs of the client. */
interface WireHoldHost {
  /** The place that a message is sent to, which each new connection changes. Nothing while there is none. */
  place(): string | number | undefined;
  /** Takes a frame for that place, or throws. */
  accept(message: WireFrame): void;
  /** Takes a frame back; whether it was never written. */
  takeBack(message: WireFrame): boolean;
  send(type: string, data: unknown): void;
  report(error: WebSocketClientError): void;
}

interface WireHeld {
  /** Its message, encoded anew. */
  readonly make: () => WireFrame;
  /** The one that was sent last, and where. */
  message?: WireFrame;
  place?: string | number;
}

/** The holds, in the order in which they were made. */
class WireHolds {
  readonly #host: WireHoldHost;
  readonly #holds = new Set<WireHeld>();

  constructor(host: WireHoldHost) {
    this.#host = host;
  }

  get count(): number {
    return this.#holds.size;
  }

  hold(make: () => WireFrame): WebSocketHold {
    const held: WireHeld = { make };
    // Also where it is not sent yet, so that a payload that can't be written fails here.
    const message = make();
    const place = this.#host.place();
    if (place !== undefined) {
      this.#host.accept(message);
      Object.assign(held, { message, place });
    }
    this.#holds.add(held);
//#default
    return { release: (type?: string, data?: unknown) => this.#release(held, type, data) };
//#end
//#foreign
    const number = (): number | undefined =>
      held.place !== undefined && held.place === this.#host.place() ? held.message?.callNumber : undefined;
    return {
      release: (type?: string, data?: unknown) => this.#release(held, type, data),
      get number(): number | undefined {
        return number();
      },
    };
//#end
  }

  #release(held: WireHeld, type: string | undefined, data: unknown): void {
    if (type !== undefined && !clientMessages.has(type)) throw new TypeError(noSuchMessage(type));
    if (!this.#holds.delete(held) || held.place === undefined || held.place !== this.#host.place()) return;
    const isUnwritten = held.message !== undefined && this.#host.takeBack(held.message);
    if (type !== undefined && !isUnwritten) this.#host.send(type, data);
  }

  /** What goes out first at a new place. */
  frames(place: string | number): WireFrame[] {
    return [...this.#holds].flatMap((held) => {
      try {
        const message = held.make();
        Object.assign(held, { message, place });
        return [message];
      } catch (reason) {
        const words = "a hold was not sent: its payload could not be written";
        const isOurs = reason instanceof WebSocketClientError;
        this.#host.report(isOurs ? reason : new WebSocketClientError("handler", words, reason));
        return [];
      }
    });
  }
}
