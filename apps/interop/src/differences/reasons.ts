import type { Difference } from "./compare.ts";

/** Why we differ from others in something. The first reason that fits a difference is the one. */
export interface Reason {
  /** A sentence or two, and where the rule stands: a section of a standard, or a row of our tables of threats (`TA01`). */
  readonly why: string;
  /** Each of these must match what it is for; undefined: anything. */
  readonly field: RegExp;
  readonly name?: RegExp;
  readonly server?: RegExp;
  readonly ours?: RegExp;
  readonly theirs?: RegExp;
}

/** Reasons of one kind of thing. */
export interface Chapter {
  readonly title: string;
  readonly reasons: readonly Reason[];
}

/** Does the reason explain the difference? */
export function explains(reason: Reason, difference: Difference): boolean {
  const { field, name, server, ours, theirs } = reason;
  return (
    field.test(difference.field) &&
    (name?.test(difference.name) ?? true) &&
    (server?.test(difference.server) ?? true) &&
    (ours?.test(difference.ours) ?? true) &&
    (theirs?.test(difference.theirs) ?? true)
  );
}
