import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { addMetaVariables } from "../../src/cgi/meta-variables.ts";
import { staticMetaVariables } from "../../src/cgi/static-meta-variables.ts";
import { ParamList } from "../../src/param-list.ts";
import { fields } from "./heads.ts";
import { httpOf, pairsOf, REQUEST, variablesOf } from "./variables.ts";

describe("variables of the request", () => {
  test("[C28] [C31] are those of RFC 3875, of nginx and of Apache", () => {
    expect(variablesOf({})).toEqual({
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_SOFTWARE: "x-fastcgi",
      REDIRECT_STATUS: "200",
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/blog/index.php/p%C3%A9?a=%20b",
      QUERY_STRING: "a=%20b",
      SERVER_PROTOCOL: "HTTP/1.1",
      REQUEST_SCHEME: "http",
      SERVER_NAME: "example.org",
      SERVER_PORT: "8080",
      SERVER_ADDR: "10.0.0.1",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "51234",
      SCRIPT_NAME: "/blog/index.php",
      SCRIPT_FILENAME: "/srv/www/blog/index.php",
      DOCUMENT_ROOT: "/srv/www",
      DOCUMENT_URI: "/blog/index.php/p\xc3\xa9",
      PATH_INFO: "/p\xc3\xa9",
      PATH_TRANSLATED: "/srv/www/p\xc3\xa9",
      HTTP_HOST: "example.org:8080",
    });
  });

  test("[C28] the least that must be there is there, QUERY_STRING also when empty", () => {
    const { method, requestUri, protocol, scheme, serverName, serverPort, remoteAddress } = REQUEST;
    const params = new ParamList();
    addMetaVariables(params, {
      method,
      requestUri,
      protocol,
      scheme,
      serverName,
      serverPort,
      remoteAddress,
      queryString: "",
      scriptName: "",
      rawHeaders: [],
    });
    expect(params.names.toSorted()).toEqual([
      ..."DOCUMENT_URI GATEWAY_INTERFACE QUERY_STRING REDIRECT_STATUS REMOTE_ADDR REQUEST_METHOD REQUEST_SCHEME".split(
        " ",
      ),
      ..."REQUEST_URI SCRIPT_NAME SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE".split(" "),
    ]);
    expect(params.values[params.names.indexOf("QUERY_STRING")]).toBe("");
  });

  test("SSL_PROTOCOL, SSL_CIPHER and SSL_TLS_SNI say how the connection is encrypted", () => {
    const encryption = { protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" };
    expect(variablesOf({ scheme: "https", encryption: { ...encryption, serverName: "a.test" } })).toMatchObject({
      SSL_PROTOCOL: "TLSv1.3",
      SSL_CIPHER: "TLS_AES_128_GCM_SHA256",
      SSL_TLS_SNI: "a.test",
    });
    expect(variablesOf({ scheme: "https", encryption })).not.toHaveProperty("SSL_TLS_SNI");
    expect(variablesOf({ scheme: "https" })).not.toHaveProperty("SSL_PROTOCOL");
  });

  test("HTTPS is on for https and absent for http", () => {
    expect(variablesOf({ scheme: "https" })).toMatchObject({ HTTPS: "on", REQUEST_SCHEME: "https" });
    expect(variablesOf({ scheme: "http" })).not.toHaveProperty("HTTPS");
  });

  test("[C29] [V28] CONTENT_LENGTH is there if and only if there is a body, and is not the header's", () => {
    expect(variablesOf({ contentLength: 5, rawHeaders: ["Content-Length", "999"] })).toMatchObject({
      CONTENT_LENGTH: "5",
    });
    expect(variablesOf({ contentLength: 0 })).toMatchObject({ CONTENT_LENGTH: "0" });
    const without = variablesOf({ rawHeaders: ["Content-Length", "999"] });
    expect(without).not.toHaveProperty("CONTENT_LENGTH");
    expect(without).not.toHaveProperty("HTTP_CONTENT_LENGTH");
  });

  test("[C29] CONTENT_TYPE is there if and only if the header is", () => {
    expect(httpOf("content-TYPE: text/plain")).toEqual({ CONTENT_TYPE: "text/plain" });
    expect(httpOf("Content-Type:")).toEqual({ CONTENT_TYPE: "" });
    expect(httpOf("Content-Type: a", "content-type: b")).toEqual({ CONTENT_TYPE: "a" });
    expect(httpOf()).toEqual({});
  });

  test("REMOTE_USER and AUTH_TYPE are there when they are known", () => {
    expect(variablesOf({})).not.toHaveProperty("REMOTE_USER");
    expect(variablesOf({ remoteUser: "ada", authType: "Basic" })).toMatchObject({
      REMOTE_USER: "ada",
      AUTH_TYPE: "Basic",
    });
  });

  test("[TD06] [V30] PATH_TRANSLATED comes with PATH_INFO only, and PATH_INFO is never empty", () => {
    for (const pathInfo of ["", undefined]) {
      const none = variablesOf({ pathInfo, pathTranslated: "/srv/www/x" });
      expect(none).not.toHaveProperty("PATH_INFO");
      expect(none).not.toHaveProperty("PATH_TRANSLATED");
      expect(none["DOCUMENT_URI"]).toBe("/blog/index.php");
    }
    expect(variablesOf({ pathTranslated: "/data/p" })["PATH_TRANSLATED"]).toBe("/data/p");
    expect(variablesOf({ documentRoot: undefined })).not.toHaveProperty("PATH_TRANSLATED");
    expect(variablesOf({ documentRoot: "/" })["PATH_TRANSLATED"]).toBe("/p\xc3\xa9");
  });

  test.each(["/../../etc/passwd", "/a/..", "x"])("[TD06] PATH_INFO %j is not translated", (pathInfo) => {
    expect(variablesOf({ pathInfo })).toMatchObject({ PATH_INFO: pathInfo });
    expect(variablesOf({ pathInfo })).not.toHaveProperty("PATH_TRANSLATED");
  });

  test("[V36] a SCRIPT_FILENAME that PHP-FPM rewrites is refused", () => {
    expect(() => variablesOf({ scriptFilename: "proxy:fcgi://127.0.0.1:9000/etc/passwd" })).toThrow(
      expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT", phase: "request" }),
    );
  });
});

describe("configured variables", () => {
  const own = new Map<string, string | Uint8Array>([
    ["HTTP_X_FORWARDED_FOR", "192.0.2.7"],
    ["REMOTE_USER", "ada"],
    ["CONTENT_TYPE", "text/own"],
    ["SERVER_SOFTWARE", "own"],
    ["BYTES", Uint8Array.of(0, 255)],
  ]);

  test("[TE16] [TE18] of one request win over all others, once, and Connection cannot remove them", () => {
    expect(
      variablesOf({
        params: own,
        remoteUser: "other",
        rawHeaders: fields(
          "X-Forwarded-For: evil",
          "x-forwarded-for: evil",
          "Content-Type: a",
          "Connection: X-Forwarded-For",
        ),
      }),
    ).toMatchObject({
      HTTP_X_FORWARDED_FOR: "192.0.2.7",
      REMOTE_USER: "ada",
      CONTENT_TYPE: "text/own",
      SERVER_SOFTWARE: "own",
      BYTES: "\0\xff",
    });
  });

  test("[TE16] of a route win over all, once", () => {
    const fixed = staticMetaVariables({
      serverSoftware: "x/1",
      params: { HTTP_X: "config", REQUEST_URI: "/other", APP_ENV: "prod", SERVER_SOFTWARE: "config", UNSET: undefined },
    });
    expect(
      variablesOf(
        {
          rawHeaders: ["X", "client"],
          params: new Map([
            ["APP_ENV", "request"],
            ["Y", "z"],
          ]),
        },
        fixed,
      ),
    ).toMatchObject({ HTTP_X: "config", REQUEST_URI: "/other", APP_ENV: "prod", SERVER_SOFTWARE: "config", Y: "z" });
    expect(variablesOf({}, fixed)).not.toHaveProperty("UNSET");
  });

  test("may set HTTP_PROXY to nothing, as nginx configurations do", () => {
    const fixed = staticMetaVariables({ serverSoftware: "x/1", params: [["HTTP_PROXY", ""]] });
    expect(variablesOf({ rawHeaders: ["Proxy", "evil"] }, fixed)).toMatchObject({ HTTP_PROXY: "" });
  });
});

test("[V25] [TE16] any headers: each name once, no name but the fixed ones and HTTP_[A-Z0-9_]+", () => {
  const known = new Set([...Object.keys(variablesOf({ scheme: "https", rawHeaders: [] })), "CONTENT_TYPE"]);
  const names = [
    ..."Host Cookie Connection Proxy Content-Type Content-Length X-A x-a X_A X.A Https Upgrade Redirect-Status".split(
      " ",
    ),
    ..."PHP_VALUE SCRIPT_FILENAME __proto__ constructor a-b A-B".split(" "),
  ];
  const name = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 6 }));
  const value = fc.oneof(
    fc.constantFrom("a", "", "Host, X-A", "keep-alive", "x-a"),
    fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,8}$/),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 90 }), (headers) => {
      const pairs = pairsOf({ scheme: "https", rawHeaders: headers.flat() });
      const seen = new Set<string>();
      for (const [variable] of pairs) {
        expect(seen.has(variable), variable).toBe(false);
        seen.add(variable);
        expect(known.has(variable) || /^HTTP_[A-Z0-9_]+$/.test(variable), variable).toBe(true);
      }
      expect(seen).not.toContain("HTTP_PROXY");
      expect(seen).not.toContain("HTTP_CONTENT_TYPE");
    }),
    { numRuns: 500 },
  );
});
