import type { GatewayResponse } from "../gateway-request.ts";
import { PassedOnResponse } from "./passed-on-response.ts";

/** A response that gets more headers when its head goes out, whatever makes it. */
export class ResponseWithHeaders extends PassedOnResponse {
  readonly #more: (statusCode: number, rawHeaders: readonly string[]) => readonly string[];

  /** @param more names and values in turn, by the head that they are added to */
  constructor(
    response: GatewayResponse,
    more: (statusCode: number, rawHeaders: readonly string[]) => readonly string[],
  ) {
    super(response);
    this.#more = more;
  }

  override start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    rawHeaders.push(...this.#more(statusCode, rawHeaders));
    super.start(statusCode, rawHeaders, statusText);
  }
}
