import { FastCGIError } from "./errors.ts";

/**
 * Gives a limit back once it is sure to be one: a comparison with `NaN` is never true, so a limit that was read from the
 * wrong variable would be none.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for what is not a positive integer
 */
export function checkLimit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `${name} must be a positive integer, not ${value}.`);
}
