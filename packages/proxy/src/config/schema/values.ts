import * as v from "valibot";

import { DURATIONS } from "../duration.ts";
import { didYouMean } from "../nearest-name.ts";
import { SIZES } from "../size.ts";

/** What a value has to be, and what it is when it is that. */
export type Shape<Output> = v.GenericSchema<unknown, Output>;

/** An object of exactly these keys. */
export type Keys<Entries extends v.ObjectEntries> = v.StrictObjectSchema<
  Entries,
  (issue: v.StrictObjectIssue) => string
>;

/** An object of exactly these keys; the messages name the key that was probably meant. */
export function keys<const Entries extends v.ObjectEntries>(entries: Entries): Keys<Entries> {
  const known = Object.keys(entries);
  return v.strictObject(entries, (issue) => {
    const key = issue.path?.at(-1)?.key;
    if (issue.expected === "never" && typeof key === "string") {
      return `is not a known key.${didYouMean(key, known) || ` Known here: ${known.join(", ")}.`}`;
    }
    if (issue.received === "undefined" && typeof key === "string") return "is missing.";
    return `must be an object, not ${issue.received}.`;
  });
}

/** Says of a value that it is missing, or of another kind. */
export function mustBe(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => (issue.received === "undefined" ? "is missing." : `must be ${what}, not ${issue.received}.`);
}

export const text: Shape<string> = v.pipe(v.string(mustBe("a text")), v.nonEmpty("must not be empty."));
export const texts: Shape<string[]> = v.array(text, mustBe("a list of texts"));
export const someTexts: Shape<string[]> = v.pipe(texts, v.nonEmpty("must not be an empty list."));
export const switched: Shape<boolean> = v.boolean(mustBe("true or false"));

/** A text, or something longer. */
export function textOr<Schema extends v.GenericSchema>(schema: Schema): Shape<string | v.InferOutput<Schema>> {
  return v.lazy((input): typeof text | Schema => (typeof input === "string" ? text : schema));
}

export const textOrTexts: Shape<string | string[]> = textOr(someTexts);
export const count: Shape<number> = v.pipe(
  v.number(mustBe("a number")),
  v.integer("must be a whole number."),
  v.minValue(1, "must be at least 1."),
);
export const countFromZero: Shape<number> = v.pipe(
  v.number(mustBe("a number")),
  v.integer("must be a whole number."),
  v.minValue(0, "must not be negative."),
);
/** How many bytes; what a text means is looked at later. */
export const size: Shape<number | string> = v.union([v.number(), v.string()], mustBe(SIZES));
export const bodyLimit: Shape<number | string> = v.union(
  [v.number(), v.string()],
  mustBe(`${SIZES}, or false for any size`),
);
/** One of these texts. */
export const oneOf = <const Options extends readonly string[]>(options: Options): Shape<Options[number]> =>
  v.picklist(options, mustBe(options.map((option) => JSON.stringify(option)).join(" or ")));
/** Values by name. */
export const table = <Value extends v.GenericSchema>(value: Value): Shape<Record<string, v.InferOutput<Value>>> =>
  v.record(v.string(), value, mustBe("an object"));

export const duration: Shape<number | string> = v.union([v.number(), v.string()], mustBe(DURATIONS));
export const share: Shape<number> = v.pipe(
  v.number(mustBe("a number")),
  v.minValue(0, "must be between 0 and 1."),
  v.maxValue(1, "must be between 0 and 1."),
);
export const weight: Shape<number> = v.pipe(
  v.number(mustBe("a number")),
  v.finite("must be finite."),
  v.gtValue(0, "must be above 0; to send it nothing, leave the address out."),
);
