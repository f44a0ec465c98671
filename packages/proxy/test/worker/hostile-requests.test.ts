import { expect, test, vi } from "vitest";

import { HostileSite, SECRET } from "../support/hostile-site.ts";
import { BAD } from "../support/request-corpus.ts";

// Hundreds of connections, and the machine may have other things to do.
vi.setConfig({ testTimeout: 120_000 });

/** Small enough for the corpus. */
const limits = { headerBytes: 512, target: 512, headerLines: 10 };

/** A status of four hundred and more, over HTTP/1 and over HTTP/2, where the stream may be reset in place of an answer. */
const is = (status: number, expected: number | readonly number[]): boolean => [expected].flat().includes(status);

test("what is no request gets its status, and its connection its end; no application is asked, and others go on", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\n"), { limits });
  // What comes behind a good request is the next one.
  for (const [title, bytes, status] of BAD.filter(([it]) => !it.startsWith("[TA34]"))) {
    const answer = await site.ask(bytes);
    expect(answer, title).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`));
    expect(answer.match(/HTTP\/1\.1 /g), title).toHaveLength(1);
    await site.othersAreFine(title);
  }
  expect(site.backend.requests).toEqual([]);
});

test("[TA34] a byte behind a body is the next request, which is none", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\nanswer"));
  const bytes = "POST /index.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\n\r\n\0";
  expect(await site.ask(bytes)).toMatch(/^HTTP\/1\.1 200 [^Z]*answerHTTP\/1\.1 400 [^Z]*$/);
  expect(site.backend.requests.map(({ stdin }) => stdin)).toEqual(["Z"]);
  await site.othersAreFine("");
});

const HOSTS = ["", "a, b", "a/b", "u@a", "a:99999", "a b", "<script>", "[::1", "a\x80", "a..b", "a:8x", "a\\b"];

test("[TC01] [TC02] [TC03] [TC04] a host that is none, or two, is 400", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\n"));
  const requests = [
    ...HOSTS.map((host) => `GET /index.php HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    "GET /index.php HTTP/1.1\r\n\r\n",
    ...["a", "A", "b"].map((host) => `GET /index.php HTTP/1.1\r\nHost: a\r\nHost: ${host}\r\n\r\n`),
    ...["http://b/index.php", "http://u:p@a/", "ftp://a/", "http://a:80x/", "http://a::80/", "http://"].map(
      (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`,
    ),
  ];
  for (const request of requests) {
    expect(await site.ask(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")), request).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    await site.othersAreFine(request);
  }
  for (const host of HOSTS.filter((it) => it !== "")) {
    expect([400, "RST 1"], host).toContain((await site.askH2([":authority", host], [":path", "/index.php"])).status);
    await site.othersAreFine(host);
  }
  expect(site.backend.requests).toEqual([]);
});

const CLIMBS = [
  ...["/../secret", "/%2e%2e/secret", "/.%2e/secret", "/%2E./secret", "/./.././secret", "/a/../../secret"],
  ...["/..;/secret", "/....//secret", "/..%00/secret", "/%5c..%5csecret", "/..\\secret", "/..%5csecret"],
  ...["/..%2fsecret", "/%2e%2e%2fsecret", "/..%252fsecret", "/%252e%252e/secret", "/%c0%ae%c0%ae/secret"],
  ...["/%ff%2e%2e/secret", `/${"../".repeat(200)}secret`, "/index.php/../../secret", "/a.txt/../../secret"],
];

const TARGETS: readonly (readonly [ids: string, targets: readonly string[], status: number | readonly number[]])[] = [
  ["[TC07]", ["*"], 400],
  ["[TC08]", ["/a#b", "/%", "/%1", "/%zz", "/a.txt#", "/a.txt?b#c"], 400],
  ["[TC09]", ["/a.jpg%00.php", "/upload/evil.jpg%00.php", "/index.php/%00"], 400],
  ["[TC10]", ["/index.php/x%0ay", "/index.php%0a/x", "/x%0d"], 400],
  ["[TC11] [TC12] [TC15] [TD01] [TD06]", CLIMBS, [400, 404]],
  ["[TC13]", ["/upload/..%2f.env", "/a%2fb", "/index.php%2fx"], 400],
  ["[TC14]", ["/index.php%3f", "/index.php%3f/../x", "/index.php%3f.php"], 404],
  ["[TC15]", ["/index.php;/x", "/a;x/../.env", "/.env/.", "/.env%20"], 404],
  ["[TC16] [TD09]", ["/INDEX.PHP", "/Index.php/x", "/index.php.", "/index.php%20", "/index.php::$DATA"], 404],
  ["[TD02]", ["/img../secret", "/imgsecret/x", "/img/../../secret", "/img..%2fsecret"], [400, 404]],
  ["[TD03]", ["/upload/evil.jpg/x.php", "/nope.php", "/upload/index.php"], 404],
  ["[TD04]", ["/test.php.bak", "/a.php5", "/a.php.txt.php/i"], 404],
  ["[TD05]", ["/index.%EF%BD%90hp", "/%C8%BA%C8%BA%C8%BAshell.php", "/index%EF%BC%8Ephp", "/%C4%B0test.php"], 404],
  ["[TD07]", ["/old.php5", "/img/index.php", "/img/old.php5"], 404],
  ["[TD08]", ["/.env", "/.git/config", "/.htaccess", "/x~", "/x.swp", "/b.html.bak", "/img/.env", "/.ENV."], 404],
  ["[TD10]", ["/linked.txt", "/linked.php", "/out/secret", "/out/secret.php", "/img/linked.txt"], 404],
  ["[TD12]", [`/${"x".repeat(300)}`, `/${"x/".repeat(2_500)}y`, `/${"x".repeat(300)}.php`], 404],
];

test("[TB03] [TB04] what leads nowhere, or should not, leads to no file and no application, over both versions of HTTP", async () => {
  const site = await HostileSite.start((request) => request.end("Status: 200\r\n\r\n"));
  for (const [ids, targets, status] of TARGETS) {
    for (const target of targets) {
      const what = `${ids} ${target.slice(0, 60)}`;
      const answer = await site.ask(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect([what, is(Number(answer.slice(9, 12)), status), answer.slice(0, 30)]).toEqual([
        what,
        true,
        answer.slice(0, 30),
      ]);
      const { status: got, body } = await site.askH2([":path", target]);
      expect([what, got === "RST 1" || is(Number(got), status), got]).toEqual([what, true, got]);
      expect(answer + body, what).not.toContain(SECRET);
      await site.othersAreFine(what);
    }
  }
  expect(site.backend.requests).toEqual([]);
  // The site is there all the same.
  expect(await site.ask("GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(/public$/);
  expect(await site.ask("GET /index.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
});
