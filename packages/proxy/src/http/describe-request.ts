import type { RequestDescription } from "@x/protocol/cgi";

import type { ServedRequest } from "./served-request.ts";

/** What every application is told of a request in the same way: all but the script, the paths that follow from it, and the body. */
export function describeRequest(served: ServedRequest): RequestDescription {
  const { request, host, remote, scheme } = served;
  const { local } = request;
  return {
    method: served.method,
    requestUri: served.requestUri,
    queryString: served.query,
    protocol: `HTTP/${request.httpVersion}`,
    scheme,
    serverName: host?.name ?? local.address ?? "localhost",
    serverPort: served.serverPort ?? local.port ?? host?.port ?? (scheme === "https" ? 443 : 80),
    encryption: scheme === "https" ? request.encryption : undefined,
    serverAddress: local.address,
    remoteAddress: remote.address ?? "unix:",
    remotePort: remote.port,
    remoteUser: served.remoteUser,
    authType: served.remoteUser === undefined ? undefined : "Basic",
    scriptName: "",
    scriptFilename: undefined,
    pathInfo: undefined,
    documentRoot: undefined,
    contentLength: undefined,
    rawHeaders: served.rawHeaders,
    params: served.variables,
  };
}
