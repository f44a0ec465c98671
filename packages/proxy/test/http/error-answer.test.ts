import diagnosticsChannel from "node:diagnostics_channel";

import { FastCGIError } from "@x/protocol/errors";
import { describe, expect, onTestFinished, test } from "vitest";

import type { GatewayFailure } from "../../src/diagnostics.ts";
import { type Audience, answerError, cutResponse } from "../../src/http/error-answer.ts";
import { errorStatus } from "../../src/http/error-status.ts";
import { Refusal } from "../../src/http/refusal.ts";
import { type Asked, MemoryExchange } from "../support/memory-exchange.ts";

function audience(asked: Asked = {}, errors: Audience["errors"] = "auto"): Audience & { exchange: MemoryExchange } {
  const exchange = new MemoryExchange("/a?<script>", asked);
  const name = asked.host ?? "localhost";
  return { request: exchange, response: exchange, errors, host: { name, port: undefined }, exchange };
}

const absent = new FastCGIError("FCGI_ERR_CONNECT", "connect ENOENT /run/php.sock", {
  address: "unix:/run/php.sock",
  phase: "connect",
  cause: Object.assign(new Error("connect ENOENT"), { code: "ENOENT" }),
  stderr: "PHP Warning: <b>\x1b[31mred\xc3\xa4\nsecond line",
});

function text(asked?: Asked, errors?: Audience["errors"], cause: FastCGIError | Refusal = absent): string {
  const who = audience(asked, errors);
  answerError(who, { cause, upstream: "php" });
  return Buffer.from(who.exchange.text, "latin1").toString("utf8");
}

const html: Asked = { headers: ["Accept", "text/html,*/*"] };
const stranger: Asked = { remote: { address: "192.0.2.7", port: 1 } };

describe("a developer", () => {
  test("sees what failed, where, and what to do", () => {
    const page = text();
    for (const part of [
      "502 Bad Gateway",
      "connect ENOENT /run/php.sock",
      "upstream: php",
      "address: unix:/run/php.sock",
      "phase: connect",
      "code: FCGI_ERR_CONNECT",
      "systemctl start php",
      "request id: ",
    ]) {
      expect(page).toContain(part);
    }
  });

  test("[TF10] sees stderr with its control characters escaped, and its UTF-8 kept", () => {
    const page = text();
    expect(page).toContain("PHP Warning: <b>\\u001b[31mredä\nsecond line");
    expect(page).not.toContain("\x1b");
  });

  test("gets HTML when it asks for it, everything escaped", () => {
    const page = text(html);
    expect(page).toContain("<title>502 Bad Gateway</title>");
    expect(page).toContain("&lt;b&gt;\\u001b[31mredä\nsecond line");
    expect(page).toContain("/a?&lt;script&gt;");
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("<b>");
  });

  test("gets it in the colours of the browser, light or dark, on a phone, too", () => {
    const page = text(html);
    expect(page).toContain(":root{color-scheme:light dark}");
    expect(page).not.toMatch(/[{;]color:/);
    expect(page).toContain('<meta name="viewport" content="width=device-width">');
  });

  test.each<[string, Asked]>([
    ["IPv6", { remote: { address: "::1", port: 1 }, local: { address: "::1", port: 1 }, host: "[::1]" }],
    ["a name under .localhost", { host: "shop.localhost" }],
    ["an address", { host: "127.0.0.1" }],
  ])("is one by %s", (_title, asked) => {
    expect(text(asked)).toContain("FCGI_ERR_CONNECT");
  });

  test("is everybody when the configuration says so", () => {
    expect(text(stranger, "developer")).toContain("FCGI_ERR_CONNECT");
  });

  test.each<[string, FastCGIError | Refusal, string]>([
    [
      "a refused connection",
      new FastCGIError("FCGI_ERR_CONNECT", "x", { cause: Object.assign(new Error("x"), { code: "ECONNREFUSED" }) }),
      "systemctl start php",
    ],
    ["a busy application", new FastCGIError("FCGI_ERR_QUEUE_TIMEOUT", "x"), "pm.max_children"],
    ["an answer that does not come", new FastCGIError("FCGI_ERR_HEADERS_TIMEOUT", "x"), "timeouts.firstByte"],
    ["a crash", new FastCGIError("FCGI_ERR_SOCKET", "x"), "it crashed, was killed or restarted"],
    ["something else that listens", new FastCGIError("FCGI_ERR_BAD_VERSION", "x"), "HTTP server"],
    ["output before the head", new FastCGIError("FCGI_ERR_BAD_RESPONSE_HEAD", "x"), "begins with headers"],
    ["a limit", new Refusal(413, "larger than limits.body allows"), "limits.body"],
  ])("is told about %s", (_title, cause, expected) => {
    expect(text({}, "auto", cause)).toContain(expected);
  });
});

describe("a stranger sees status and request id alone", () => {
  const bare = /^502 Bad Gateway\n\nrequest id: [\w-]{12}\n$/;
  test.each<[string, Asked]>([
    ["from elsewhere", stranger],
    ["to an address that others reach", { local: { address: "192.0.2.1", port: 80 } }],
    [
      "over a UNIX socket",
      { remote: { address: undefined, port: undefined }, local: { address: undefined, port: undefined } },
    ],
    ["through a proxy on this machine", { headers: ["X-Forwarded-For", "192.0.2.7"] }],
    ["through another", { headers: ["via", "1.1 x"] }],
    ["by a name that was pointed at this machine", { host: "evil.example" }],
  ])("%s", (_title, asked) => {
    expect(text(asked)).toMatch(bare);
  });

  test("always, when the configuration says so", () => {
    expect(text({}, "plain")).toMatch(bare);
  });

  test("in HTML too", () => {
    const page = text({ ...stranger, ...html });
    expect(page).toMatch(/502 Bad Gateway[^]*Request id <code>[\w-]{12}<\/code>/);
    expect(page).not.toMatch(/php|FCGI|sock/);
  });
});

test("the answer is not stored, has its length, and none for HEAD", () => {
  const who = audience();
  answerError(who, { cause: absent });
  expect(who.exchange.header("cache-control")).toEqual(["no-store"]);
  expect(who.exchange.header("content-length")).toEqual([String(who.exchange.text.length)]);
  const head = audience({ method: "HEAD" });
  answerError(head, { cause: absent });
  expect(head.exchange).toMatchObject({ status: 502, text: "", outcome: "complete" });
});

test("what happened is published under the id that was shown, cut responses too", () => {
  const failures: GatewayFailure[] = [];
  const listen = (failure: unknown): void => void failures.push(failure as GatewayFailure);
  diagnosticsChannel.subscribe("fastcgi:proxy:error", listen);
  onTestFinished(() => void diagnosticsChannel.unsubscribe("fastcgi:proxy:error", listen));
  const who = audience(stranger);
  answerError(who, { cause: absent, upstream: "php" });
  expect(failures[0]).toMatchObject({
    status: 502,
    upstream: "php",
    error: absent,
    reason: absent.message,
    request: who.request,
  });
  expect(who.exchange.text).toContain(failures[0]?.id);
  const cut = audience();
  cutResponse(cut, { cause: new Refusal(500, "shorter") });
  expect(failures[1]).toMatchObject({ status: 0, reason: "shorter", error: undefined });
  expect(cut.exchange.outcome).toBe("aborted");
});

test("each code has a status of an error", () => {
  for (const [code, { status }] of Object.entries(errorStatus))
    expect([code, status >= 400 && status < 600]).toEqual([code, true]);
});
