import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parseAddress } from "@x/protocol/address";
import { expect, test } from "vitest";

import { COMMANDS } from "../../src/cli/arguments.ts";
import { helpText } from "../../src/cli/usage.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { toLongForm } from "../../src/config/long-form.ts";
import { checkShape } from "../../src/config/schema.ts";
import { createGateway } from "../../src/gateway.ts";
import { createProxyServer } from "../../src/server.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/features.md", import.meta.url)), "utf8");

/** What stands between backticks in the column that says what is here, with its row. */
const named = page.split("\n").flatMap((line) => {
  const here = /^\| .* \| (.*) \|$/.exec(line)?.[1] ?? "";
  return [...here.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => ({ text, line }));
});

/** What is no option, command or address. */
const OTHERS = new Set([
  ...["-", ".htaccess", "_", "max_execution_time", "nice", "node:diagnostics_channel", "ping.path", "scgi+", "tc"],
  ...["ulimit -n", "x.config.*"],
]);

/** All that can stand in the place of an asterisk. */
function inPlace(keys: readonly string[], leaf: unknown): unknown[] {
  const [key, ...rest] = keys;
  if (key === undefined) return [leaf];
  return inPlace(rest, leaf).flatMap((it): unknown[] => (key === "*" ? [[it], { some: it }] : [{ [key]: it }]));
}

/** How often a configuration has a key that nobody knows, when a path leads to `leaf` in it. */
function unknownKeys(keys: readonly string[], leaf: object): number[] {
  return inPlace(keys, leaf).map((config) => {
    const { problems = [] } = checkShape(config);
    return problems.filter(({ message }) => message.startsWith("is not a known key")).length;
  });
}

function isOption(path: string): boolean {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const kinds = path.startsWith("processes.") ? ["command", "php-fpm", "php-cgi"] : [undefined];
  return kinds.some((kind) => {
    const given = kind === undefined ? {} : { kind };
    const nonsense = unknownKeys(keys, { ...given, "no such key": 1 });
    return unknownKeys(keys, { ...given, [last]: 1 }).some((count, at) => count === 0 && nonsense[at] === 1);
  });
}

const upstreams = { app: { addresses: ["unix:/a.sock", { address: "unix:/b.sock" }] }, php: {} };
const defaults = toLongForm(
  expandConfig({
    root: "/srv",
    upstreams,
    processes: { php: { kind: "php-cgi", upstream: "php" } },
    log: { access: {} },
    routes: [
      { static: true },
      { fastcgi: { upstream: "app" } },
      { php: "app", preset: "none", access: { allow: ["all"] } },
      { cgi: { root: "/srv/cgi" }, authorize: { upstream: "app" } },
    ],
  }),
);

/** The values at a path, wherever they are. */
function valuesAt(value: unknown, keys: readonly string[]): unknown[] {
  const [key, ...rest] = keys;
  if (key === undefined) return value === undefined ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  const inner = key === "*" ? Object.values(value) : [(value as Record<string, unknown>)[key]];
  return inner.flatMap((it) => valuesAt(it, rest));
}

/** An option of an upstream is that of its addresses, in the long form. */
function defaultsOf(path: string): unknown[] {
  const found = valuesAt(defaults, path.split("."));
  return found.length > 0
    ? found
    : valuesAt(defaults, path.replace("upstreams.*", "upstreams.*.addresses.*").split("."));
}

test("docs/features.md names no option that does not exist, and no other default than the real one", () => {
  const options = named.flatMap(({ text, line }) => {
    const [, path = "", written] = /^([a-z]\w*(?:\.[\w*]+)*)(?:: (.+))?$/.exec(text) ?? [];
    return isOption(path) ? [{ path, written, line }] : [];
  });
  expect(options.length).toBeGreaterThan(90);
  const wrong = options.filter(({ path, written }) => {
    // Some stand in one kind of route alone, and are another for another kind.
    const real = defaultsOf(path).map((it) => JSON.stringify(it));
    return written !== undefined && !real.includes(JSON.stringify(JSON.parse(written)));
  });
  expect(wrong.map(({ path, written }) => [path, written, defaultsOf(path)])).toEqual([]);
});

test("docs/features.md names nothing else of the program that does not exist", async () => {
  const gateway = createGateway({ routes: [{ respond: {} }] });
  const server = createProxyServer({ routes: [{ respond: {} }] });
  const help = helpText("x-proxy");
  const values = ["schema", "schema/routes", "schema/upstreams"]
    .map((name) => readFileSync(fileURLToPath(new URL(`../../src/config/${name}.ts`, import.meta.url)), "utf8"))
    .join("\n");
  const isThere = (text: string): boolean => {
    const [, option = ""] = /^([^:]+)(?:: .+)?$/.exec(text) ?? [];
    const [owner, member = ""] = text.split(".");
    if (OTHERS.has(text) || isOption(option)) return true;
    if (owner === "gateway" || owner === "server") return member in (owner === "gateway" ? gateway : server);
    if (text.startsWith("--")) return help.includes(` ${text} `);
    if (text.startsWith('"')) return values.includes(text);
    if (/^x-proxy(?: |$)/.test(text))
      return text === "x-proxy" || (COMMANDS as readonly string[]).includes(text.slice("x-proxy ".length));
    if (/^(?:unix|tcp):/.test(text)) return parseAddress(text) !== undefined;
    // A header.
    return /^-?[A-Z][a-z]*(?:-[A-Z][a-z]*)*$/.test(text);
  };
  expect(named.filter(({ text }) => !isThere(text))).toEqual([]);
  await gateway.destroy();
  await server.destroy();
});

test("an option that is wrong would be found", () => {
  for (const path of ["limits.body", "routes.*.fastcgi.root", "upstreams.*.health.maxFails", "processes.*.ini"])
    expect([path, isOption(path)]).toEqual([path, true]);
  for (const path of ["limits.bodies", "routes.fastcgi.root", "upstreams.*.health.max", "processes.*.in", "body"])
    expect([path, isOption(path)]).toEqual([path, false]);
});
