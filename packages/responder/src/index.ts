/**
 * Write a FastCGI application in Node: behind nginx, Apache, lighttpd, HAProxy or any other web
 * server that speaks FastCGI.
 *
 * @packageDocumentation
 */

export { serve } from "./serve.ts";
export type { RequestHandler, ServeOptions } from "./serve.ts";
export type { ServerOptions } from "./server-options.ts";
export type { ListenOptions } from "./listen.ts";
export type { FastCGIServer, FastCGIServerStats } from "./server.ts";
export type { AuthorizeHandler, AuthorizeResult, GrantedVariables } from "./authorize.ts";
export type { FilterContext, FilterHandler } from "./filter.ts";
export { fileResponse, xAccelRedirect, xSendfile } from "./files.ts";
export { FastResponse } from "./lean/response.ts";
export type { FetchContext, FetchHandler } from "./fetch.ts";
export type { FastCGIRequest, RoleName } from "./incoming.ts";
export type { FastCGIResponse, ResponseStderr } from "./outgoing.ts";
export { supervise } from "./workers/supervisor.ts";
export type { Supervisor, SupervisorOptions } from "./workers/supervisor.ts";
export type { HeadersInput } from "./response-headers.ts";
export type { ConnectionMessage, ErrorMessage, RequestMessage, WorkerMessage } from "./diagnostics.ts";
export { FastCGIError, isFastCGIError } from "@x/protocol/errors";
export type { FastCGIErrorCode } from "@x/protocol/errors";
