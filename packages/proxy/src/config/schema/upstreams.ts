import * as v from "valibot";

import type { ProcessConfig } from "../define-config.ts";
import type { UpstreamConfig } from "../upstream-config.ts";
import {
  type Shape,
  keys,
  mustBe,
  text,
  someTexts,
  switched,
  textOr,
  count,
  countFromZero,
  oneOf,
  table,
  duration,
  share,
  weight,
} from "./values.ts";

const addressLimits = { capacity: v.optional(count), multiplex: v.optional(count), connections: v.optional(count) };
const address = { address: text, ...addressLimits, weight: v.optional(weight), backup: v.optional(switched) };

/** Where applications are. */
export const upstream: Shape<UpstreamConfig> = keys({
  addresses: v.optional(
    v.pipe(v.array(textOr(keys(address)), mustBe("a list of addresses")), v.nonEmpty("needs at least one address.")),
  ),
  ...addressLimits,
  policy: v.optional(
    v.lazy((input) => {
      if (typeof input === "object" && input !== null)
        return "cookie" in input ? keys({ cookie: text }) : keys({ hash: text });
      return oneOf(["weighted", "least-requests", "random-two", "round-robin", "first"]);
    }),
  ),
  health: v.optional(
    keys({
      maxFails: v.optional(countFromZero),
      failTimeout: v.optional(duration),
      backoff: v.optional(duration),
      maxBackoff: v.optional(duration),
      slowStart: v.optional(duration),
    }),
  ),
  check: v.optional(
    keys({
      path: text,
      status: v.optional(v.array(count, mustBe("a list of statuses"))),
      interval: v.optional(duration),
      timeout: v.optional(duration),
      rise: v.optional(count),
      fall: v.optional(count),
    }),
  ),
  queue: v.optional(countFromZero),
  maxTries: v.optional(count),
  retryBudget: v.optional(share),
});

/** The variables of a program that is started here. */
export const environment: Shape<Record<string, string | true>> = table(
  v.union([v.string(), v.literal(true)], mustBe("a text, or true to pass on the variable")),
);

const commandProcess = keys({
  kind: v.literal("command"),
  command: someTexts,
  cwd: v.optional(text),
  environment: v.optional(environment),
  user: v.optional(text),
  startTimeout: v.optional(duration),
  upstream: text,
});

const phpProcess = {
  program: v.optional(text),
  user: v.optional(text),
  upstream: text,
  ini: v.optional(table(v.string(mustBe("a text")))),
};

const phpFpmProcess = keys({ kind: v.literal("php-fpm"), ...phpProcess });

const phpCgiProcess = keys({ kind: v.literal("php-cgi"), ...phpProcess, maxRequests: v.optional(countFromZero) });

/** Programs that are started here. */
export const process: Shape<ProcessConfig> = v.variant(
  "kind",
  [commandProcess, phpFpmProcess, phpCgiProcess],
  (issue) =>
    issue.path?.at(-1)?.key === "kind"
      ? issue.received === "undefined"
        ? 'is missing: write "command", "php-fpm" or "php-cgi".'
        : mustBe('"command", "php-fpm" or "php-cgi"')(issue)
      : mustBe("an object")(issue),
);
