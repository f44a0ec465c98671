import { ParamList } from "@x/protocol";
import { type StaticMetaVariables, addMetaVariables, staticMetaVariables } from "@x/protocol/cgi";

import type { ResolvedFastCGIRoute } from "../config/resolved-config.ts";
import { describeRequest } from "../http/describe-request.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { RootFolder } from "../routing/root-folder.ts";
import { toBytes } from "../to-bytes.ts";

/** Makes the params of a route's requests; what does not vary is encoded once. */
export class FastCGIParams {
  readonly #fixed: StaticMetaVariables;
  readonly #root: string | undefined;
  /** Where the root really is is asked here, for each request; undefined: it is named as configured. */
  readonly #links: RootFolder | undefined;
  readonly #mount: string;

  /**
   * @param folder the document root, when files are looked at
   * @throws FastCGIError `FCGI_ERR_PARAM_TOO_LARGE` when the configured params are too large
   */
  constructor(route: ResolvedFastCGIRoute, mount: string, folder: RootFolder | undefined) {
    const root = route.rootOnBackend ?? route.root;
    this.#mount = mount;
    this.#links = route.resolveRoot ? folder : undefined;
    this.#root = root === undefined ? undefined : toBytes(root).replace(/\/+$/, "");
    this.#fixed = staticMetaVariables({
      serverSoftware: "x-proxy",
      documentRoot: this.#links === undefined ? asFolder(this.#root) : undefined,
      params: [...route.params].map(([name, value]): [string, string] => [name, toBytes(value)]),
    });
  }

  /** SCRIPT_FILENAME of a script; undefined when there is none, or no root. */
  scriptFilename(scriptName: string): string | undefined {
    const root = this.#links?.real ?? this.#root;
    return root === undefined || scriptName === "" ? undefined : root + scriptName;
  }

  /**
   * @param scriptName empty for an application that takes every path
   * @param contentLength bytes of the body that is sent; undefined: there is none, or its length is not known
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a request that cannot be said in params
   */
  make(served: ServedRequest, scriptName: string, pathInfo: string, contentLength: number | undefined): ParamList {
    const params = new ParamList(this.#fixed.encoded);
    const description = describeRequest(served);
    description.scriptName = this.#mount + scriptName;
    description.scriptFilename = this.scriptFilename(scriptName);
    description.pathInfo = pathInfo;
    description.documentRoot = this.#links === undefined ? this.#root : asFolder(this.#links.real ?? this.#root);
    description.contentLength = contentLength;
    addMetaVariables(params, description, this.#fixed);
    return params;
  }
}

/** The root of all is empty here, and a slash for the application. */
function asFolder(root: string | undefined): string | undefined {
  return root === "" ? "/" : root;
}
