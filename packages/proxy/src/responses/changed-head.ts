import type { GatewayResponse } from "../gateway-request.ts";

/** A response whose head is not only its handler's: the page of an error has the error's status, a file sent for an application has its headers. */
export class ChangedHead implements GatewayResponse {
  readonly #next: GatewayResponse;
  readonly #status: number | undefined;
  readonly #rawHeaders: readonly string[];

  /**
   * @param status in place of the handler's; undefined: that stays
   * @param rawHeaders in place of the handler's of the same names
   */
  constructor(next: GatewayResponse, status: number | undefined, rawHeaders: readonly string[]) {
    this.#next = next;
    this.#status = status;
    this.#rawHeaders = rawHeaders;
  }

  get unsent(): number {
    return this.#next.unsent;
  }

  get onDrain(): (() => void) | undefined {
    return this.#next.onDrain;
  }

  set onDrain(onDrain: (() => void) | undefined) {
    this.#next.onDrain = onDrain;
  }

  get stallTimeout(): number {
    return this.#next.stallTimeout;
  }

  set stallTimeout(time: number) {
    this.#next.stallTimeout = time;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    this.#next.informational(statusCode, rawHeaders);
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    if (this.#status === undefined && statusCode >= 400) {
      // An error of ours in place of the file.
      this.#next.start(statusCode, rawHeaders, statusText);
      return;
    }
    const kept = [...this.#rawHeaders];
    const names = new Set(kept.flatMap((name, at) => (at % 2 === 0 ? [name.toLowerCase()] : [])));
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] as string;
      if (!names.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
    }
    if (this.#status === undefined) this.#next.start(statusCode, kept, statusText);
    else this.#next.start(this.#status, kept);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    return this.#next.write(chunk, release);
  }

  end(): void {
    this.#next.end();
  }

  withdraw(): boolean {
    return this.#next.withdraw();
  }

  abort(): void {
    this.#next.abort();
  }
}
