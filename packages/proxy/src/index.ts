/**
 * HTTP in front of FastCGI applications, as Apache with mod_fastcgi does.
 *
 * @example
 * import { createServer } from "node:http";
 * import { createGateway } from "@x/proxy";
 * import { nodeServerOptions, toNodeListener } from "@x/proxy/node";
 *
 * const gateway = createGateway({
 *   root: "./public",
 *   upstreams: { php: { addresses: ["unix:/run/php/php-fpm.sock"], capacity: 5 } },
 *   routes: [{ php: "php" }],
 * });
 * createServer(nodeServerOptions(), toNodeListener(gateway)).listen(8080, "127.0.0.1");
 *
 * @packageDocumentation
 */

export { createGateway } from "./gateway.ts";
export type { Gateway, GatewayStats } from "./gateway.ts";
export type { UpstreamStats } from "./upstreams/upstream.ts";
export type { SpoolStats } from "./spool/spool.ts";
export type { FileCacheStats } from "./handlers/file-cache.ts";
export { createProxyServer } from "./server.ts";
export type { ProxyServer, ProxyServerOptions, ProxyServerStats } from "./server.ts";
export { defineConfig } from "./config/define-config.ts";
export type { AuthorizeCacheConfig, AuthorizeConfig } from "./config/authorize-config.ts";
export type { FetchHandler, HandlerContext, HandlerInput } from "./embedded/fetch-handler.ts";
export type { CgiRouteConfig } from "./config/cgi-config.ts";
export type { ClientLimitConfig, ResolvedClientLimit } from "./config/client-limit-config.ts";
export type { FilterRouteConfig } from "./config/filter-config.ts";
export type { AddressConfig, AddressLimits, UpstreamConfig } from "./config/upstream-config.ts";
export type { CookiePolicyConfig, HashPolicyConfig, PolicyConfig, PolicyNameConfig } from "./config/policy-config.ts";
export type { CheckConfig, HealthConfig } from "./config/health-config.ts";
export type {
  CommandProcessConfig,
  FastCGIRouteConfig,
  MatchConfig,
  PhpCgiProcessConfig,
  PhpFpmProcessConfig,
  ProcessConfig,
  ProxyConfig,
  RouteConfig,
  SendfileConfig,
  StaticRouteConfig,
  TrustConfig,
} from "./config/define-config.ts";
export type { AccessConfig, BasicConfig, ResolvedAccess, ResolvedBasic } from "./config/access-config.ts";
export type {
  CompressConfig,
  Encoding,
  HeaderRules,
  HstsConfig,
  ResolvedCompress,
  ResolvedResponseRules,
} from "./config/response-config.ts";
export type {
  FileCacheConfig,
  LimitsConfig,
  ShutdownConfig,
  SpoolConfig,
  TimeoutsConfig,
} from "./config/define-limits.ts";
export type {
  CertificateConfig,
  ListenConfig,
  ListenRules,
  ProxyProtocolConfig,
  ResolvedCertificate,
  ResolvedListen,
  ResolvedTls,
  TlsConfig,
  TlsVersion,
} from "./config/listen-config.ts";
export type { CertificateEvent } from "./tls/certificate-events.ts";
export type { ErrorPagesConfig } from "./config/error-pages-config.ts";
export type { AccessLogConfig, LogConfig, ResolvedAccessLog, ResolvedLog } from "./config/log-config.ts";
export type { AdminConfig, ResolvedAdmin } from "./config/admin-config.ts";
export type { PeerStatus, ProxyStatus, UpstreamStatus } from "./admin/status.ts";
export type { AccessFormat } from "./access-log/format.ts";
export type { AccessRecord, LoggedRequest, ServedAs } from "./access-log/logged-response.ts";
export type { RedirectConfig, RespondConfig } from "./config/define-answers.ts";
export { FastCGIError, isFastCGIError } from "@x/protocol/errors";
export type { FastCGIErrorCode, FastCGIErrorPhase } from "@x/protocol/errors";

// Symbols above are for every user; those below are for programs around the gateway, and for other fronts than node:http.

export { expandConfig } from "./config/expand.ts";
export type { ConfigSource } from "./config/config-source.ts";
export { findConfig, loadConfig } from "./config/load.ts";
export type { LoadedConfig } from "./config/load.ts";
export type { ResolvedAuthorize, ResolvedAuthorizeCache } from "./config/authorize-config.ts";
export type { ResolvedCgiRoute } from "./config/cgi-config.ts";
export type { ResolvedFilterRoute } from "./config/filter-config.ts";
export type { ResolvedAddress, ResolvedUpstream } from "./config/upstream-config.ts";
export type { ResolvedPolicy } from "./config/policy-config.ts";
export type { ResolvedCheck, ResolvedHealth } from "./config/health-config.ts";
export type {
  ListenPlace,
  ResolvedCommandProcess,
  ResolvedConfig,
  ResolvedFastCGIRoute,
  ResolvedLimits,
  ResolvedMatch,
  ResolvedPhpCgiProcess,
  ResolvedPhpFpmProcess,
  ResolvedPhpProcess,
  ResolvedProcess,
  ResolvedRoute,
  ResolvedSendfile,
  ResolvedShutdown,
  ResolvedSpool,
  ResolvedFileCache,
  ResolvedStaticRoute,
  ResolvedTimeouts,
  ResolvedTrust,
} from "./config/resolved-config.ts";
export type { ResolvedRedirect, ResolvedRespond } from "./config/resolved-answers.ts";
export type {
  Encryption,
  Endpoint,
  GatewayBody,
  GatewayBodySink,
  GatewayRequest,
  GatewayResponse,
} from "./gateway-request.ts";
export type {
  ExplainedAddresses,
  ExplainedAnswer,
  ExplainedApplication,
  ExplainedFile,
  ExplainedNote,
  ExplainedOther,
  ExplainedParam,
  ExplainedRequest,
  ExplainedRewrite,
  ExplainedRoute,
  ExplainedScript,
  ExplainedStep,
  Explanation,
} from "./explain/explanation.ts";
export type { GatewayDiagnostics, GatewayFailure, GatewayStderr } from "./diagnostics.ts";
export type { ProcessManagerOptions } from "./processes/process-manager.ts";
export type { ProcessState, ProcessStatus } from "./processes/managed-process.ts";
export type { ProcessEvent } from "./processes/process-events.ts";
export type { ListenAddress } from "./supervisor/listen-address.ts";
export type { AnsweredRequest } from "./worker/answered.ts";
export type { RefusedConnection, SurplusConnection, UnannouncedConnection } from "./worker/refused.ts";
export type { UpstreamUnreachable } from "./worker/probe-upstreams.ts";
