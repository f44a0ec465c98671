import { Readable } from "node:stream";

import { Role } from "@x/protocol";
import type { Params } from "@x/protocol";
import { LazyRequestHead } from "@x/protocol/cgi";

import type { ActiveRequest } from "./active-request.ts";
import { toReadable } from "./body-streams.ts";
import { withoutMount } from "./mount.ts";

/** What the application is asked to be (FastCGI 1.0 §6). */
export type RoleName = "responder" | "authorizer" | "filter";

/**
 * A request as the web server passed it on. Everything is read from {@link FastCGIRequest.params}
 * when it is first asked for; all strings are latin-1, one character a byte.
 */
export class FastCGIRequest {
  readonly #active: ActiveRequest;
  #head: LazyRequestHead | undefined;
  #url: string | undefined;
  #headers: Record<string, string> | undefined;
  #stdin: Readable | undefined;
  #data: Readable | undefined;

  /** @internal */
  constructor(active: ActiveRequest) {
    this.#active = active;
  }

  /** The meta-variables (RFC 3875 §4.1), the web server's own ones among them. The last of several equal names wins. */
  get params(): Params {
    return this.#active.exchange.params;
  }

  /** The id on its connection (FastCGI 1.0 §3.3): small, reused, and not unique in the process. */
  get id(): number {
    return this.#active.exchange.id;
  }

  /** What the application is asked to be. */
  get role(): RoleName {
    switch (this.#active.exchange.role) {
      case Role.Authorizer:
        return "authorizer";
      case Role.Filter:
        return "filter";
      case Role.Responder:
        return "responder";
    }
  }

  /** REQUEST_METHOD. */
  get method(): string {
    return this.#read().method;
  }

  /** Path and query as the browser sent them (REQUEST_URI), else SCRIPT_NAME, PATH_INFO and QUERY_STRING put together; less the mount, if it is stripped. */
  get url(): string {
    return (this.#url ??= this.#readUrl());
  }

  /** The browser's HTTP version, such as `1.1`. */
  get httpVersion(): string {
    return this.#read().httpVersion;
  }

  /** Names in lower case and values in turn. CGI hands over one field a name, repeated ones joined. */
  get rawHeaders(): readonly string[] {
    return this.#read().rawHeaders;
  }

  /** The headers by lower-case name; an object without prototype. */
  get headers(): Readonly<Record<string, string>> {
    if (this.#headers !== undefined) return this.#headers;
    const headers = Object.create(null) as Record<string, string>;
    const raw = this.#read().rawHeaders;
    for (let at = 0; at < raw.length; at += 2) headers[raw[at]!] = raw[at + 1]!;
    return (this.#headers = headers);
  }

  /** `https` when the web server says so by HTTPS or REQUEST_SCHEME, else `http`. */
  get scheme(): "http" | "https" {
    return this.#read().scheme;
  }

  /** The host the browser named, or else the server's name, with the port if it is not the scheme's own. */
  get host(): string {
    return this.#read().host;
  }

  /** The browser's address, as far as the web server knows it. */
  get remoteAddress(): string | undefined {
    return this.#read().remoteAddress;
  }

  /** The browser's port (REMOTE_PORT), which not all web servers tell. */
  get remotePort(): number | undefined {
    return this.#read().remotePort;
  }

  /** CONTENT_LENGTH in bytes; undefined when the web server did not give it. */
  get contentLength(): number | undefined {
    return this.#active.body.contentLength;
  }

  /**
   * The request body. It ends after CONTENT_LENGTH bytes even when more come, and fails with
   * `FCGI_ERR_BODY_MISMATCH` when less came, `FCGI_ERR_BODY_TIMEOUT` when it came too slowly, or with
   * the reason of {@link FastCGIRequest.signal}. Reading slowly slows the web server down.
   */
  get stdin(): Readable {
    return (this.#stdin ??= toReadable(this.#active.body));
  }

  /**
   * For a Filter, the file (FastCGI 1.0 §6.4); empty for others. It comes after {@link FastCGIRequest.stdin}, which is given up
   * when the file is read first. Reading it fails with `FCGI_ERR_BODY_MISMATCH` when it is shorter or longer than
   * {@link FastCGIRequest.dataLength}.
   */
  get data(): Readable {
    if (this.#data !== undefined) return this.#data;
    const { body, data } = this.#active;
    if (data === undefined) return (this.#data = Readable.from([]));
    if (!body.read) body.cancel(); // else a connection that waits for somebody to read it would wait for ever
    return (this.#data = toReadable(data));
  }

  /** FCGI_DATA_LENGTH in bytes; undefined when it was not given. */
  get dataLength(): number | undefined {
    return this.#active.data?.contentLength;
  }

  /** FCGI_DATA_LAST_MOD, when the file was changed; undefined when it was not given. */
  get dataLastModified(): Date | undefined {
    const seconds = this.params.get("FCGI_DATA_LAST_MOD");
    return seconds === undefined || !/^\d{1,13}$/.test(seconds) ? undefined : new Date(Number(seconds) * 1_000);
  }

  /** Has the whole body arrived, whether or not it has been read? False for ever when it was cut short. */
  get complete(): boolean {
    return this.#active.body.complete;
  }

  /**
   * Aborts when the web server wants no answer any more: it said so (FastCGI 1.0 §5.4,
   * `FCGI_ERR_ABORTED`) or its connection is gone (`FCGI_ERR_SOCKET`). The application still ends the
   * response, as soon as it can.
   */
  get signal(): AbortSignal {
    return this.#active.signal;
  }

  #read(): LazyRequestHead {
    return (this.#head ??= new LazyRequestHead(this.params));
  }

  #readUrl(): string {
    const { url } = this.#read();
    return this.#active.connection.mount === "strip" ? withoutMount(url, this.params) : url;
  }
}
