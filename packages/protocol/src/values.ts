import { ValueName } from "./constants.ts";
import type { Params } from "./params.ts";

/** What an application says of itself in GET_VALUES_RESULT (FastCGI 1.0 §4.1); absent: it did not say. */
export interface Capabilities {
  /** The most connections that it accepts at once. */
  maxConns: number | undefined;
  /** The most requests that it runs at once. */
  maxReqs: number | undefined;
  /** Does it run several requests on one connection? */
  multiplexes: boolean;
}

/**
 * Reads GET_VALUES_RESULT with the tolerance that real applications need: unknown names are ignored,
 * numbers that are not positive decimals count as unsaid, and only "1" means multiplexing.
 */
export function readCapabilities(values: Params | undefined): Capabilities {
  return {
    maxConns: positive(values?.get(ValueName.MaxConns)),
    maxReqs: positive(values?.get(ValueName.MaxReqs)),
    multiplexes: values?.get(ValueName.MpxsConns) === "1",
  };
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,9}$/.test(text)) return undefined;
  const number = Number(text);
  return number > 0 ? number : undefined;
}
