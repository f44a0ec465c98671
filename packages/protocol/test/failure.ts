import { FastCGIError } from "../src/errors.ts";

/** The `FastCGIError` that `action` throws; anything else it throws, and nothing, fails the test. */
export function failure(action: () => unknown): FastCGIError {
  try {
    action();
  } catch (error) {
    if (error instanceof FastCGIError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
