import { onTestFinished } from "vitest";

import type { FastCGIRouteConfig, ProxyConfig } from "../../src/config/define-config.ts";
import type { UpstreamConfig } from "../../src/config/upstream-config.ts";
import { type Gateway, createGateway } from "../../src/gateway.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";

/** The head of a response that says nothing. */
export const HEAD = "Content-Type: text/plain\r\n\r\n";

/** A gateway, ended with the test. */
export function serve(config: ProxyConfig): Gateway {
  const gateway = createGateway(config);
  onTestFinished(() => gateway.destroy());
  return gateway;
}

/** What differs from one route to one application with defaults. */
export interface ApplicationOptions {
  readonly route?: Partial<FastCGIRouteConfig>;
  readonly upstream?: Partial<UpstreamConfig>;
  readonly config?: Partial<ProxyConfig>;
}

/** A gateway whose one route leads to a scripted application. */
export async function application(
  script: Script,
  options: ApplicationOptions = {},
): Promise<{ gateway: Gateway; backend: ScriptedBackend }> {
  const backend = await ScriptedBackend.listen(script, options.upstream?.multiplex);
  const gateway = serve({
    upstreams: { app: { addresses: [backend.address], ...options.upstream } },
    routes: [{ fastcgi: { upstream: "app", ...options.route } }],
    ...options.config,
  });
  return { gateway, backend };
}
