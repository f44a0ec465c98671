import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { Endpoint, GatewayRequest } from "../gateway-request.ts";
import { createGateway } from "../gateway.ts";
import type { PhpSearch } from "../php/php-search.ts";
import { requireRoots } from "../require-roots.ts";
import type { Arguments } from "./arguments.ts";
import { commandConfig } from "./command-config.ts";
import { printExplanation } from "./print-explanation.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Says what would become of a request, and why. Starts nothing and asks no application.
 *
 * @returns what to print
 * @throws UsageError for a URL that is none, and what is wrong with the configuration
 */
export async function explain(args: Arguments, search: PhpSearch): Promise<string[]> {
  const request = requestOf(args);
  const { config } = await commandConfig(args, search, false);
  const explanation = await explainRequest(config, request);
  return args.json ? [JSON.stringify(explanation)] : printExplanation(explanation);
}

/** Asks a gateway that exists for this only. */
export async function explainRequest(config: ResolvedConfig, request: GatewayRequest): Promise<Explanation> {
  requireRoots(config);
  const gateway = createGateway(withAddresses(config));
  try {
    const explanation = await gateway.explain(request);
    const { application } = explanation;
    const upstream = application && config.upstreams.get(application.upstream);
    if (application === undefined || upstream === undefined || upstream.addresses.length > 0) return explanation;
    return { ...explanation, application: { ...application, addresses: [] } };
  } finally {
    await gateway.destroy();
  }
}

/** With an address for each upstream whose process chooses its own when it starts; nobody dials it. */
export function withAddresses(config: ResolvedConfig): ResolvedConfig {
  const chosenLater: ResolvedAddress = {
    address: "unix:/chosen-at-start",
    capacity: undefined,
    multiplex: 1,
    connections: undefined,
    weight: 1,
    backup: false,
  };
  const upstreams = [...config.upstreams].map(([name, it]): [string, typeof it] => [
    name,
    it.addresses.length > 0 ? it : { ...it, addresses: [chosenLater] },
  ]);
  return { ...config, upstreams: new Map(upstreams) };
}

/** The request that the command line describes. */
export function requestOf({ url = "", method, headers, from }: Arguments): GatewayRequest {
  const found = /^(?:(https?):\/\/([^/?#]+))?(\/[^#]*|\?[^#]*|)$/i.exec(url);
  if (found === null || url === "")
    throw new UsageError(
      `explain needs a URL such as http://localhost/index.php or /index.php, not ${JSON.stringify(url)}.`,
    );
  const scheme = found[1]?.toLowerCase() === "https" ? "https" : "http";
  const [name = "localhost", port] = (found[2] ?? "localhost").split(/:(?=\d*$)/);
  const rest = found[3] ?? "";
  const rawHeaders = ["Host", found[2] ?? "localhost"];
  for (const header of headers) {
    const colon = header.indexOf(":");
    if (colon < 1)
      throw new UsageError(`-H needs a header such as "Accept: text/html", not ${JSON.stringify(header)}.`);
    const field = header.slice(0, colon);
    const value = Buffer.from(header.slice(colon + 1).trim(), "utf8").toString("latin1");
    if (field.toLowerCase() === "host") rawHeaders[1] = value;
    else rawHeaders.push(field, value);
  }
  const remote: Endpoint =
    from === "unix:" ? { address: undefined, port: undefined } : { address: from ?? "127.0.0.1", port: 50_000 };
  const local = { address: name === "localhost" ? "127.0.0.1" : undefined, port: portOf(port, scheme) };
  return {
    method: method ?? "GET",
    target: encoded(rest.startsWith("/") ? rest : `/${rest}`),
    rawHeaders,
    scheme,
    httpVersion: "1.1",
    remote,
    local,
    body: { start: () => undefined, pause: () => undefined, resume: () => undefined },
    onAbort: undefined,
  };
}

function portOf(text: string | undefined, scheme: "http" | "https"): number {
  if (text !== undefined && text !== "") return Number(text);
  return scheme === "https" ? 443 : 80;
}

/** As a browser sends what a person types. */
function encoded(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replaceAll(/[^!-~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
