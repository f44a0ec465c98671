import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";

const files = { cert: "site.pem", key: "site.key" };

function expand(config: Partial<ProxyConfig>) {
  return expandConfig({ routes: [{ respond: {} }], ...config }, { folder: "/srv" });
}

function problem(config: Partial<ProxyConfig>): string {
  try {
    expand(config);
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing is wrong";
}

describe("where it listens, and what is spoken there", () => {
  test("https:// is short for the certificates of the configuration", () => {
    const [plain, encrypted, usual] = expand({
      listen: ["127.0.0.1:80", "https://[::1]:443", "https://a"],
      tls: files,
    }).listen;
    expect(plain).toMatchObject({ text: "127.0.0.1:80", tls: undefined, http2: false, proxyProtocol: undefined });
    expect(encrypted).toMatchObject({
      text: "[::1]:443",
      tls: {
        certificates: [{ cert: "/srv/site.pem", key: "/srv/site.key", places: { cert: "tls.cert", key: "tls.key" } }],
        minVersion: "TLSv1.2",
        ciphers: undefined,
      },
      http2: true,
    });
    expect(usual).toMatchObject({ host: "a", port: 443 });
  });

  test("certificates alone are for the port of all that try", () => {
    expect(expand({ tls: files }).listen).toMatchObject([{ host: "127.0.0.1", port: 8_443, http2: true }]);
  });

  test("redirect to https names the port where there is https, unless it is the usual one", () => {
    const to = (listen: string[]): unknown =>
      expand({ listen, ...(listen.length > 1 ? { tls: files } : {}), routes: [{ redirect: "https" }] }).routes[0]
        ?.redirect;
    expect(to([":80", "https://:443"])).toEqual({ to: "https://{hostname}{uri}", status: 308 });
    expect(to([":8080", "https://:8443"])).toEqual({ to: "https://{hostname}:8443{uri}", status: 308 });
    expect(to([":80", "https://:8443", "https://:443"])).toEqual({ to: "https://{hostname}{uri}", status: 308 });
    expect(to([":80"])).toEqual({ to: "https://{hostname}{uri}", status: 308 });
  });

  test("trustProxy says who may send the PROXY protocol, unless something else does", () => {
    const listen = [
      { address: ":80", proxyProtocol: true },
      { address: ":81", proxyProtocol: { from: ["10.0.0.1"] } },
    ];
    expect(expand({ listen, trustProxy: { addresses: ["loopback"] } }).listen).toMatchObject([
      { proxyProtocol: ["loopback"] },
      { proxyProtocol: ["10.0.0.1"] },
    ]);
  });

  test.each<[string, Partial<ProxyConfig>, string]>([
    ["no certificate", { listen: ["https://:443"] }, "listen[0] needs a certificate: add tls: { cert: "],
    ["half a certificate", { tls: { cert: "a" } }, "tls.key is missing."],
    ["no pair of files", { listen: [{ address: ":1", tls: {} }] }, "listen[0].tls.cert is missing."],
    ["one and several", { tls: { ...files, certificates: [files] } }, "tls has certificates and cert or key"],
    ["none at all", { tls: { certificates: [] } }, "tls.certificates needs at least one certificate."],
    ["certificates for nobody", { listen: [":80"], tls: files }, "tls is used by no address of listen"],
    [
      "an old version",
      { tls: { ...files, minVersion: "TLSv1.1" as "TLSv1.2" } },
      'tls.minVersion must be "TLSv1.2" or',
    ],
    ["a contradiction", { listen: [{ address: "https://:1", tls: false }] }, "listen[0].tls is false, and the address"],
    ["HTTP/2 without TLS", { listen: [{ address: ":1", http2: true }] }, "listen[0].http2 needs tls beside it"],
    [
      "nobody to trust",
      { listen: [{ address: ":1", proxyProtocol: true }] },
      "listen[0].proxyProtocol must know whose",
    ],
    [
      "no address",
      { listen: [{ address: ":1", proxyProtocol: { from: ["x"] } }] },
      "listen[0].proxyProtocol.from[0] must be an address",
    ],
    [
      "https to https",
      { routes: [{ match: { scheme: "https" }, redirect: "https" }] },
      'routes[0].match.scheme is "https", and redirect',
    ],
    [
      "challenges behind the redirect",
      { routes: [{ redirect: "https" }, { acme: "/srv/acme" }] },
      "routes[1].acme stands behind routes[0], which sends all of http elsewhere: put it before.",
    ],
    ["a bad address", { listen: [{ address: "1" }] }, 'listen[0].address "1" is a port alone'],
    [
      "a mistyped key",
      { listen: [{ adress: ":1" } as never] },
      'listen[0].adress is not a known key. Did you mean "address"?',
    ],
  ])("%s", (_what, config, expected) => {
    expect(problem(config)).toContain(expected);
  });
});
