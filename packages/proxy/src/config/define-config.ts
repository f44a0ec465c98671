/**
 * The configuration as a person writes it. `expandConfig` turns it into what the program runs on.
 *
 * @module
 */

import type { HandlerInput } from "../embedded/fetch-handler.ts";
import type { PresetName } from "../presets/preset.ts";
import type { AccessConfig } from "./access-config.ts";
import type { AdminConfig } from "./admin-config.ts";
import type { AuthorizeConfig } from "./authorize-config.ts";
import type { CgiRouteConfig } from "./cgi-config.ts";
import type { ClientLimitConfig } from "./client-limit-config.ts";
import type { RedirectConfig, RespondConfig } from "./define-answers.ts";
import type { LimitsConfig, ShutdownConfig, TimeoutsConfig } from "./define-limits.ts";
import type { ErrorPagesConfig } from "./error-pages-config.ts";
import type { FilterRouteConfig } from "./filter-config.ts";
import type { ListenConfig, TlsConfig } from "./listen-config.ts";
import type { LogConfig } from "./log-config.ts";
import type { CompressConfig, HeaderRules, HstsConfig } from "./response-config.ts";
import type { UpstreamConfig } from "./upstream-config.ts";

export type { LimitsConfig, TimeoutsConfig } from "./define-limits.ts";

/** Everything that `x.config.ts`, `.json` or `.yaml` may say. Unknown keys are errors. */
export interface ProxyConfig {
  /**
   * Where to listen: `"127.0.0.1:8080"`, `"[::1]:8080"`, `":8080"` (all addresses of the machine), `"unix:/run/site.sock"`; with
   * `"https://"` before an address, encrypted by `tls`.
   *
   * @default ["127.0.0.1:8080"]; with `tls` ["https://127.0.0.1:8443"]
   */
  listen?: readonly (string | ListenConfig)[] | undefined;
  /** Certificates of all addresses of `listen` that begin with `"https://"`, or have `tls: true`. */
  tls?: TlsConfig | undefined;
  /** The document root of every route that names none of its own. Relative to the configuration's folder. */
  root?: string | undefined;
  /**
   * The system user that whatever answers requests becomes when root starts `x-proxy` (nginx `user`): only a process that listens for signals
   * and keeps sockets and applications stays root. Never root.
   *
   * @default the distribution's web user: `www-data`, `http`, `nginx`, `apache`, `_www`, else `nobody`
   */
  user?: string | undefined;
  /** Applications by name; a route refers to one by this name. */
  upstreams?: Readonly<Record<string, UpstreamConfig>> | undefined;
  /** Application processes that the program starts and keeps alive, by name. */
  processes?: Readonly<Record<string, ProcessConfig>> | undefined;
  /** What answers which request. Tried in order, the first match wins; no match is a 404. */
  routes: readonly RouteConfig[];
  /** How much clients and applications may send. @default those of {@link LimitsConfig} */
  limits?: LimitsConfig | undefined;
  /** How long each step of a request may take. @default those of {@link TimeoutsConfig} */
  timeouts?: TimeoutsConfig | undefined;
  /** How the program ends. @default that of {@link ShutdownConfig} */
  shutdown?: ShutdownConfig | undefined;
  /**
   * Proxies that may say who the client is: addresses and networks (`"10.0.0.1"`, `"10.0.0.0/8"`), `"unix:"` for whoever comes over a UNIX
   * socket, `"loopback"`, `"private"`. Of such a proxy's X-Forwarded-For, the last address that is none of these is the client's
   * (nginx `set_real_ip_from` with `real_ip_recursive`); the last X-Forwarded-Proto, -Host and -Port say what it asked for. A stranger's are
   * removed, and his X-Forwarded-For becomes his own address.
   *
   * @default []
   */
  trustProxy?: readonly string[] | TrustConfig | undefined;
  /** What happens to the headers of all responses (nginx `add_header … always`). */
  headers?: HeaderRules | undefined;
  /**
   * Compress text on its way to clients that take it: zstd, brotli or gzip. Never part of a body, what is compressed already or forbids it,
   * nor server-sent events. Responses that set cookies stay as they are, see `withCookies`.
   *
   * @default false
   */
  compress?: boolean | CompressConfig | undefined;
  /**
   * Pages for errors, by status: `{ "404": "/errors/404.html", "5xx": "/errors/down.html" }`. A request that cannot be read has the plain page.
   */
  errorPages?: ErrorPagesConfig | undefined;
  /** Also in place of errors that applications answer with (nginx `fastcgi_intercept_errors`). @default false */
  interceptErrors?: boolean | undefined;
  /** What `x-proxy` writes down. */
  log?: LogConfig | undefined;
  /** Where `x-proxy status`, `drain` and `restore` reach the running program; `false`: nowhere. @default those of {@link AdminConfig} */
  admin?: false | AdminConfig | undefined;
  /** Tell browsers to ask by https alone, with responses to https requests: `true` for a year. @default false */
  hsts?: boolean | HstsConfig | undefined;
  /**
   * How much an error page tells. `"developer"`: upstream, phase, code, the application's stderr and what to do, to
   * everybody who asks; `"plain"`: status and request id only.
   *
   * @default `"developer"` for a request from this machine to a loopback address that no other proxy passed on, else `"plain"`
   */
  errors?: "developer" | "plain" | undefined;
}

/** Proxies in front, and what they say. */
export interface TrustConfig {
  /** Addresses, networks such as `10.0.0.0/8`, and names such as `loopback`. */
  addresses: readonly string[];
  /** The one that these proxies write; the other may be a client's, and is removed. @default "x-forwarded-for" */
  header?: "x-forwarded-for" | "forwarded" | undefined;
}

/** An application process that the program starts, watches and stops. */
export type ProcessConfig = CommandProcessConfig | PhpFpmProcessConfig | PhpCgiProcessConfig;

/** A program that listens by itself on the address of its upstream. */
export interface CommandProcessConfig {
  /** A program that listens by itself. */
  kind: "command";
  /** Program and arguments. There is no shell in between. */
  command: readonly string[];
  /** Working folder. @default the configuration's folder */
  cwd?: string | undefined;
  /** Environment: a text sets a variable, `true` passes on ours. All other variables of ours stay away, but for `PATH`, `HOME`, `LANG` and `TZ`. */
  environment?: Readonly<Record<string, string | true>> | undefined;
  /** System user to run as, when started as root. @default the owner of the document root, never root */
  user?: string | undefined;
  /**
   * Milliseconds, or a text such as `"2m"`, until it listens; one that takes longer is ended and started again (Passenger's `passenger_start_timeout`). The server does
   * not wait for it longer than 10 s: what comes before it listens is answered with an error page.
   *
   * @default 60_000
   */
  startTimeout?: number | string | undefined;
  /** Name of the upstream that this process serves. */
  upstream: string;
}

/** A PHP-FPM of our own: master, pool file and socket are made at start and removed at the end. */
export interface PhpFpmProcessConfig {
  /** A PHP-FPM that we configure. */
  kind: "php-fpm";
  /** The program. @default the newest `php-fpm` that is installed */
  program?: string | undefined;
  /** System user to run as, when started as root. @default the owner of the document root, never root */
  user?: string | undefined;
  /** Name of the upstream that this process serves; its `capacity` becomes `pm.max_children`. */
  upstream: string;
  /** php.ini values, such as `{ memory_limit: "256M" }`. */
  ini?: Readonly<Record<string, string>> | undefined;
}

/** A pool of php-cgi of our own, for machines without PHP-FPM: a master and as many workers as the upstream's `capacity`. */
export interface PhpCgiProcessConfig {
  /** Workers of php-cgi that we configure. */
  kind: "php-cgi";
  /** The program. @default the newest `php-cgi` that is installed */
  program?: string | undefined;
  /** System user to run as, when started as root. @default the owner of the document root, never root */
  user?: string | undefined;
  /** Name of the upstream that this process serves; its `capacity` becomes `PHP_FCGI_CHILDREN`. */
  upstream: string;
  /** php.ini values, such as `{ memory_limit: "256M" }`. */
  ini?: Readonly<Record<string, string>> | undefined;
  /** Requests after which a worker is replaced by a new one (`PHP_FCGI_MAX_REQUESTS`); 0: never. @default 0 */
  maxRequests?: number | undefined;
}

/**
 * One route: which requests, and what answers them. Exactly one of `php`, `fastcgi`, `static`, `filter`, `cgi`, `handler`, `respond`,
 * `redirect`, `rewrite` and `acme`, or `fastcgi` and `static` together.
 */
export interface RouteConfig {
  /** Which requests; a text is a path pattern. @default all */
  match?: string | MatchConfig | undefined;
  /**
   * Short for a PHP site in the document root: existing files are served, `.php` files are run by the named upstream, everything
   * else goes to `/index.php`.
   */
  php?: string | undefined;
  /**
   * Beside `php`: what kind of site lies in the document root. It decides about the document root itself (`public` of a Laravel or
   * Symfony project), the front controller and the paths that nobody gets. `"none"`: the root as it is, `/index.php`, nothing denied.
   *
   * @default detected by the files in the document root
   */
  preset?: PresetName | "none" | undefined;
  /** An application answers. With `static` beside it, files that are no scripts are served from the root. */
  fastcgi?: FastCGIRouteConfig | undefined;
  /** Files from the root. */
  static?: true | StaticRouteConfig | undefined;
  /** Always the same answer (nginx `return`). */
  respond?: RespondConfig | undefined;
  /**
   * The client is sent elsewhere: `"https://{host}{uri}"`. A text is short for `{ to, status: 302 }`. `"https"` is short for
   * requests of http alone, to the same place of https, with 308 (nginx `return 308 https://$host$request_uri`).
   */
  redirect?: string | RedirectConfig | undefined;
  /**
   * Starts over with another path, within the server (nginx `rewrite`, at most 10 times): `"/index.php?page=$1"`, with the placeholders of
   * `redirect`. Method, body and REQUEST_URI stay. The query of the request is added to that of the new path, unless the new path ends
   * with `?`.
   */
  rewrite?: string | undefined;
  /**
   * Short for the files of an ACME client that writes its challenges into this folder (certbot's `--webroot-path`): a route for
   * `/.well-known/acme-challenge/*`, to be put before one that redirects to https.
   */
  acme?: string | undefined;
  /**
   * The path below which the route lies, such as `"/blog"`. The application and the folder see the rest of the path alone, `SCRIPT_NAME`
   * holds all of it; `tryFiles` are of the route. `/blog` itself leads to `/blog/`, or, where there are no files, to the application.
   *
   * @default `/below` of a route with `cgi`, or with `filter` and a root of its own, whose match is `/below/*` alone; else the root
   */
  mount?: string | undefined;
  /** The document root of this route. @default `root` of the configuration */
  root?: string | undefined;
  /** Who may use the route, by address and by password. @default everybody */
  access?: AccessConfig | undefined;
  /** How much one client may ask of the route, counted for this route alone. @default as much as it likes */
  limitClient?: ClientLimitConfig | undefined;
  /** What happens to the headers of responses, behind the `headers` of the configuration. */
  headers?: HeaderRules | undefined;
  /** Pages for errors of this route, before those of the configuration. */
  errorPages?: ErrorPagesConfig | undefined;
  /** Also in place of errors that applications answer with (nginx `fastcgi_intercept_errors`). @default false */
  interceptErrors?: boolean | undefined;
  /** In place of `compress` of the configuration. */
  compress?: boolean | CompressConfig | undefined;
  /** Only for requests that the server itself sends here: rewrites, local redirects, error pages (nginx `internal`). @default false */
  internal?: boolean | undefined;
  /**
   * Paths of the route that nobody gets: 404. Patterns as in `match.path`, compared without regard to case; `/below/*` is the folder
   * `/below` too. Of a script only its own path counts, not what follows it. Dot files, backups, what editors leave
   * behind and `x.config.*` are never served, whatever stands here.
   *
   * @default none; beside `php` those of the preset, to which these are added
   */
  deny?: readonly string[] | undefined;
  /**
   * Folders outside of the document root that links in it may lead into (nginx `disable_symlinks`). Files there are served, scripts
   * do not run.
   *
   * @default none; beside `php` those of the preset
   */
  links?: readonly string[] | undefined;
  /** Files from the root, made into something else by an application. */
  filter?: FilterRouteConfig | undefined;
  /** Programs that are started for each request. */
  cgi?: CgiRouteConfig | undefined;
  /**
   * A fetch handler in the server's own process: a module such as `"./live.ts"`, whose default export is a function `(request) => Response`
   * or an object with it as `fetch` (a Hono application, say), or such a function itself.
   */
  handler?: HandlerInput | undefined;
  /** Applications that are asked whether a request may go on: in turn, until one refuses. @default none */
  authorize?: AuthorizeConfig | readonly AuthorizeConfig[] | undefined;
}

/** Conditions of a route; all that are given must hold. */
export interface MatchConfig {
  /**
   * `"/exact"`, `"/below/*"` (everything below, at any depth), or a glob such as `"*.jpg"` or `"/{css,js}/**"`. Compared with the
   * decoded path, case-sensitively.
   */
  path?: string | readonly string[] | undefined;
  /**
   * A regular expression for the whole decoded path, in place of or beside `path`: `"/user/([0-9]+)"`. `^` and `$` are put around it, and it
   * is of bytes: ASCII, and `\\xHH` for others. One that could take for ever on a long path is refused.
   */
  regex?: string | undefined;
  /** `"http"` or `"https"`, as the client sees it. */
  scheme?: "http" | "https" | undefined;
  /** `"GET"`, …; a path that routes have for other methods only is 405. */
  method?: string | readonly string[] | undefined;
  /** `"example.org"` or `"*.example.org"`, without port. */
  host?: string | readonly string[] | undefined;
}

/** A route that an application answers. */
export interface FastCGIRouteConfig {
  /** Name of an upstream. */
  upstream: string;
  /** The document root, as the application sees it. @default `root` of the configuration */
  root?: string | undefined;
  /**
   * Which files are scripts, such as `[".php"]`. Then only existing scripts reach the application (see `tryFiles`). Empty: every request of the route does,
   * with the whole path in `PATH_INFO`.
   *
   * @default []
   */
  extensions?: readonly string[] | undefined;
  /** Files that answer for a folder. @default `index` with the first extension, and with `static` also `index.html` */
  index?: readonly string[] | undefined;
  /**
   * What answers a path that is no script, tried in order: `{path}` is the request's path, an entry that ends with `/` is a folder
   * with an index file, the last is usually a front controller (nginx `try_files`). None: 404.
   *
   * @default ["{path}", "{path}/", "/index.php"] with the first index file
   */
  tryFiles?: readonly string[] | undefined;
  /**
   * Look in the root whether a script is there before the application is asked. `false` when the root lies on the
   * application's machine only; then nothing can be tried either.
   *
   * @default true
   */
  checkFiles?: boolean | undefined;
  /**
   * The document root as the application sees it, where that is another one than ours (containers): SCRIPT_FILENAME, DOCUMENT_ROOT and
   * PATH_TRANSLATED begin with it.
   *
   * @default `root`
   */
  rootOnBackend?: string | undefined;
  /**
   * Name the document root without its links to the application (nginx `$realpath_root`), so that an opcode cache tells two
   * deployments behind one link apart. A link that was switched is followed within a second.
   *
   * @default false
   */
  resolveRoot?: boolean | undefined;
  /** Params for the application, over all others of the same name (nginx `fastcgi_param`). */
  params?: Readonly<Record<string, string>> | undefined;
  /**
   * `"on"`: the application is asked when the request body is complete, so that a slow client holds no worker (nginx
   * `fastcgi_request_buffering`); what a slow client does not take of the response is stored for it, so that the application is done
   * when it has sent everything (`fastcgi_buffering`, but nothing is held back). `"off"`: both are passed on as they come, at the pace
   * of the slower side; a request body of unknown length then has no CONTENT_LENGTH, and PHP would see none of it.
   *
   * @default `"on"`; for a multiplexing upstream request bodies of known length are passed on as they come
   */
  buffer?: "on" | "off" | undefined;
  /**
   * What becomes of a request that the application works on when its client goes away: `"abort"` tells the application, or closes its connection; `"finish"` lets it
   * go on to its end, and its answer is for nobody (nginx `fastcgi_ignore_client_abort`). A request whose body had not come whole is aborted always.
   *
   * @default "abort"
   */
  onClientAbort?: "abort" | "finish" | undefined;
  /** What the application may order to be sent in place of its body. @default nothing: the headers are removed */
  sendfile?: SendfileConfig | undefined;
}

/** Files that are sent for an application, which may go on meanwhile. Scripts and dot files never are. */
export interface SendfileConfig {
  /** Folders whose files it may name in X-Sendfile, by their whole paths on this machine. @default none */
  roots?: readonly string[] | undefined;
  /** May it name, in X-Accel-Redirect, paths of routes that are `internal` and have files? @default false */
  accel?: boolean | undefined;
}

/** A route that serves files. */
export interface StaticRouteConfig {
  /** The folder. @default `root` of the configuration */
  root?: string | undefined;
  /** Files that answer for a folder. @default ["index.html"] */
  index?: readonly string[] | undefined;
  /** How long a client may keep a file: milliseconds, or a text such as `"10m"`, `"1d"`, `"1y"`. @default no Cache-Control */
  maxAge?: number | string | undefined;
  /** Adds `immutable` to Cache-Control. @default false */
  immutable?: boolean | undefined;
}

/**
 * Gives a configuration file its types; returns what it is given.
 *
 * @example
 * export default defineConfig({
 *   root: "./public",
 *   upstreams: { php: { addresses: ["unix:/run/php/php-fpm.sock"], capacity: 5 } },
 *   routes: [{ php: "php" }],
 * });
 */
export function defineConfig(config: ProxyConfig): ProxyConfig {
  return config;
}
