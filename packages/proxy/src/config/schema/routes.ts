import * as v from "valibot";

import type { HandlerInput } from "../../embedded/fetch-handler.ts";
import { PRESET_NAMES } from "../../presets/preset.ts";
import type { RouteConfig } from "../define-config.ts";
import type { ErrorPagesConfig } from "../error-pages-config.ts";
import type { CompressConfig, HeaderRules } from "../response-config.ts";
import { environment } from "./upstreams.ts";
import {
  type Shape,
  keys,
  mustBe,
  text,
  texts,
  someTexts,
  switched,
  switchedOr,
  textOr,
  textOrTexts,
  count,
  bodyLimit,
  size,
  oneOf,
  table,
  duration,
} from "./values.ts";

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
  environment: v.optional(environment),
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

/** What happens to responses: of a route, and of the whole configuration. */
export const responses: {
  readonly headers: v.OptionalSchema<Shape<HeaderRules>, undefined>;
  readonly compress: v.OptionalSchema<Shape<boolean | CompressConfig>, undefined>;
  readonly errorPages: v.OptionalSchema<Shape<ErrorPagesConfig>, undefined>;
  readonly interceptErrors: v.OptionalSchema<Shape<boolean>, undefined>;
} = {
  headers: v.optional(headerRules),
  compress: v.optional(
    switchedOr(
      keys({
        encodings: v.optional(v.array(oneOf(["zstd", "br", "gzip"]), mustBe("a list of codings"))),
        types: v.optional(someTexts),
        minBytes: v.optional(size),
        withCookies: v.optional(switched),
      }),
    ),
  ),
  errorPages: v.optional(table(text)),
  interceptErrors: v.optional(switched),
};

/** One route. */
export const route: Shape<RouteConfig> = keys({
  match: v.optional(textOr(match)),
  php: v.optional(text),
  preset: v.optional(oneOf([...PRESET_NAMES, "none"])),
  fastcgi: v.optional(fastcgi),
  static: v.optional(
    v.lazy((input) => (typeof input === "object" ? files : v.literal(true, mustBe("true or an object")))),
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
  handler: v.optional(v.lazy((input) => (typeof input === "string" ? text : handler))),
  authorize: v.optional(v.lazy((input) => (Array.isArray(input) ? v.array(authorize) : authorize))),
});
