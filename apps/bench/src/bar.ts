import { markdownTable } from "./report.ts";

/** One thing that must hold, and whether it does. */
export interface Bar {
  what: string;
  /** The bar, with its unit. */
  wanted: string;
  measured: string;
  holds: boolean;
}

/** The verdicts as a Markdown table. */
export function barTable(bars: readonly Bar[]): string {
  return markdownTable(
    ["bar", "wanted", "measured", "verdict"],
    bars.map(({ what, wanted, measured, holds }) => [what, wanted, measured, holds ? "met" : "missed"]),
    1,
  );
}

/** Makes the command fail when a bar is missed. */
export function failWhenMissed(bars: readonly Bar[]): void {
  if (bars.some(({ holds }) => !holds)) process.exitCode = 1;
}
