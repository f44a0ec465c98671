import type { ParamValue } from "@x/protocol";

import type { RoleName } from "./dispatcher.ts";

/** Headers in any form that is handy: an object, pairs, a `Headers`, or names and values in turn. */
export type HeadersInput =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>
  | readonly string[];

/**
 * A request as HTTP has it, from which `toParams` makes the variables of an application.
 *
 * `path`, `root`, `script` and `query` are text and sent as UTF-8. Header values are latin-1, one character a byte, as
 * everywhere in HTTP.
 */
export interface RequestDescription {
  /** @default "GET", or "POST" when there is a body */
  method?: string | undefined;
  /** The path as it stands in a URL: percent-encoded, beginning with a slash. It may bring its query: `/a.php?b=c`. */
  path: string;
  /** The query, without its question mark; instead of one in `path`. */
  query?: string | URLSearchParams | Readonly<Record<string, string | number | boolean>> | undefined;
  /** Host is `localhost` unless it is given. */
  headers?: HeadersInput | undefined;
  /**
   * The document root, as the application sees it: DOCUMENT_ROOT, and with the script's path SCRIPT_FILENAME. PHP runs nothing
   * without it.
   */
  root?: string | undefined;
  /**
   * The script that runs, as a path below `root`, such as the front controller `/index.php`; or for an application that is no file
   * the path where it is mounted, `""` for the top. It is SCRIPT_NAME; what `path` has after it is PATH_INFO.
   *
   * @default the path up to and including a `.php`, of any case; without one the whole path, as nginx has it
   */
  script?: string | undefined;
  /** The file that runs, when it is not `root` and SCRIPT_NAME together. */
  scriptFilename?: string | undefined;
  /**
   * Appended to a path that ends in a slash, when `root` is given and `script` is not (nginx `fastcgi_index`).
   *
   * @default "index.php"
   */
  index?: string | undefined;
  /**
   * The body that will be sent as `stdin`: for CONTENT_LENGTH, and for CONTENT_TYPE when no header says it.
   * A stream has no length that could be known here: give `contentLength`.
   */
  body?: unknown;
  /** Bytes of the body. PHP reads so many, no more. @default the length of `body`, or the header Content-Length */
  contentLength?: number | undefined;
  /** @default "http" */
  scheme?: "http" | "https" | undefined;
  /** @default "HTTP/1.1" */
  protocol?: string | undefined;
  /** The client's. @default "127.0.0.1" */
  remoteAddress?: string | undefined;
  /** REMOTE_PORT */
  remotePort?: number | undefined;
  /** Of the server. @default not sent */
  serverAddress?: string | undefined;
  /** @default the port in the header Host, else that of the scheme */
  serverPort?: number | undefined;
  /** SERVER_SOFTWARE. @default "x-fastcgi" */
  serverSoftware?: string | undefined;
  /** Of the server's own authentication. */
  remoteUser?: string | undefined;
  /** AUTH_TYPE: how the client proved to be `remoteUser`. */
  authType?: string | undefined;
  /** Which part the application plays: an authorizer is not told the variables that the specification keeps from it. @default "responder" */
  role?: RoleName | undefined;
  /** More variables; they win over all others. Names and strings are latin-1, as in `params` of a request. */
  params?: Readonly<Record<string, ParamValue | undefined>> | undefined;
}
