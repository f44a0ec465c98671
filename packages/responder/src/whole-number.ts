import { FastCGIError } from "@x/protocol/errors";

/**
 * Gives a setting back once it is sure to be a number from `least` up.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function wholeNumber(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `${name} is a whole number from ${least} up, not ${String(value)}.`,
    { phase: "configure" },
  );
}
