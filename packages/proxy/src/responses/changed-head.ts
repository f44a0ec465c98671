import type { GatewayResponse } from "../gateway-request.ts";
import { PassedOnResponse } from "../http/passed-on-response.ts";

/** A response whose head is not only its handler's: the page of an error has the error's status, a file sent for an application has its headers. */
export class ChangedHead extends PassedOnResponse {
  readonly #status: number | undefined;
  readonly #rawHeaders: readonly string[];

  /**
   * @param status in place of the handler's; undefined: that stays
   * @param rawHeaders in place of the handler's of the same names
   */
  constructor(next: GatewayResponse, status: number | undefined, rawHeaders: readonly string[]) {
    super(next);
    this.#status = status;
    this.#rawHeaders = rawHeaders;
  }

  override start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    if (this.#status === undefined && statusCode >= 400) {
      // An error of ours in place of the file.
      super.start(statusCode, rawHeaders, statusText);
      return;
    }
    const kept = [...this.#rawHeaders];
    const names = new Set(kept.flatMap((name, at) => (at % 2 === 0 ? [name.toLowerCase()] : [])));
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] as string;
      if (!names.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
    }
    if (this.#status === undefined) super.start(statusCode, kept, statusText);
    else super.start(this.#status, kept);
  }
}
