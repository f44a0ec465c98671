import { resolve } from "node:path";

import { parseApplicationAddress } from "@x/protocol/address";

import { expandAdmin } from "./admin-config.ts";
import { checkAddresses } from "./check-addresses.ts";
import { type ConfigSource, configError, formatKeyPlace } from "./config-source.ts";
import type { ProcessConfig, ProxyConfig } from "./define-config.ts";
import type { FileCacheConfig, LimitsConfig, TimeoutsConfig } from "./define-limits.ts";
import { DURATIONS, LONGEST_WAIT, parseDuration } from "./duration.ts";
import { expandRoute } from "./expand-route.ts";
import type { ConfigProblem, KeyPath } from "./key-path.ts";
import { type ResolvedListen, expandListen } from "./listen-config.ts";
import { expandLog } from "./log-config.ts";
import { namedPlaces } from "./named-places.ts";
import { didYouMean } from "./nearest-name.ts";
import type {
  ResolvedConfig,
  ResolvedLimits,
  ResolvedProcess,
  ResolvedTimeouts,
  ResolvedTrust,
} from "./resolved-config.ts";
import { checkCommonRules } from "./response-config.ts";
import { checkShape } from "./schema.ts";
import { SIZES, parseSize } from "./size.ts";
import { type ResolvedUpstream, expandUpstream } from "./upstream-config.ts";

/**
 * Checks a configuration and gives its long form: shorthands spelled out, defaults filled in, paths absolute.
 *
 * @throws FastCGIError `FCGI_ERR_CONFIG`; the message has one line for each thing that is wrong, with the key and, where
 *   one comes near, the name that was probably meant
 */
export function expandConfig(config: ProxyConfig, source: ConfigSource = {}): ResolvedConfig {
  const shape = checkShape(config);
  if (shape.problems !== undefined) throw configError(shape.problems, source);
  const problems: ConfigProblem[] = [];
  const resolved = new Expansion(shape.config, source, problems).run();
  if (problems.length > 0) throw configError(problems, source);
  return resolved;
}

/** Is it a long form already? */
export function isResolvedConfig(config: ProxyConfig | ResolvedConfig): config is ResolvedConfig {
  return config.upstreams instanceof Map;
}

/** What the parts of an expansion share. */
export class Expansion {
  readonly config: ProxyConfig;
  readonly folder: string;
  readonly root: string | undefined;
  /** Where it listens: known before the routes are. */
  listen: readonly ResolvedListen[] = [];
  /** Those that the routes may name, without the addresses that are none. */
  upstreams: ReadonlyMap<string, ResolvedUpstream> = new Map();
  readonly #source: ConfigSource;
  readonly #problems: ConfigProblem[];

  constructor(config: ProxyConfig, source: ConfigSource, problems: ConfigProblem[]) {
    this.config = config;
    this.folder = source.folder ?? process.cwd();
    this.#source = source;
    this.#problems = problems;
    this.root = config.root === undefined ? undefined : this.path(config.root);
  }

  run(): ResolvedConfig {
    const { config } = this;
    this.listen = expandListen(this);
    const upstreams = new Map(
      Object.entries(config.upstreams ?? {}).map(([name, it]) => [
        name,
        expandUpstream(this, name, it, this.#hasOwnPhp(name)),
      ]),
    );
    this.upstreams = upstreams;
    const processes = new Map(
      Object.entries(config.processes ?? {}).map(([name, it]) => [name, this.#process(name, it)]),
    );
    return {
      listen: this.listen,
      root: this.root,
      user: config.user,
      upstreams,
      processes,
      routes: config.routes.map((route, index) => expandRoute(this, route, index, upstreams)),
      limits: this.#limits(config.limits ?? {}),
      timeouts: this.#timeouts(config.timeouts ?? {}),
      log: expandLog(this, config.log),
      admin: expandAdmin(this, config.admin),
      responses: checkCommonRules(this),
      trustProxy: this.#trust(config.trustProxy ?? []),
      shutdown: { grace: this.duration(["shutdown", "grace"], config.shutdown?.grace, 30_000) },
      errors: config.errors ?? "auto",
      places: namedPlaces(this, config),
    };
  }

  problem(path: KeyPath, message: string): void {
    this.#problems.push({ path, message });
  }

  /** Where a person finds a key, for what is found wrong later: `x.config.ts:7: tls.cert`. */
  place(path: KeyPath): string {
    return formatKeyPlace(path, this.#source);
  }

  /** A path of the configuration, absolute. */
  path(written: string): string {
    return resolve(this.folder, written);
  }

  /** The addresses whose word about the client counts. */
  get trusted(): readonly string[] {
    const { trustProxy = [] } = this.config;
    return "addresses" in trustProxy ? trustProxy.addresses : trustProxy;
  }

  /** Notes each entry that is no address and no network. */
  checkAddresses(path: KeyPath, addresses: readonly string[]): void {
    checkAddresses(this, path, addresses);
  }

  /** Notes a problem unless an upstream of that name exists. */
  checkUpstream(path: KeyPath, name: string): void {
    const known = Object.keys(this.config.upstreams ?? {});
    if (known.includes(name)) return;
    const advice = didYouMean(name, known) || ' Add it to "upstreams".';
    this.problem(path, `${JSON.stringify(name)} is not defined.${advice}`);
  }

  /**
   * Milliseconds, also as a text such as `"10s"`; what is neither is a problem.
   *
   * @param most what somebody waits for is no longer than a timer can be
   */
  duration(path: KeyPath, written: number | string | undefined, or: number, most: number = LONGEST_WAIT): number {
    const parsed = typeof written === "string" ? parseDuration(written) : (written ?? or);
    if (parsed === undefined) this.problem(path, `must be ${DURATIONS}, not ${JSON.stringify(written)}.`);
    else if (!(parsed >= 0)) this.problem(path, `must not be negative, and is ${written}.`);
    else if (parsed > most) this.problem(path, `must be at most 24d, and is ${written}.`);
    else return parsed;
    return or;
  }

  /** Bytes, also as a text such as `"64k"`; what is neither is a problem. */
  size(path: KeyPath, written: number | string | undefined, or: number, least = 1): number {
    const parsed = typeof written === "string" ? parseSize(written) : (written ?? or);
    if (parsed === undefined) this.problem(path, `must be ${SIZES}, not ${JSON.stringify(written)}.`);
    else if (!Number.isInteger(parsed)) this.problem(path, "must be a whole number.");
    else if (parsed < least) this.problem(path, least === 0 ? "must not be negative." : `must be at least ${least}.`);
    else return parsed;
    return or;
  }

  /** Does an upstream of that name have an address of an application that speaks SCGI? */
  hasScgi(name: string): boolean {
    const addresses = this.upstreams.get(name)?.addresses ?? [];
    return addresses.some(({ address }) => parseApplicationAddress(address).protocol === "scgi");
  }

  /** Is there a process that chooses a socket by itself? */
  #hasOwnPhp(upstream: string): boolean {
    return Object.values(this.config.processes ?? {}).some((it) => it.kind !== "command" && it.upstream === upstream);
  }

  #process(name: string, it: ProcessConfig): ResolvedProcess {
    this.checkUpstream(["processes", name, "upstream"], it.upstream);
    if (it.kind !== "command") {
      const program = it.program?.includes("/") === true ? this.path(it.program) : it.program;
      const ini = new Map(Object.entries(it.ini ?? {}));
      const common = { name, program, user: it.user, upstream: it.upstream, ini };
      if (it.kind === "php-fpm") return { kind: "php-fpm", ...common };
      return { kind: "php-cgi", ...common, maxRequests: it.maxRequests ?? 0 };
    }
    return {
      kind: "command",
      name,
      command: it.command,
      cwd: this.path(it.cwd ?? "."),
      environment: new Map(Object.entries(it.environment ?? {})),
      user: it.user,
      startTimeout: this.duration(["processes", name, "startTimeout"], it.startTimeout, 60_000),
      upstream: it.upstream,
    };
  }

  #trust(it: NonNullable<ProxyConfig["trustProxy"]>): ResolvedTrust {
    const long = "addresses" in it ? it : { addresses: it };
    const path = "addresses" in it ? ["trustProxy", "addresses"] : ["trustProxy"];
    checkAddresses(this, path, long.addresses);
    return { addresses: long.addresses, header: long.header ?? "x-forwarded-for" };
  }

  #limits(limits: LimitsConfig): ResolvedLimits {
    const { body, bodyRate, lag, spool = {} } = limits;
    const size = (key: SizeLimit, or: number): number => this.size(["limits", key], limits[key], or);
    return {
      connections: limits.connections || Infinity,
      connectionsPerAddress: limits.connectionsPerAddress || Infinity,
      lag: lag === undefined || lag === false ? Infinity : this.duration(["limits", "lag"], lag, 0) || Infinity,
      streams: limits.streams ?? 100,
      body: body === false ? Infinity : this.size(["limits", "body"], body, 134_217_728),
      bodyRate: typeof bodyRate === "string" ? this.size(["limits", "bodyRate"], bodyRate, 500, 0) : (bodyRate ?? 500),
      spool: {
        folder: spool.folder === undefined ? undefined : this.path(spool.folder),
        quota: this.size(["limits", "spool", "quota"], spool.quota, 1_073_741_824),
      },
      fileCache: this.#fileCache(limits.fileCache ?? {}),
      headerBytes: size("headerBytes", 16_384),
      headerLines: limits.headerLines ?? 100,
      target: size("target", 8_192),
      responseHeaderBytes: size("responseHeaderBytes", 65_536),
      responseHeaderLines: limits.responseHeaderLines ?? 200,
    };
  }

  #fileCache(cache: false | FileCacheConfig): ResolvedLimits["fileCache"] {
    if (cache === false) return { entries: 0, bytes: 0, fileBytes: 0 };
    return {
      entries: cache.entries ?? 1_000,
      bytes: this.size(["limits", "fileCache", "bytes"], cache.bytes, 16_777_216),
      fileBytes: this.size(["limits", "fileCache", "fileBytes"], cache.fileBytes, 65_536),
    };
  }

  #timeouts(timeouts: TimeoutsConfig): ResolvedTimeouts {
    const time = (key: keyof TimeoutsConfig, or: number): number => this.duration(["timeouts", key], timeouts[key], or);
    return {
      requestHead: time("requestHead", 10_000),
      requestBody: time("requestBody", 30_000),
      request: time("request", 0),
      response: time("response", 30_000),
      keepAlive: time("keepAlive", 75_000),
      handshake: time("handshake", 10_000),
      queue: time("queue", 5_000),
      connect: time("connect", 2_000),
      send: time("send", 30_000),
      firstByte: time("firstByte", 60_000),
      idle: time("idle", 60_000),
    };
  }
}

/** Sizes that need no more than a number. */
type SizeLimit = "headerBytes" | "target" | "responseHeaderBytes";
