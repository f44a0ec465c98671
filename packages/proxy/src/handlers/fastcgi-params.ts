import { ParamList } from "@x/protocol";
import { type StaticMetaVariables, addMetaVariables, staticMetaVariables } from "@x/protocol/cgi";

import type { ResolvedFastCGIRoute } from "../config/resolved-config.ts";
import type { ServedRequest } from "../http/served-request.ts";

/** Makes the params of a route's requests; what does not vary is encoded once. */
export class FastCGIParams {
  readonly #fixed: StaticMetaVariables;
  readonly #root: string | undefined;
  readonly #mount: string;

  /** @throws FastCGIError `FCGI_ERR_PARAM_TOO_LARGE` when the configured params are too large */
  constructor(route: ResolvedFastCGIRoute, mount = "") {
    this.#mount = mount;
    this.#root = route.root === undefined ? undefined : toBytes(route.root).replace(/\/+$/, "");
    this.#fixed = staticMetaVariables({
      serverSoftware: "x-proxy",
      documentRoot: this.#root === "" ? "/" : this.#root,
      params: [...route.params].map(([name, value]): [string, string] => [name, toBytes(value)]),
    });
  }

  /** SCRIPT_FILENAME of a script; undefined when there is none, or no root. */
  scriptFilename(scriptName: string): string | undefined {
    return this.#root === undefined || scriptName === "" ? undefined : this.#root + scriptName;
  }

  /**
   * @param scriptName empty for an application that takes every path
   * @param contentLength bytes of the body that is sent; undefined: there is none, or its length is not known
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a request that cannot be said in params
   */
  make(served: ServedRequest, scriptName: string, pathInfo: string, contentLength: number | undefined): ParamList {
    const { request, host } = served;
    const { remote, local } = request;
    const params = new ParamList(this.#fixed.encoded);
    addMetaVariables(
      params,
      {
        method: served.method,
        requestUri: served.requestUri,
        queryString: served.query,
        protocol: `HTTP/${request.httpVersion}`,
        scheme: request.scheme,
        serverName: host?.name ?? local.address ?? "localhost",
        serverPort: local.port ?? host?.port ?? (request.scheme === "https" ? 443 : 80),
        serverAddress: local.address,
        remoteAddress: remote.address ?? "unix:",
        remotePort: remote.port,
        scriptName: this.#mount + scriptName,
        scriptFilename: this.scriptFilename(scriptName),
        pathInfo,
        documentRoot: this.#root,
        contentLength,
        rawHeaders: request.rawHeaders,
      },
      this.#fixed,
    );
    return params;
  }
}

/** Text of the configuration as its UTF-8 bytes, one character a byte. */
function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
