import { expect, test, vi } from "vitest";

import { asking, H2Client } from "../support/h2-client.ts";
import { HostileSite } from "../support/hostile-site.ts";

// Many connections, and the machine may have other things to do.
vi.setConfig({ testTimeout: 120_000 });

type Header = readonly [name: string, value: string];

/** By row: what a stranger sends, and the params beside the usual ones that come of it. */
const ROWS: readonly (readonly [id: string, headers: readonly Header[], params: Readonly<Record<string, string>>])[] = [
  [
    "[TE01]",
    [
      ["X_Forwarded_For", "1.2.3.4"],
      ["X-Forwarded_For", "1.2.3.4"],
      ["X_Y", "1"],
    ],
    {},
  ],
  [
    "[TE02]",
    [
      ["Remote.User", "admin"],
      ["X!y", "1"],
      ["X~y", "1"],
      ["X'y", "1"],
    ],
    {},
  ],
  [
    "[TE03]",
    [
      ["Remote_User", "evil"],
      ["Remote-User", "a"],
    ],
    { HTTP_REMOTE_USER: "a" },
  ],
  ["[TE04]", [["Proxy", "http://evil"]], {}],
  [
    "[TE05]",
    [
      ["Redirect-Status", "200"],
      ["Https", "on"],
      ["Content-Type", "text/evil"],
    ],
    { CONTENT_TYPE: "text/evil" },
  ],
  ["[TE08]", [["Authorization", "Basic YTpi"]], { HTTP_AUTHORIZATION: "Basic YTpi" }],
  [
    "[TE09]",
    [
      ["X-Forwarded-For", "1.2.3.4"],
      ["Forwarded", "for=1.2.3.4"],
      ["X-Real-IP", "1.2.3.4"],
      ["X-Forwarded-Proto", "https"],
      ["X-Forwarded-Host", "evil"],
      ["X-Forwarded-Port", "1"],
      ["X-Forwarded-Prefix", "/evil"],
    ],
    { HTTP_X_FORWARDED_FOR: "127.0.0.1" },
  ],
  [
    "[TE13]",
    [
      ["X-A", "1"],
      ["X-A", "2"],
      ["Cookie", "a=b"],
      ["Cookie", "c=d"],
    ],
    { HTTP_X_A: "1, 2", HTTP_COOKIE: "a=b; c=d" },
  ],
  ["[TE14]", [["X-Bytes", "\x80\xff\xe4"]], { HTTP_X_BYTES: "\x80\xff\xe4" }],
  ["[TE16]", [["App-Env", "evil"]], { HTTP_APP_ENV: "ours" }],
  ["[TE17]", [["X-Empty", ""]], { HTTP_X_EMPTY: "" }],
  [
    "[TE20]",
    [
      ["SCRIPT_FILENAME", "/etc/passwd"],
      ["PHP_VALUE", "a=b"],
      ["PHP-VALUE", "x"],
    ],
    { HTTP_PHP_VALUE: "x" },
  ],
];

/** What every request of this test has. */
const USUAL = new Set(["HTTP_HOST", "HTTP_APP_ENV"]);

test("what headers become of params, over both versions of HTTP, from a client whom nobody trusts", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\n"), {
    routes: [
      { match: "/health", respond: { body: "fine" } },
      { fastcgi: { upstream: "app", params: { HTTP_APP_ENV: "ours" } } },
    ],
  });
  /** The params that came of headers. */
  const last = (): Record<string, string> => {
    const { params } = site.backend.requests.at(-1)!;
    expect(params["REMOTE_ADDR"]).toBe("127.0.0.1");
    expect(params["REMOTE_USER"]).toBeUndefined();
    const names = Object.keys(params).filter((name) => /^(?:HTTP|CONTENT|PHP)_|^SCRIPT_FILENAME$/.test(name));
    return Object.fromEntries(names.map((name) => [name, params[name] ?? ""]));
  };
  for (const [id, headers, expected] of ROWS) {
    const usual = Object.fromEntries(Object.entries(expected).filter(([name]) => !USUAL.has(name)));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const answer = await site.ask(`GET / HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`);
    expect(answer, id).toMatch(/^HTTP\/1\.1 200 /);
    expect([id, last()]).toEqual([id, { HTTP_HOST: "a", HTTP_APP_ENV: "ours", ...usual }]);

    const fields = headers.map(([name, value]): Header => [name.toLowerCase(), value]);
    const client = await H2Client.connect(site.tlsPort);
    expect(await client.headers(1, [...asking(), ...fields]).status(1), id).toBe(200);
    client.socket.destroy();
    expect([id, last()]).toEqual([id, { HTTP_HOST: "localhost", HTTP_APP_ENV: "ours", ...usual }]);
    await site.othersAreFine(id);
  }
});

test("[TE06] [TE07] [TE13] what is between client and gateway is not passed on, and what stands once stands once", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\n"), {
    routes: [{ match: "/health", respond: { body: "fine" } }, { fastcgi: { upstream: "app" } }],
  });
  const hop = [
    "TE: trailers",
    "Trailer: X",
    "Keep-Alive: 5",
    "Upgrade: h2c",
    "Proxy-Connection: x",
    "HTTP2-Settings: A",
  ];
  const named = "Connection: close, X-Real-IP, X-Secret, Host, Cookie, Authorization, HTTP2-Settings";
  const lines = [named, "X-Secret: 1", "Cookie: a=b", "Authorization: x", "Proxy-Authorization: y", ...hop];
  await site.ask(`GET / HTTP/1.1\r\nHost: a\r\n${lines.join("\r\n")}\r\n\r\n`);
  const names = Object.keys(site.backend.requests[0]?.params ?? {}).filter((name) => name.startsWith("HTTP_"));
  expect(names.toSorted()).toEqual(["HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_HOST"]);
  for (const twice of ["Content-Type: a/b", "Authorization: x", "If-Modified-Since: x"]) {
    const request = `GET / HTTP/1.1\r\nHost: a\r\n${twice}\r\n${twice}\r\nConnection: close\r\n\r\n`;
    expect(await site.ask(request), twice).toMatch(/^HTTP\/1\.1 400 /);
    await site.othersAreFine(twice);
  }
});
