/** Limits on what a client may send and an application may answer. Sizes are bytes, or texts such as `"64k"`, `"128M"`, `"1GiB"`, where a k is 1,024. */
export interface LimitsConfig {
  /**
   * Open connections of clients; more are closed as soon as they come (nginx `worker_connections`). Never more than half of the files that the
   * process may open (`ulimit -n`), so that each has one to an application beside it. `false`: that many.
   *
   * @default false
   */
  connections?: number | false | undefined;
  /** Open connections of one client, an IPv4 address or the /64 of an IPv6 one, proxies of `trustProxy` apart (nginx `limit_conn`). `false`: any. @default false */
  connectionsPerAddress?: number | false | undefined;
  /**
   * Milliseconds, or a text such as `"200ms"`, that the event loop may be late, in one of a hundred turns of five seconds; requests that come while it is later get 503 with
   * `Retry-After`, and no application is asked. 200 suits a machine that this program has for itself: on a busy one others make it late, and
   * refusing helps nobody. Whatever this says, requests get that answer while more than 85 % of the memory that V8 may have is in use. `false`: any.
   *
   * @default false
   */
  lag?: number | string | false | undefined;
  /** Requests at once on a connection of HTTP/2 (nginx `http2_max_concurrent_streams`). @default 100 */
  streams?: number | undefined;
  /** Bytes of a request body; more is 413 (nginx `client_max_body_size`). `false`: any size. @default 134_217_728 (128 MiB) */
  body?: number | string | false | undefined;
  /**
   * Bytes a second that a request body must bring on average, from its tenth second on; a slower one is 408. 0: none.
   *
   * @default 500
   */
  bodyRate?: number | string | undefined;
  /** Where bodies wait that are too large for memory. */
  spool?: SpoolConfig | undefined;
  /** Small files of `static` routes that are held in memory (nginx `open_file_cache`, with the content); `false`: none. */
  fileCache?: false | FileCacheConfig | undefined;
  /** Bytes of all request header lines together; more is 431. @default 16_384 */
  headerBytes?: number | string | undefined;
  /** Request header lines; more is 431. @default 100 */
  headerLines?: number | undefined;
  /** Bytes of the request target; more is 414. @default 8_192 */
  target?: number | string | undefined;
  /** Bytes of an application's response head; more is 502 (nginx `fastcgi_buffer_size`). @default 65_536 */
  responseHeaderBytes?: number | string | undefined;
  /** Lines of an application's response head; more is 502. @default 200 */
  responseHeaderLines?: number | undefined;
}

/**
 * Files for what is more than 64 KiB: of a request body that is collected before the application is asked, and of a response that its
 * client does not take as fast as the application sends it. They have no name and are gone with the program, however it ends.
 */
export interface SpoolConfig {
  /**
   * The folder in which a private one is made for them (nginx `client_body_temp_path`, `fastcgi_temp_path`). It should not be in
   * memory, as `/run` is.
   *
   * @default the system's folder for temporary files: `$TMPDIR`, else `/tmp`
   */
  folder?: string | undefined;
  /**
   * Bytes of all files together. A tenth of the disk always stays free, too. When there is no room, uploads get 503, and applications
   * wait for slow clients.
   *
   * @default 1_073_741_824 (1 GiB)
   */
  quota?: number | string | undefined;
}

/**
 * Small files that were asked for twice are held in memory, those that were asked for last. Before one is sent, stat(2) is asked whether it still
 * is what stands at its path, so that a change is seen at once; one that changed less than two seconds ago is not held.
 */
export interface FileCacheConfig {
  /** Files (nginx `open_file_cache max`). @default 1_000 */
  entries?: number | undefined;
  /** Bytes of all of them together. @default 16_777_216 (16 MiB) */
  bytes?: number | string | undefined;
  /** Bytes of a file; a larger one is read from the disk each time. @default 65_536 */
  fileBytes?: number | string | undefined;
}

/** Each in milliseconds, or as a text such as `"10s"`, `"1m30s"`, `"500ms"`; 24 days at most. */
export interface TimeoutsConfig {
  /** For a client's request head (nginx `client_header_timeout`). @default 10_000 */
  requestHead?: number | string | undefined;
  /** Silence within a request body (nginx `client_body_timeout`); then 408. 0: any. See also `limits.bodyRate`. @default 30_000 */
  requestBody?: number | string | undefined;
  /** For a client's whole request, body included; 0: no such limit, since a large upload takes its time. @default 0 */
  request?: number | string | undefined;
  /** That a client may take nothing of a response (nginx `send_timeout`); then the connection is cut. 0: any. @default 30_000 */
  response?: number | string | undefined;
  /** That a client's connection may be idle between requests (nginx `keepalive_timeout`). @default 75_000 */
  keepAlive?: number | string | undefined;
  /** For a connection to say who it is: PROXY protocol header and TLS handshake together. @default 10_000 */
  handshake?: number | string | undefined;
  /** Waiting for a free connection to the application; then 503. @default 5_000 */
  queue?: number | string | undefined;
  /** Connecting to the application (nginx `fastcgi_connect_timeout`); then 504. @default 2_000 */
  connect?: number | string | undefined;
  /** That an application may take nothing of a request (nginx `fastcgi_send_timeout`); then 504. @default 30_000 */
  send?: number | string | undefined;
  /** To the first byte of the answer (nginx `fastcgi_read_timeout`); then 504. @default 60_000 */
  firstByte?: number | string | undefined;
  /** Between two pieces of the answer (nginx `fastcgi_read_timeout`); then the response is cut. @default 60_000 */
  idle?: number | string | undefined;
}

/** How the program ends. */
export interface ShutdownConfig {
  /** Milliseconds, or a text such as `"30s"`, that running requests get to finish after SIGTERM (nginx `worker_shutdown_timeout`). @default 30_000 */
  grace?: number | string | undefined;
}
