import type { DispatchController, DispatchHandler, DispatchOptions } from "@x/client";

import type { StickyCookie } from "./sticky-cookie.ts";

/** Whatever answers a request as a CGI application does: an upstream with its addresses, or a program that is started for it. */
export interface ExchangeTarget {
  /** For messages. */
  readonly name: string;
  /** Does it take several requests at once on one connection? */
  readonly multiplexes: boolean;
  /** By which a client comes back to the same address. */
  readonly cookie?: StickyCookie | undefined;
  /** Runs a request, on the first address that takes it. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController;
}
