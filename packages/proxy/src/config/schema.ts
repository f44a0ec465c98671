import * as v from "valibot";

import type { HandlerInput } from "../embedded/fetch-handler.ts";
import { PRESET_NAMES } from "../presets/preset.ts";
import type { ProxyConfig } from "./define-config.ts";
import type { ConfigProblem, KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest-name.ts";

/** What came of checking a configuration's shape. */
export type ShapeResult =
  | { readonly config: ProxyConfig; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly ConfigProblem[] };

/** Checks keys and types of a configuration, whatever file it came from. Names that refer to others are not looked at yet. */
export function checkShape(input: unknown): ShapeResult {
  const result = v.safeParse(proxyConfig, input);
  if (result.success) return { config: result.output };
  return { problems: result.issues.map((issue) => ({ path: keyPath(issue), message: issue.message })) };
}

function keyPath(issue: v.BaseIssue<unknown>): KeyPath {
  const path: (string | number)[] = [];
  for (const item of issue.path ?? []) path.push(typeof item.key === "number" ? item.key : String(item.key));
  return path;
}

/** An object of exactly these keys; the messages name the key that was probably meant. */
function keys<const Entries extends v.ObjectEntries>(entries: Entries) {
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

function mustBe(what: string) {
  return (issue: v.BaseIssue<unknown>): string =>
    issue.received === "undefined" ? "is missing." : `must be ${what}, not ${issue.received}.`;
}

const text = v.pipe(v.string(mustBe("a text")), v.nonEmpty("must not be empty."));
const texts = v.array(text, mustBe("a list of texts"));
const someTexts = v.pipe(texts, v.nonEmpty("must not be an empty list."));
const switched = v.boolean(mustBe("true or false"));

function textOr<Schema extends v.GenericSchema>(schema: Schema) {
  return v.lazy((input): typeof text | Schema => (typeof input === "string" ? text : schema));
}

const textOrTexts = textOr(someTexts);
const count = v.pipe(
  v.number(mustBe("a number")),
  v.integer("must be a whole number."),
  v.minValue(1, "must be at least 1."),
);
const countFromZero = v.pipe(
  v.number(mustBe("a number")),
  v.integer("must be a whole number."),
  v.minValue(0, "must not be negative."),
);
const bodyLimit = v.pipe(
  v.number(mustBe("a number of bytes, or false for any size")),
  v.integer("must be a whole number."),
  v.minValue(1, "must be at least 1, or false for any size."),
);
const milliseconds = v.pipe(v.number(mustBe("a number of milliseconds")), v.minValue(0, "must not be negative."));
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, mustBe(options.map((option) => JSON.stringify(option)).join(" or ")));
const table = <Value extends v.GenericSchema>(value: Value) => v.record(v.string(), value, mustBe("an object"));

const duration = v.union([v.number(), v.string()], mustBe('milliseconds or a text such as "1d"'));
const share = v.pipe(
  v.number(mustBe("a number")),
  v.minValue(0, "must be between 0 and 1."),
  v.maxValue(1, "must be between 0 and 1."),
);
const weight = v.pipe(
  v.number(mustBe("a number")),
  v.finite("must be finite."),
  v.gtValue(0, "must be above 0; to send it nothing, leave the address out."),
);

const addressLimits = { capacity: v.optional(count), multiplex: v.optional(count), connections: v.optional(count) };
const address = { address: text, ...addressLimits, weight: v.optional(weight), backup: v.optional(switched) };

const upstream = keys({
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

const environment = v.optional(
  table(v.union([v.string(), v.literal(true)], mustBe("a text, or true to pass on the variable"))),
);

const commandProcess = keys({
  kind: v.literal("command"),
  command: someTexts,
  cwd: v.optional(text),
  environment,
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

const process = v.variant("kind", [commandProcess, phpFpmProcess, phpCgiProcess], (issue) =>
  issue.path?.at(-1)?.key === "kind" ? mustBe('"command", "php-fpm" or "php-cgi"')(issue) : mustBe("an object")(issue),
);

const match = keys({
  path: v.optional(textOrTexts),
  method: v.optional(textOrTexts),
  host: v.optional(textOrTexts),
  regex: v.optional(text),
  scheme: v.optional(oneOf(["http", "https"])),
});

const fastcgi = keys({
  upstream: text,
  root: v.optional(text),
  extensions: v.optional(texts),
  index: v.optional(texts),
  tryFiles: v.optional(texts),
  checkFiles: v.optional(switched),
  rootOnBackend: v.optional(text),
  resolveRoot: v.optional(switched),
  params: v.optional(table(v.string(mustBe("a text")))),
  buffer: v.optional(oneOf(["on", "off"])),
  onClientAbort: v.optional(oneOf(["abort", "finish"])),
  sendfile: v.optional(keys({ roots: v.optional(texts), accel: v.optional(switched) })),
});

const files = keys({
  root: v.optional(text),
  index: v.optional(texts),
  maxAge: v.optional(duration),
  immutable: v.optional(switched),
});

const headers = table(v.string(mustBe("a text")));

/** What a route answers by itself. */
const answers = {
  respond: v.optional(
    keys({
      status: v.optional(count),
      body: v.optional(v.string(mustBe("a text"))),
      headers: v.optional(headers),
    }),
  ),
  redirect: v.optional(textOr(keys({ to: text, status: v.optional(count) }))),
  rewrite: v.optional(text),
  acme: v.optional(text),
};
const authorize = keys({
  upstream: text,
  role: v.optional(oneOf(["authorizer", "responder"])),
  phase: v.optional(oneOf(["authenticator", "authorizer", "access-checker"])),
  script: v.optional(text),
  uri: v.optional(text),
  params: v.optional(table(v.string(mustBe("a text")))),
  variables: v.optional(table(text)),
  headers: v.optional(texts),
  cache: v.optional(keys({ ttl: duration, key: v.optional(someTexts), entries: v.optional(count) })),
});

const filter = keys({
  upstream: text,
  root: v.optional(text),
  index: v.optional(texts),
  script: v.optional(text),
  params: v.optional(table(v.string(mustBe("a text")))),
  validators: v.optional(switched),
  version: v.optional(v.string(mustBe("a text"))),
});

const cgi = keys({
  root: v.optional(text),
  program: v.optional(textOrTexts),
  environment,
  user: v.optional(text),
  concurrency: v.optional(count),
  time: v.optional(duration),
  output: v.optional(v.lazy((input) => (input === false ? v.literal(false) : bodyLimit))),
  nph: v.optional(switched),
});

const handler = v.custom<Exclude<HandlerInput, string>>(
  (input) =>
    typeof input === "function" ||
    (typeof input === "object" && input !== null && "fetch" in input && typeof input.fetch === "function"),
  "must be the path of a module, a function, or an object with fetch.",
);

const access = keys({
  allow: v.optional(texts),
  deny: v.optional(texts),
  basic: v.optional(keys({ file: text, realm: v.optional(text) })),
  satisfy: v.optional(oneOf(["all", "any"])),
});

const limitClient = keys({
  requests: v.optional(count),
  per: v.optional(duration),
  burst: v.optional(count),
  concurrent: v.optional(count),
  status: v.optional(count),
  except: v.optional(texts),
});

const headerRules = keys({ remove: v.optional(texts), set: v.optional(headers), add: v.optional(headers) });

/** What happens to responses. */
const responses = {
  headers: v.optional(headerRules),
  compress: v.optional(
    v.lazy((input) =>
      typeof input === "boolean"
        ? switched
        : keys({
            encodings: v.optional(v.array(oneOf(["zstd", "br", "gzip"]), mustBe("a list of codings"))),
            types: v.optional(someTexts),
            minBytes: v.optional(countFromZero),
            withCookies: v.optional(switched),
          }),
    ),
  ),
  errorPages: v.optional(table(text)),
  interceptErrors: v.optional(switched),
};

const hsts = v.lazy((input) =>
  typeof input === "boolean"
    ? switched
    : keys({ maxAge: v.optional(duration), includeSubDomains: v.optional(switched), preload: v.optional(switched) }),
);

const route = keys({
  match: v.optional(textOr(match)),
  php: v.optional(text),
  preset: v.optional(oneOf([...PRESET_NAMES, "none"])),
  fastcgi: v.optional(fastcgi),
  static: v.optional(
    v.lazy((input) => (typeof input === "boolean" ? v.literal(true, mustBe("true or an object")) : files)),
  ),
  deny: v.optional(texts),
  links: v.optional(texts),
  mount: v.optional(text),
  root: v.optional(text),
  internal: v.optional(switched),
  access: v.optional(access),
  limitClient: v.optional(limitClient),
  ...responses,
  ...answers,
  filter: v.optional(filter),
  cgi: v.optional(cgi),
  handler: v.optional(textOr(handler)),
  authorize: v.optional(v.lazy((input) => (Array.isArray(input) ? v.array(authorize) : authorize))),
});

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
  tls: v.optional(v.lazy((input) => (typeof input === "boolean" ? switched : tls))),
  http2: v.optional(switched),
  proxyProtocol: v.optional(v.lazy((input) => (typeof input === "boolean" ? switched : keys({ from: someTexts })))),
});

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
      lag: v.optional(v.lazy((input) => (input === false ? v.literal(false) : count))),
      streams: v.optional(count),
      body: v.optional(v.lazy((input) => (input === false ? v.literal(false) : bodyLimit))),
      bodyRate: v.optional(
        v.pipe(v.number(mustBe("a number of bytes a second")), v.minValue(0, "must not be negative.")),
      ),
      spool: v.optional(keys({ folder: v.optional(text), quota: v.optional(count) })),
      fileCache: v.optional(
        v.lazy((input) =>
          input === false
            ? v.literal(false)
            : keys({ entries: v.optional(count), bytes: v.optional(count), fileBytes: v.optional(count) }),
        ),
      ),
      headerBytes: v.optional(count),
      headerLines: v.optional(count),
      target: v.optional(count),
      responseHeaderBytes: v.optional(count),
      responseHeaderLines: v.optional(count),
    }),
  ),
  timeouts: v.optional(
    keys({
      requestHead: v.optional(milliseconds),
      requestBody: v.optional(milliseconds),
      request: v.optional(milliseconds),
      response: v.optional(milliseconds),
      keepAlive: v.optional(milliseconds),
      handshake: v.optional(milliseconds),
      queue: v.optional(milliseconds),
      connect: v.optional(milliseconds),
      send: v.optional(milliseconds),
      firstByte: v.optional(milliseconds),
      idle: v.optional(milliseconds),
    }),
  ),
  shutdown: v.optional(keys({ grace: v.optional(milliseconds) })),
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
