import type { GatewayResponse } from "../gateway-request.ts";

/** A response that gets more headers when its head goes out, whatever makes it. */
export class ResponseWithHeaders implements GatewayResponse {
  readonly #response: GatewayResponse;
  readonly #more: (statusCode: number, rawHeaders: readonly string[]) => readonly string[];

  /** @param more names and values in turn, by the head that they are added to */
  constructor(
    response: GatewayResponse,
    more: (statusCode: number, rawHeaders: readonly string[]) => readonly string[],
  ) {
    this.#response = response;
    this.#more = more;
  }

  get unsent(): number {
    return this.#response.unsent;
  }

  get onDrain(): (() => void) | undefined {
    return this.#response.onDrain;
  }

  set onDrain(callback: (() => void) | undefined) {
    this.#response.onDrain = callback;
  }

  get stallTimeout(): number {
    return this.#response.stallTimeout;
  }

  set stallTimeout(milliseconds: number) {
    this.#response.stallTimeout = milliseconds;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    this.#response.informational(statusCode, rawHeaders);
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    rawHeaders.push(...this.#more(statusCode, rawHeaders));
    this.#response.start(statusCode, rawHeaders, statusText);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    return this.#response.write(chunk, release);
  }

  end(): void {
    this.#response.end();
  }

  withdraw(): boolean {
    return this.#response.withdraw();
  }

  abort(): void {
    this.#response.abort();
  }
}
