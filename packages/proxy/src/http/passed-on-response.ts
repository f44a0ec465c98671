import type { GatewayResponse } from "../gateway-request.ts";

/** A response between a handler and the front that passes everything on: who changes something extends it and overrides that. */
export class PassedOnResponse implements GatewayResponse {
  /** Towards the front. */
  protected readonly next: GatewayResponse;

  constructor(next: GatewayResponse) {
    this.next = next;
  }

  get unsent(): number {
    return this.next.unsent;
  }

  get onDrain(): (() => void) | undefined {
    return this.next.onDrain;
  }

  set onDrain(onDrain: (() => void) | undefined) {
    this.next.onDrain = onDrain;
  }

  get stallTimeout(): number {
    return this.next.stallTimeout;
  }

  set stallTimeout(milliseconds: number) {
    this.next.stallTimeout = milliseconds;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    this.next.informational(statusCode, rawHeaders);
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    this.next.start(statusCode, rawHeaders, statusText);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    return this.next.write(chunk, release);
  }

  end(): void {
    this.next.end();
  }

  withdraw(): boolean {
    return this.next.withdraw();
  }

  abort(): void {
    this.next.abort();
  }
}
