import type { DispatchController, DispatchHandler, DispatchOptions } from "@x/client";

/** Whatever answers a request as a CGI application does: an upstream with its addresses, or a program that is started for it. */
export interface ExchangeTarget {
  /** For messages. */
  readonly name: string;
  /** How many addresses there are to try. */
  readonly size: number;
  /** Does it take several requests at once on one connection? */
  readonly multiplexes: boolean;
  /** Where the next request begins to try. */
  turn(): number;
  /** The address to try at `turn`, counted on around the circle. */
  pool(turn: number): TargetAddress;
}

/** One address of it. */
export interface TargetAddress {
  readonly address: string;
  dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController;
}
