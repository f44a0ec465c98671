import type { ListenOptions } from "./listen.ts";

/** Limits and habits of a FastCGI application. Times in ms, sizes in bytes. */
export interface ServerOptions extends ListenOptions {
  /**
   * Requests at once on one connection; more get OVERLOADED. 1 turns multiplexing off: a second one gets
   * CANT_MPX_CONN. At least what the web server uses (HAProxy `option max-reqs`).
   *
   * @default 64
   */
  multiplex?: number;
  /**
   * Connections at once, told to web servers as FCGI_MAX_CONNS; further ones are closed.
   *
   * @default 4096
   */
  maxConnections?: number;
  /**
   * Requests at once, told to web servers as FCGI_MAX_REQS; further ones get OVERLOADED.
   *
   * @default 4096
   */
  maxRequests?: number;
  /**
   * Requests on one connection, one after the other; with the last one the connection is closed. Web servers that keep
   * connections for ever then come to all processes of an application in turn (nginx `keepalive_requests`).
   *
   * @default no limit
   */
  maxRequestsPerConnection?: number;
  /**
   * Bytes of params of one request; more close the connection.
   *
   * @default 262144
   */
  maxParamsBytes?: number;
  /**
   * Params of one request; more close the connection.
   *
   * @default 1000
   */
  maxParams?: number;
  /**
   * Bytes of one param, name and value together; a longer one closes the connection.
   *
   * @default 65535
   */
  maxParamBytes?: number;
  /**
   * Bytes that one connection can make the server hold before a handler has heard of them: params of all its requests that are
   * not complete, and answers to questions that the web server does not read; more close the connection.
   *
   * @default 1048576, or `maxParamsBytes` if that is more
   */
  maxBufferedBytes?: number;
  /**
   * From the begin of a request to the end of its params; later the connection is closed. 0: no limit.
   *
   * @default 10000
   */
  paramsTimeout?: number;
  /**
   * Between two pieces of a request body; later reading it fails and the request is aborted. 0: no limit.
   *
   * @default 30000
   */
  stdinTimeout?: number;
  /**
   * `strip`: URLs lack the part that SCRIPT_NAME names, so that an application answers under any path (`/app/users` as `/users`).
   * In nginx set SCRIPT_NAME and PATH_INFO by `fastcgi_split_path_info`; its own default is the whole path. `keep`: URLs as received.
   *
   * @default "keep"
   */
  mount?: "keep" | "strip";
  /**
   * Stop on SIGTERM and SIGINT: the first lets running requests finish, a second one cuts them, and
   * the process exits with status 0 (FastCGI 1.0 §7). False where the server is a part of a program
   * that sees to its own end. Under CGI: exit when the request has ended, which is the end of the response.
   *
   * @default true
   */
  signals?: boolean;
  /**
   * After a signal, how long running requests may take to finish before they are cut. 0: no limit.
   *
   * @default 30000
   */
  grace?: number;
}
