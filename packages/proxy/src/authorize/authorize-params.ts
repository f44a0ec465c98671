import { ParamList } from "@x/protocol";
import { type StaticMetaVariables, addMetaVariables, staticMetaVariables } from "@x/protocol/cgi";

import type { ResolvedAuthorize } from "../config/authorize-config.ts";
import { describeRequest } from "../http/describe-request.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { toBytes } from "../to-bytes.ts";

/** What an authorizer is not told (FastCGI 1.0 §6.3): it decides before there is a script or a body. */
const WITHHELD = ["CONTENT_LENGTH", "DOCUMENT_URI", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"];

/** mod_fastcgi's names of its three questions. */
const APACHE_ROLES = {
  authenticator: "AUTHENTICATOR",
  authorizer: "AUTHORIZER",
  "access-checker": "ACCESS_CHECKER",
} as const;

/** Headers that are about the representation asked for, or its body: a permission has neither, and a 304 would say nothing. */
const NOT_ASKED = /^(?:content-type|content-encoding|expect|if-.*|range)$/i;

/** Makes the params of one authorizer. */
export class AuthorizeParams {
  readonly #config: ResolvedAuthorize;
  readonly #fixed: StaticMetaVariables;
  readonly #withheld: StaticMetaVariables;

  /** @throws FastCGIError `FCGI_ERR_PARAM_TOO_LARGE` when the configured params are too large */
  constructor(config: ResolvedAuthorize) {
    this.#config = config;
    const params: [string, string][] = [];
    if (config.script !== undefined) params.push(["SCRIPT_FILENAME", toBytes(config.script)]);
    if (config.phase !== undefined) params.push(["FCGI_APACHE_ROLE", APACHE_ROLES[config.phase]]);
    for (const [name, value] of config.params) params.push([name, toBytes(value)]);
    this.#fixed = staticMetaVariables({ serverSoftware: "x-proxy", params });
    // A name that counts as settled is not added: what the configuration says of it is encoded already.
    this.#withheld = { encoded: this.#fixed.encoded, names: new Set([...this.#fixed.names, ...WITHHELD]) };
  }

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a request that cannot be said in params */
  make(served: ServedRequest, credentials: Credentials | undefined): ParamList {
    const params = new ParamList(this.#fixed.encoded);
    const description = describeRequest(served);
    if (this.#config.role === "responder") {
      const uri = this.#config.uri ?? served.requestUri;
      const question = uri.indexOf("?");
      const path = this.#config.uri === undefined ? served.path : decoded(question < 0 ? uri : uri.slice(0, question));
      description.method = "GET";
      description.requestUri = uri;
      description.queryString = question < 0 ? "" : uri.slice(question + 1);
      description.scriptName = this.#config.script === undefined ? "" : path;
      description.pathInfo = this.#config.script === undefined ? path : "";
      description.rawHeaders = withoutConditions(served.rawHeaders);
      description.params = new Map([
        ...(served.variables ?? []),
        ["HTTP_X_ORIGINAL_URI", served.requestUri],
        ["HTTP_X_ORIGINAL_METHOD", served.method],
      ]);
      addMetaVariables(params, description, this.#fixed);
      return params;
    }
    if (credentials !== undefined) {
      description.params = new Map([
        ...(served.variables ?? []),
        ["AUTH_TYPE", "Basic"],
        ["REMOTE_USER", credentials.user],
        ["REMOTE_PASSWD", credentials.password],
      ]);
    }
    addMetaVariables(params, description, this.#withheld);
    return params;
  }
}

/** A user and what proves it, in bytes. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What a Basic Authorization header says (RFC 7617 §2); undefined for any other, and for one that is not whole. */
export function basicCredentials(rawHeaders: readonly string[]): Credentials | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== "authorization") continue;
    const found = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(rawHeaders[at + 1] as string);
    const text = Buffer.from(found?.[1] ?? "", "base64").toString("latin1");
    const colon = text.indexOf(":");
    // oxlint-disable-next-line no-control-regex -- what no name may hold
    if (colon < 1 || /[\0-\x1f\x7f]/.test(text)) return undefined;
    return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return undefined;
}

function withoutConditions(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!NOT_ASKED.test(rawHeaders[at] as string)) kept.push(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }
  return kept;
}

/** Of the configuration, so that it is right or left as it stands. */
function decoded(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
