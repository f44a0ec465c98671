/**
 * The long form of a configuration: every default filled in, every path absolute, every reference good.
 * Gateway, server and supervisor run on this; nothing in it is optional in disguise.
 *
 * @module
 */

import type { PresetName } from "../presets/preset.ts";

/** What `expandConfig` makes of a `ProxyConfig`. */
export interface ResolvedConfig {
  readonly listen: readonly ResolvedListen[];
  /** Absolute; undefined when the configuration has no common document root. */
  readonly root: string | undefined;
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>;
  readonly processes: ReadonlyMap<string, ResolvedProcess>;
  readonly routes: readonly ResolvedRoute[];
  readonly limits: ResolvedLimits;
  readonly timeouts: ResolvedTimeouts;
  readonly shutdown: ResolvedShutdown;
  /** `"auto"`: developer pages for direct requests from this machine to a loopback address, plain ones for all others. */
  readonly errors: "developer" | "plain" | "auto";
}

/** Where to listen; `text` is the canonical spelling for messages. */
export type ResolvedListen =
  | {
      readonly kind: "tcp";
      /** undefined: all addresses of the machine. */
      readonly host: string | undefined;
      /** 0: any free port. */
      readonly port: number;
      readonly text: string;
    }
  | { readonly kind: "unix"; readonly path: string; readonly text: string };

/** An application and where it is reached. */
export interface ResolvedUpstream {
  readonly name: string;
  /** Empty for the upstream of a PHP of our own, until that chose its socket. */
  readonly addresses: readonly ResolvedAddress[];
  /** Requests at once an address, where the address itself does not say. */
  readonly capacity: number | undefined;
}

/** One address of an application with its limits. */
export interface ResolvedAddress {
  /** Canonical address text; UNIX paths are absolute. */
  readonly address: string;
  /** Requests at once; undefined: not known. */
  readonly capacity: number | undefined;
  /** Requests at once on one connection. */
  readonly multiplex: number;
  /** Connections at once; undefined: as many as `capacity` needs. */
  readonly connections: number | undefined;
}

/** An application process to start, watch and stop. */
export type ResolvedProcess = ResolvedCommandProcess | ResolvedPhpProcess;

/** A PHP of our own. */
export type ResolvedPhpProcess = ResolvedPhpFpmProcess | ResolvedPhpCgiProcess;

/** A program that listens by itself. */
export interface ResolvedCommandProcess {
  readonly kind: "command";
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** A text sets a variable, `true` passes ours on. */
  readonly environment: ReadonlyMap<string, string | true>;
  readonly user: string | undefined;
  readonly upstream: string;
}

/** A PHP-FPM of our own. */
export interface ResolvedPhpFpmProcess {
  readonly kind: "php-fpm";
  readonly name: string;
  /** undefined: to be looked for. */
  readonly program: string | undefined;
  readonly user: string | undefined;
  readonly upstream: string;
  readonly ini: ReadonlyMap<string, string>;
}

/** A pool of php-cgi of our own. */
export interface ResolvedPhpCgiProcess {
  readonly kind: "php-cgi";
  readonly name: string;
  /** undefined: to be looked for. */
  readonly program: string | undefined;
  readonly user: string | undefined;
  readonly upstream: string;
  readonly ini: ReadonlyMap<string, string>;
  /** Requests after which a worker is replaced; 0: never. */
  readonly maxRequests: number;
}

/** One route. At least one of `fastcgi` and `static` is there; with both, files that are no scripts come from the root. */
export interface ResolvedRoute {
  /** Position in the configuration, for messages. */
  readonly index: number;
  readonly match: ResolvedMatch;
  readonly fastcgi: ResolvedFastCGIRoute | undefined;
  readonly static: ResolvedStaticRoute | undefined;
  /** Path patterns that nobody gets. */
  readonly deny: readonly string[];
  /** Absolute: folders outside of the document root that its links may lead into. */
  readonly links: readonly string[];
  /** The preset that the route came from, for messages. */
  readonly preset: PresetName | undefined;
}

/** Conditions; an empty list is no condition. */
export interface ResolvedMatch {
  /** Path patterns as written. */
  readonly paths: readonly string[];
  /** Upper case as a rule; compared as they are. */
  readonly methods: readonly string[];
  /** Lower case. */
  readonly hosts: readonly string[];
}

/** An application answers. */
export interface ResolvedFastCGIRoute {
  readonly upstream: string;
  /** Absolute when `checkFiles`; else as written: a folder on the application's machine. */
  readonly root: string | undefined;
  /** Empty: every request reaches the application. */
  readonly extensions: readonly string[];
  readonly index: readonly string[];
  readonly tryFiles: readonly string[];
  readonly checkFiles: boolean;
  readonly params: ReadonlyMap<string, string>;
  /**
   * `"on"`: request bodies are collected, and what a client does not take of a response is stored. `"off"`: both are passed on as they
   * come. `"known-length"`: as `"on"`, but request bodies of known length are passed on as they come.
   */
  readonly buffer: "on" | "off" | "known-length";
}

/** Files are served. */
export interface ResolvedStaticRoute {
  readonly root: string;
  readonly index: readonly string[];
  /** Milliseconds; undefined: no Cache-Control. */
  readonly maxAge: number | undefined;
  readonly immutable: boolean;
  /** File name extensions that are never served as text, lower case: those of scripts. */
  readonly neverServe: readonly string[];
}

/** Bytes and lines. */
export interface ResolvedLimits {
  /** Infinity: any size. */
  readonly body: number;
  /** Bytes a second; 0: none. */
  readonly bodyRate: number;
  readonly spool: ResolvedSpool;
  readonly headerBytes: number;
  readonly headerLines: number;
  readonly target: number;
  readonly responseHeaderBytes: number;
  readonly responseHeaderLines: number;
}

/** Where bodies wait that are too large for memory. */
export interface ResolvedSpool {
  /** Absolute; undefined: the system's folder for temporary files. */
  readonly folder: string | undefined;
  /** Bytes. */
  readonly quota: number;
}

/** Milliseconds. */
export interface ResolvedTimeouts {
  readonly requestHead: number;
  readonly requestBody: number;
  readonly request: number;
  readonly response: number;
  readonly keepAlive: number;
  readonly queue: number;
  readonly connect: number;
  readonly send: number;
  readonly firstByte: number;
  readonly idle: number;
}

/** Milliseconds. */
export interface ResolvedShutdown {
  readonly grace: number;
}
