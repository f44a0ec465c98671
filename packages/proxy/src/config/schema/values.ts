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
    return `must be an object, not ${nameOf(issue.received)}.`;
  });
}

/** Says of a value that it is missing, or of another kind. */
export function mustBe(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => {
    if (issue.received === "undefined") return "is missing.";
    const { input } = issue;
    const list = what.startsWith("a list") && typeof input === "string" ? `: write [${JSON.stringify(input)}]` : "";
    return `must be ${what}, not ${nameOf(issue.received)}${list}.`;
  };
}

/** What valibot calls by the name of its class. */
function nameOf(received: string): string {
  if (received === "Object") return "an object";
  return received === "Array" ? "a list" : received;
}

export const text: Shape<string> = v.pipe(v.string(mustBe("a text")), v.nonEmpty("must not be empty."));
export const texts: Shape<string[]> = v.array(text, mustBe("a list of texts"));
export const someTexts: Shape<string[]> = v.pipe(texts, v.nonEmpty("must not be an empty list."));
export const switched: Shape<boolean> = v.boolean(mustBe("true or false"));

/** A text, or something longer. */
export function textOr<Schema extends v.GenericSchema>(
  schema: Schema,
  longer = "an object",
): Shape<string | v.InferOutput<Schema>> {
  const neither = v.custom<never>(() => false, mustBe(`a text or ${longer}`));
  return v.lazy((input): typeof text | Schema | typeof neither => {
    if (typeof input === "string") return text;
    return isSimple(input) ? neither : schema;
  });
}

/** True or false, or an object that says more. */
export function switchedOr<Schema extends v.GenericSchema>(schema: Schema): Shape<boolean | v.InferOutput<Schema>> {
  const neither = v.custom<never>(() => false, mustBe("true, false or an object"));
  return v.lazy((input): typeof switched | Schema | typeof neither => {
    if (typeof input === "boolean") return switched;
    return isSimple(input) ? neither : schema;
  });
}

/** Can it have neither keys nor a length? */
function isSimple(input: unknown): boolean {
  return input === null || (typeof input !== "object" && typeof input !== "function");
}

export const textOrTexts: Shape<string | string[]> = textOr(someTexts, "a list of texts");
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
export const table = <Value extends v.GenericSchema>(value: Value): Shape<Record<string, v.InferOutput<Value>>> => {
  const record = v.record(v.string(), value, mustBe("an object"));
  const none = v.never(mustBe("an object"));
  // A list would be one of names such as "0".
  return v.lazy((input): typeof record | typeof none => (Array.isArray(input) ? none : record));
};

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
