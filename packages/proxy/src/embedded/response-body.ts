import type { ServedRequest } from "../http/served-request.ts";

/** Sends the body of a handler's response as it comes, no faster than the client takes it; a body that breaks off, or is not as long as was said, is cut. */
export class ResponseBody {
  readonly #served: ServedRequest;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #announced: number | undefined;
  #sent = 0;
  #waiting: (() => void) | undefined;

  /** @param announced its Content-Length; undefined: not said */
  constructor(served: ServedRequest, body: ReadableStream<Uint8Array>, announced: number | undefined) {
    this.#served = served;
    this.#reader = body.getReader();
    this.#announced = announced;
  }

  /** Never rejects. */
  async send(): Promise<void> {
    const served = this.#served;
    served.response.onDrain = () => this.#go();
    served.onAbort = () => this.#stop();
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (served.settled) break;
        if (done) {
          this.#end();
          return;
        }
        if (!(value instanceof Uint8Array)) throw new TypeError("The body of a Response gives Uint8Arrays.");
        if (value.length > 0 && !this.#write(value)) await new Promise<void>((resolve) => (this.#waiting = resolve));
        if (served.settled) break;
      }
    } catch (error) {
      served.cut(error);
    }
    this.#stop();
  }

  #write(chunk: Uint8Array): boolean {
    const left = (this.#announced ?? Infinity) - this.#sent;
    const bytes = chunk.length > left ? chunk.subarray(0, left) : chunk;
    this.#sent += bytes.length;
    return bytes.length === 0 || this.#served.response.write(bytes, kept);
  }

  #end(): void {
    const served = this.#served;
    if (this.#announced !== undefined && this.#sent < this.#announced) {
      served.cut(new Error(`The body has ${this.#sent} bytes, ${this.#announced} were announced by Content-Length.`));
      return;
    }
    served.response.end();
    served.settle();
  }

  #go(): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.();
  }

  /** Nobody wants the rest: the handler hears of it by the cancelling of its stream. */
  #stop(): void {
    this.#reader.cancel().catch(() => undefined);
    this.#go();
  }
}

/** What a handler gave away is nobody else's: nothing waits for it to come back. */
function kept(): void {}
