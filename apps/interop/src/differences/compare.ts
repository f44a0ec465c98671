import type { Observation } from "./observe.ts";

/** One value that another web server has otherwise than we. */
export interface Difference {
  readonly name: string;
  /** `status`, `param NAME`, `stdin`, `role`, `header NAME`, `body`. */
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
  readonly server: string;
}

/** What stands for a value that is not there. */
export const ABSENT = "absent";

/** The differences of one server from us, in the order of the corpus. */
export function compare(
  ours: ReadonlyMap<string, Observation>,
  theirs: ReadonlyMap<string, Observation>,
  server: string,
): Difference[] {
  const differences: Difference[] = [];
  for (const [name, own] of ours) {
    const other = theirs.get(name);
    if (other === undefined) continue;
    for (const [field, mine, its] of pairs(own, other)) {
      if (mine !== its) differences.push({ name, field, ours: mine, theirs: its, server });
    }
  }
  return differences;
}

function* pairs(own: Observation, other: Observation): Generator<[field: string, ours: string, theirs: string]> {
  yield ["status", own.status, other.status];
  if (own.asked === 0 || own.asked !== other.asked) return;
  yield* values(own.request, other.request);
  // What a server's own error page says is no answer of the application.
  if (own.status === other.status && own.fromApplication && other.fromApplication) {
    yield* values(own.response, other.response);
  }
}

function* values(
  own: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): Generator<[field: string, ours: string, theirs: string]> {
  // Sorted: some servers send theirs in another order each time.
  for (const field of new Set([...own.keys(), ...other.keys()].toSorted())) {
    yield [field, own.get(field) ?? ABSENT, other.get(field) ?? ABSENT];
  }
}
