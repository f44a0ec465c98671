/** A place in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column?: number | undefined;
}

/** Where a character stands. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
}

/** `x.config.ts:3:14`, as editors and terminals open it. */
export function formatPlace(file: string, place: Place | undefined): string {
  if (place === undefined) return file;
  return `${file}:${place.line}${place.column === undefined ? "" : `:${place.column}`}`;
}

/** A whole line. */
export function placeOfLine(line: number | undefined): Place | undefined {
  return line === undefined ? undefined : { line };
}
