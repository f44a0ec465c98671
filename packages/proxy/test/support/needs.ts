import type { TestContext } from "vitest";

/**
 * Skips a test that needs something this machine lacks; where everything is installed on purpose (`CI=true`) that is a failure.
 */
export function needs(context: TestContext, what: string, present: boolean): void {
  if (present) return;
  if (process.env["CI"] === "true") throw new Error(`${what} is needed here`);
  context.skip(`needs ${what}`);
}

export const isRoot: boolean = process.getuid?.() === 0;
