/**
 * The long form of a configuration: every default filled in, every path absolute, every reference good.
 * Gateway, server and supervisor run on this; nothing in it is optional in disguise.
 *
 * @module
 */

import type { HandlerInput } from "../embedded/fetch-handler.ts";
import type { PresetName } from "../presets/preset.ts";
import type { ResolvedAccess } from "./access-config.ts";
import type { ResolvedAdmin } from "./admin-config.ts";
import type { ResolvedAuthorize } from "./authorize-config.ts";
import type { ResolvedCgiRoute } from "./cgi-config.ts";
import type { ResolvedClientLimit } from "./client-limit-config.ts";
import type { ResolvedFilterRoute } from "./filter-config.ts";
import type { ResolvedListen } from "./listen-config.ts";
import type { ResolvedLog } from "./log-config.ts";
import type { ResolvedRedirect, ResolvedRespond } from "./resolved-answers.ts";
import type { ResolvedResponseRules } from "./response-config.ts";
import type { ResolvedUpstream } from "./upstream-config.ts";

/** What `expandConfig` makes of a `ProxyConfig`. */
export interface ResolvedConfig {
  /** Where to listen. */
  readonly listen: readonly ResolvedListen[];
  /** Absolute; undefined when the configuration has no common document root. */
  readonly root: string | undefined;
  /** The system user of the worker, when root starts the program; undefined: the distribution's web user. */
  readonly user: string | undefined;
  /** The applications, by name. */
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>;
  /** The application processes to run, by name. */
  readonly processes: ReadonlyMap<string, ResolvedProcess>;
  /** The routes in the order in which they are tried. */
  readonly routes: readonly ResolvedRoute[];
  /** How much clients and applications may send. */
  readonly limits: ResolvedLimits;
  /** How long each step of a request may take. */
  readonly timeouts: ResolvedTimeouts;
  /** How the program ends. */
  readonly shutdown: ResolvedShutdown;
  /** What the program writes down. */
  readonly log: ResolvedLog;
  /** Where the admin socket is; false: there is none. */
  readonly admin: ResolvedAdmin | false;
  /** For what no route answers. */
  readonly responses: ResolvedResponseRules;
  /** Whose word about the client counts. */
  readonly trustProxy: ResolvedTrust;
  /** `"auto"`: developer pages for direct requests from this machine to a loopback address, plain ones for all others. */
  readonly errors: "developer" | "plain" | "auto";
  /** Where a person finds each folder and module that the configuration names, by absolute path: `x.config.ts:7: routes[0].static.root`. */
  readonly places: ReadonlyMap<string, string>;
}

/** A place to listen; `text` is the canonical spelling for messages. */
export type ListenPlace =
  | {
      /** A TCP port. */
      readonly kind: "tcp";
      /** undefined: all addresses of the machine. */
      readonly host: string | undefined;
      /** 0: any free port. */
      readonly port: number;
      /** The canonical spelling, such as `127.0.0.1:8080`. */
      readonly text: string;
    }
  | {
      /** A UNIX socket. */
      readonly kind: "unix";
      /** Absolute. */
      readonly path: string;
      /** The canonical spelling, such as `unix:/run/site.sock`. */
      readonly text: string;
    };

/** An application process to start, watch and stop. */
export type ResolvedProcess = ResolvedCommandProcess | ResolvedPhpProcess;

/** A PHP of our own. */
export type ResolvedPhpProcess = ResolvedPhpFpmProcess | ResolvedPhpCgiProcess;

/** A program that listens by itself. */
export interface ResolvedCommandProcess {
  /** A program that listens by itself. */
  readonly kind: "command";
  /** Its name in the configuration. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Working folder, absolute. */
  readonly cwd: string;
  /** A text sets a variable, `true` passes ours on. */
  readonly environment: ReadonlyMap<string, string | true>;
  /** System user to run as, when started as root; undefined: the owner of the document root, never root. */
  readonly user: string | undefined;
  /** Milliseconds until it listens. */
  readonly startTimeout: number;
  /** Name of the upstream that it serves. */
  readonly upstream: string;
}

/** A PHP-FPM of our own. */
export interface ResolvedPhpFpmProcess {
  /** A master with a pool. */
  readonly kind: "php-fpm";
  /** Its name in the configuration. */
  readonly name: string;
  /** undefined: to be looked for. */
  readonly program: string | undefined;
  /** As {@link ResolvedCommandProcess.user}. */
  readonly user: string | undefined;
  /** Name of the upstream that it serves; its `capacity` becomes `pm.max_children`. */
  readonly upstream: string;
  /** php.ini values. */
  readonly ini: ReadonlyMap<string, string>;
}

/** A pool of php-cgi of our own. */
export interface ResolvedPhpCgiProcess {
  /** A master with workers. */
  readonly kind: "php-cgi";
  /** Its name in the configuration. */
  readonly name: string;
  /** undefined: to be looked for. */
  readonly program: string | undefined;
  /** As {@link ResolvedCommandProcess.user}. */
  readonly user: string | undefined;
  /** Name of the upstream that it serves; its `capacity` becomes `PHP_FCGI_CHILDREN`. */
  readonly upstream: string;
  /** php.ini values. */
  readonly ini: ReadonlyMap<string, string>;
  /** Requests after which a worker is replaced; 0: never. */
  readonly maxRequests: number;
}

/** One route. What answers is there; with both `fastcgi` and `static`, files that are no scripts come from the root. */
export interface ResolvedRoute {
  /** Position in the configuration, for messages. */
  readonly index: number;
  /** Which requests it takes. */
  readonly match: ResolvedMatch;
  /** The application that answers, if one does. */
  readonly fastcgi: ResolvedFastCGIRoute | undefined;
  /** The files that are served, if any are. */
  readonly static: ResolvedStaticRoute | undefined;
  /** Path patterns that nobody gets. */
  readonly deny: readonly string[];
  /** Absolute: folders outside of the document root that its links may lead into. */
  readonly links: readonly string[];
  /** Those of the configuration are among them. */
  readonly responses: ResolvedResponseRules;
  /** Who may use it; undefined: everybody. */
  readonly access: ResolvedAccess | undefined;
  /** How much one client may ask of it; undefined: anything. */
  readonly limitClient: ResolvedClientLimit | undefined;
  /** What is answered here, if anything is. */
  readonly respond: ResolvedRespond | undefined;
  /** Where the client is sent, if it is. */
  readonly redirect: ResolvedRedirect | undefined;
  /** A template. */
  readonly rewrite: string | undefined;
  /** Begins with a slash and does not end with one; empty: the root. Latin-1. */
  readonly mount: string;
  /** Only for requests that the gateway makes itself: others get 404. */
  readonly internal: boolean;
  /** The preset that the route came from, for messages. */
  readonly preset: PresetName | undefined;
  /** The application that files are sent through, if one is. */
  readonly filter: ResolvedFilterRoute | undefined;
  /** The programs that answer, if any do. */
  readonly cgi: ResolvedCgiRoute | undefined;
  /** Of a module the absolute path. */
  readonly handler: HandlerInput | undefined;
  /** Asked in turn, before anything else is done with a request. */
  readonly authorize: readonly ResolvedAuthorize[];
}

/** Conditions; an empty list is no condition. */
export interface ResolvedMatch {
  /** Path patterns as written. */
  readonly paths: readonly string[];
  /** For the whole path; undefined: none. */
  readonly regex: string | undefined;
  /** undefined: both. */
  readonly scheme: "http" | "https" | undefined;
  /** Upper case as a rule; compared as they are. */
  readonly methods: readonly string[];
  /** Lower case. */
  readonly hosts: readonly string[];
}

/** An application answers. */
export interface ResolvedFastCGIRoute {
  /** Name of the upstream. */
  readonly upstream: string;
  /** Absolute when `checkFiles`; else as written: a folder on the application's machine. */
  readonly root: string | undefined;
  /** Empty: every request reaches the application. */
  readonly extensions: readonly string[];
  /** Files that answer for a folder, tried in order. */
  readonly index: readonly string[];
  /** What answers a path that is no script, tried in order, as in `FastCGIRouteConfig`. */
  readonly tryFiles: readonly string[];
  /** Is the root on this machine, so that it can be seen whether a script is there? */
  readonly checkFiles: boolean;
  /** The root as the application sees it, as written; undefined: `root`. */
  readonly rootOnBackend: string | undefined;
  /** Name the root without its links to the application? */
  readonly resolveRoot: boolean;
  /** Params over all others of the same name. */
  readonly params: ReadonlyMap<string, string>;
  /** What the application may order to be sent. */
  readonly sendfile: ResolvedSendfile;
  /**
   * `"on"`: request bodies are collected, and what a client does not take of a response is stored. `"off"`: both are passed on as they
   * come. `"known-length"`: as `"on"`, but request bodies of known length are passed on as they come.
   */
  readonly buffer: "on" | "off" | "known-length";
  /** What becomes of a request whose client goes away. */
  readonly onClientAbort: "abort" | "finish";
}

/** Files that are sent for an application. */
export interface ResolvedSendfile {
  /** Absolute. */
  readonly roots: readonly string[];
  /** By `X-Accel-Redirect` too, as nginx has it? */
  readonly accel: boolean;
  /** File name extensions that are never sent, lower case: those of scripts. */
  readonly neverServe: readonly string[];
}

/** Files are served. */
export interface ResolvedStaticRoute {
  /** The folder, absolute. */
  readonly root: string;
  /** Files that answer for a folder, tried in order. */
  readonly index: readonly string[];
  /** Milliseconds; undefined: no Cache-Control. */
  readonly maxAge: number | undefined;
  /** Is `immutable` added to Cache-Control? */
  readonly immutable: boolean;
  /** File name extensions that are never served as text, lower case: those of scripts. */
  readonly neverServe: readonly string[];
}

/** Bytes and lines. */
export interface ResolvedLimits {
  /** Infinity: as many as the process can open. */
  readonly connections: number;
  /** Infinity: any. */
  readonly connectionsPerAddress: number;
  /** Milliseconds that the event loop may be late; Infinity: any. */
  readonly lag: number;
  /** Requests at once on a connection of HTTP/2. */
  readonly streams: number;
  /** Infinity: any size. */
  readonly body: number;
  /** Bytes a second; 0: none. */
  readonly bodyRate: number;
  /** Where bodies wait that are too large for memory. */
  readonly spool: ResolvedSpool;
  /** Small files that are held in memory; no entries: none are. */
  readonly fileCache: ResolvedFileCache;
  /** Bytes of all request header lines together; more is 431. */
  readonly headerBytes: number;
  /** Request header lines; more is 431. */
  readonly headerLines: number;
  /** Bytes of the request target; more is 414. */
  readonly target: number;
  /** Bytes of an application's response head; more is 502. */
  readonly responseHeaderBytes: number;
  /** Lines of an application's response head; more is 502. */
  readonly responseHeaderLines: number;
}

/** Where bodies wait that are too large for memory. */
export interface ResolvedSpool {
  /** Absolute; undefined: the system's folder for temporary files. */
  readonly folder: string | undefined;
  /** Bytes. */
  readonly quota: number;
}

/** Small files that are held in memory. */
export interface ResolvedFileCache {
  /** Files. */
  readonly entries: number;
  /** Bytes of all of them together. */
  readonly bytes: number;
  /** Bytes of one. */
  readonly fileBytes: number;
}

/** Milliseconds. */
export interface ResolvedTimeouts {
  /** For a client's request head. */
  readonly requestHead: number;
  /** Silence within a request body; 0: any. */
  readonly requestBody: number;
  /** For a client's whole request, body included; 0: any. */
  readonly request: number;
  /** That a client may take nothing of a response; 0: any. */
  readonly response: number;
  /** That a client's connection may be idle between requests. */
  readonly keepAlive: number;
  /** For PROXY protocol header and TLS handshake. */
  readonly handshake: number;
  /** Waiting for a free connection to the application. */
  readonly queue: number;
  /** Connecting to the application. */
  readonly connect: number;
  /** That an application may take nothing of a request. */
  readonly send: number;
  /** To the first byte of the answer. */
  readonly firstByte: number;
  /** Between two pieces of the answer. */
  readonly idle: number;
}

/** Who may say on behalf of whom he asks. */
export interface ResolvedTrust {
  /** Addresses, networks, and names such as `loopback`. */
  readonly addresses: readonly string[];
  /** The header in which they name the client. */
  readonly header: "x-forwarded-for" | "forwarded";
}

/** Milliseconds. */
export interface ResolvedShutdown {
  /** That running requests get to finish after SIGTERM. */
  readonly grace: number;
}
