import type * as Protocol from "@x/protocol";
import type * as Cgi from "@x/protocol/cgi";

/** The doors of the package under test, as installed. */
export interface Doors {
  protocol: typeof Protocol;
  cgi: typeof Cgi;
}

/** What is repeated and measured. */
export interface Work {
  /** How many operations one run does: what a figure is divided by. */
  operations: number;
  /** Returns what it counted, so that no work can be optimised away; must be `operations`. */
  run(): number | Promise<number>;
}

/** Sets its work up, in a process of its own. */
export type Candidate = (doors: Doors) => Work | Promise<Work>;

/** Candidates for the same job; one of them is what the others are compared with. */
export interface Suite {
  /** What an operation is. */
  unit: string;
  /** The name of the candidate that is the floor. */
  floor: string;
  candidates: Readonly<Record<string, Candidate>>;
}
