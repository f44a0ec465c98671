import { checkIniName, iniByteLimit, quoteIniValue } from "./ini-value.ts";

/** What the configuration of our own PHP-FPM is made of. */
export interface PhpFpmSettings {
  /** Name of the pool: that of the process. */
  readonly pool: string;
  /** For `listen`: a path, or `host:port`. */
  readonly listen: string;
  /** Workers at most: `pm.max_children`. */
  readonly children: number;
  /** `static`: all workers from the start. `ondemand`: as requests come, ended after 10 s without one. */
  readonly manager: "static" | "ondemand";
  /** Bytes of a request body that the proxy lets through: PHP must take as much. Infinity: no limit. */
  readonly bodyLimit: number;
  /** Environment variables of the master that PHP gets to see. */
  readonly environment: readonly string[];
  /** May the group of the socket's folder connect, too? */
  readonly shared?: boolean;
  /** php.ini values, over all others. */
  readonly ini: ReadonlyMap<string, string>;
}

/**
 * The configuration file of our own PHP-FPM.
 *
 * There is no `user`: the master itself starts as its user. Values of environment variables are not written out: `$NAME` takes
 * them from the master's own environment byte by byte.
 *
 * @throws `FCGI_ERR_CONFIG` for a value that the file cannot hold
 */
export function phpFpmConfig(settings: PhpFpmSettings): string {
  const lines = [
    "[global]",
    "daemonize = no",
    // php-fpm opens its log even when --force-stderr sends everything to stderr, and may not open the default one.
    "error_log = /dev/null",
    "log_limit = 8192",
    `[${poolName(settings.pool)}]`,
    `listen = ${quoteIniValue("listen", settings.listen)}`,
    `listen.mode = ${settings.shared === true ? "0660" : "0600"}`,
    "listen.backlog = 511",
    `pm = ${settings.manager}`,
    `pm.max_children = ${settings.children}`,
    "pm.process_idle_timeout = 10s",
    "catch_workers_output = yes",
    "decorate_workers_output = no",
    "clear_env = yes",
    ...settings.environment.filter(isVariableName).map((name) => `env[${name}] = $${name}`),
    // Where an error goes that PHP does not show: to stderr, and so into our log.
    "php_value[log_errors] = 1",
    `php_value[post_max_size] = ${iniByteLimit(settings.bodyLimit)}`,
    `php_value[upload_max_filesize] = ${iniByteLimit(settings.bodyLimit)}`,
    ...[...settings.ini].map(([name, value]) => `php_value[${checkIniName(name)}] = ${quoteIniValue(name, value)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function poolName(name: string): string {
  // `global` is the other section.
  return name === "global" || !/^[\w.-]+$/.test(name) ? "pool" : name;
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}
