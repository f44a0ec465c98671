import * as v from "valibot";

import type { ProxyConfig } from "./define-config.ts";
import type { ConfigProblem, KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest-name.ts";
import { responses, route } from "./schema/routes.ts";
import { process, upstream } from "./schema/upstreams.ts";
import {
  keys,
  mustBe,
  text,
  texts,
  someTexts,
  switched,
  switchedOr,
  textOr,
  count,
  bodyLimit,
  size,
  oneOf,
  table,
  duration,
} from "./schema/values.ts";

/** What came of checking a configuration's shape. */
export type ShapeResult =
  | { readonly config: ProxyConfig; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly ConfigProblem[] };

/** Checks keys and types of a configuration, whatever file it came from. Names that refer to others are not looked at yet. */
export function checkShape(input: unknown): ShapeResult {
  const result = v.safeParse(proxyConfig, input);
  if (result.success) return { config: result.output };
  const problems = result.issues.map((issue) => ({ path: keyPath(issue), message: issue.message }));
  return { problems: problems.filter((it) => !isMisspelled(it, problems)) };
}

/** A key that is there under a name that comes near is not missing, too. */
function isMisspelled({ path, message }: ConfigProblem, among: readonly ConfigProblem[]): boolean {
  if (!message.startsWith("is missing")) return false;
  const parent = path.slice(0, -1);
  const meant = didYouMean(String(path.at(-1)), [String(path.at(-1))]);
  return among.some(
    (it) =>
      it.message.endsWith(`known key.${meant}`) &&
      it.path.length === path.length &&
      parent.every((key, index) => it.path[index] === key),
  );
}

function keyPath(issue: v.BaseIssue<unknown>): KeyPath {
  const path: (string | number)[] = [];
  for (const item of issue.path ?? []) path.push(typeof item.key === "number" ? item.key : String(item.key));
  return path;
}

const hsts = switchedOr(
  keys({ maxAge: v.optional(duration), includeSubDomains: v.optional(switched), preload: v.optional(switched) }),
);

const certificate = keys({ cert: text, key: text });

const tls = keys({
  cert: v.optional(text),
  key: v.optional(text),
  certificates: v.optional(
    v.pipe(v.array(certificate, mustBe("a list of { cert, key }")), v.nonEmpty("needs at least one certificate.")),
  ),
  minVersion: v.optional(oneOf(["TLSv1.2", "TLSv1.3"])),
  ciphers: v.optional(text),
});

const listen = keys({
  address: text,
  tls: v.optional(switchedOr(tls)),
  http2: v.optional(switched),
  proxyProtocol: v.optional(switchedOr(keys({ from: someTexts }))),
});

/** Fewer than one a second are some, too. */
const rate = v.union(
  [v.pipe(v.number(), v.minValue(0, "must not be negative.")), v.string()],
  mustBe(`a number of bytes a second or a text such as "1k"`),
);

const proxyConfig = keys({
  listen: v.optional(
    v.pipe(v.array(textOr(listen), mustBe("a list of addresses")), v.nonEmpty("must not be an empty list.")),
  ),
  tls: v.optional(tls),
  root: v.optional(text),
  user: v.optional(text),
  upstreams: v.optional(table(upstream)),
  processes: v.optional(table(process)),
  routes: v.pipe(
    v.array(route, mustBe("a list of routes")),
    v.nonEmpty('needs at least one route, such as { php: "php" }.'),
  ),
  limits: v.optional(
    keys({
      connections: v.optional(v.lazy((input) => (input === false ? v.literal(false) : count))),
      connectionsPerAddress: v.optional(v.lazy((input) => (input === false ? v.literal(false) : count))),
      lag: v.optional(v.lazy((input) => (input === false ? v.literal(false) : duration))),
      streams: v.optional(count),
      body: v.optional(v.lazy((input) => (input === false ? v.literal(false) : bodyLimit))),
      bodyRate: v.optional(rate),
      spool: v.optional(keys({ folder: v.optional(text), quota: v.optional(size) })),
      fileCache: v.optional(
        v.lazy((input) =>
          input === false
            ? v.literal(false)
            : keys({ entries: v.optional(count), bytes: v.optional(size), fileBytes: v.optional(size) }),
        ),
      ),
      headerBytes: v.optional(size),
      headerLines: v.optional(count),
      target: v.optional(size),
      responseHeaderBytes: v.optional(size),
      responseHeaderLines: v.optional(count),
    }),
  ),
  timeouts: v.optional(
    keys({
      requestHead: v.optional(duration),
      requestBody: v.optional(duration),
      request: v.optional(duration),
      response: v.optional(duration),
      keepAlive: v.optional(duration),
      handshake: v.optional(duration),
      queue: v.optional(duration),
      connect: v.optional(duration),
      send: v.optional(duration),
      firstByte: v.optional(duration),
      idle: v.optional(duration),
    }),
  ),
  shutdown: v.optional(keys({ grace: v.optional(duration) })),
  trustProxy: v.optional(
    v.lazy((input) =>
      Array.isArray(input)
        ? texts
        : keys({ addresses: texts, header: v.optional(oneOf(["x-forwarded-for", "forwarded"])) }),
    ),
  ),
  ...responses,
  hsts: v.optional(hsts),
  log: v.optional(
    keys({
      access: v.optional(keys({ file: v.optional(text), format: v.optional(oneOf(["common", "combined", "json"])) })),
    }),
  ),
  admin: v.optional(v.lazy((input) => (input === false ? v.literal(false) : keys({ socket: v.optional(text) })))),
  errors: v.optional(oneOf(["developer", "plain"])),
});
