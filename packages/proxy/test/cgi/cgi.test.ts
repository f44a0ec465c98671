import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import type { CgiRouteConfig } from "../../src/config/cgi-config.ts";
import type { ProxyConfig, RouteConfig } from "../../src/config/define-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { pass } from "../support/moved-clock.ts";
import { eventually } from "../support/open-files.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let base: string;
let root: string;
/** Where programs may leave something, whoever they run as. */
let left: string;

beforeEach(() => {
  base = temporaryFolder();
  root = join(base, "cgi-bin");
  left = join(base, "left");
  for (const folder of [root, left]) mkdirSync(folder);
  chmodSync(left, 0o777);
});

/** Puts a shell script that begins with the end of its head. */
function put(name: string, script: string, mode = 0o755): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

const HEAD = String.raw`printf 'Content-Type: text/plain\r\n\r\n'`;

function programs(
  cgi: Partial<CgiRouteConfig> = {},
  config: Partial<ProxyConfig> = {},
  more: Partial<RouteConfig> = {},
): Gateway {
  return serve({ routes: [{ match: "/cgi-bin/*", cgi: { root, ...cgi }, ...more }], ...config });
}

/** What a program finds in its environment. */
async function environmentOf(gateway: Gateway, target: string, asked = {}): Promise<Record<string, string>> {
  put("env", `${HEAD}; env -0`);
  const { text } = await ask(gateway, target, asked);
  const lines = Buffer.from(text, "latin1").toString("utf8").split("\0").slice(0, -1);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

describe("a program", () => {
  test("gets the request by its environment and input, and its output is the answer", async () => {
    put("echo", `${HEAD}; cat; pwd`);
    const gateway = programs();
    const answer = await ask(gateway, "/cgi-bin/echo", {
      method: "POST",
      headers: ["Content-Length", "5"],
      body: ["he", "llo"],
    });
    expect(answer).toMatchObject({ status: 200, text: `hello${root}\n`, outcome: "complete" });
    expect(
      await environmentOf(gateway, "/cgi-bin/env/a/b?c=d&e", { headers: ["X-Own", "1", "Proxy", "x"] }),
    ).toMatchObject({
      GATEWAY_INTERFACE: "CGI/1.1",
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "/cgi-bin/env",
      SCRIPT_FILENAME: join(root, "env"),
      PATH_INFO: "/a/b",
      QUERY_STRING: "c=d&e",
      REQUEST_URI: "/cgi-bin/env/a/b?c=d&e",
      HTTP_X_OWN: "1",
      REMOTE_ADDR: "127.0.0.1",
    });
  });

  test("gets nothing of our environment but what is allowed, and what the configuration sets wins", async () => {
    process.env["X_PROXY_TEST_SECRET"] = "s";
    process.env["X_PROXY_TEST_ALLOWED"] = "a";
    const gateway = programs({ environment: { X_PROXY_TEST_ALLOWED: true, HTTP_X_OWN: "ours ü" } });
    const found = await environmentOf(gateway, "/cgi-bin/env", { headers: ["X-Own", "theirs"] });
    expect(found).toMatchObject({ X_PROXY_TEST_ALLOWED: "a", HTTP_X_OWN: "ours ü" });
    for (const name of ["X_PROXY_TEST_SECRET", "HTTP_PROXY", "CONTENT_LENGTH", "HOME", "NODE_OPTIONS", "VITEST"])
      expect(found).not.toHaveProperty(name);
  });

  test("[V29] gets the variables of an authorizer, but none that would load code into it", async () => {
    const guard = await ScriptedBackend.listen((request) =>
      request.end("Status: 200\r\nVariable-REMOTE_USER: ada\r\nVariable-LD_PRELOAD: x\r\nVariable-PATH: /x\r\n\r\n"),
    );
    const gateway = programs(
      {},
      { upstreams: { guard: { addresses: [guard.address] } } },
      { authorize: { upstream: "guard" } },
    );
    const found = await environmentOf(gateway, "/cgi-bin/env");
    expect(found).toMatchObject({ REMOTE_USER: "ada" });
    expect(found).not.toHaveProperty("LD_PRELOAD");
    expect(found["PATH"]).not.toBe("/x");
  });

  test("[V33] gets no argument, whatever the query says", async () => {
    put("args", `${HEAD}; echo "$#"`);
    expect((await ask(programs(), "/cgi-bin/args?-s+-d+x")).text).toBe("0\n");
  });

  test("gets bytes as they are when they are UTF-8; a header of other bytes is left out, a path is refused", async () => {
    const gateway = programs();
    const found = await environmentOf(gateway, "/cgi-bin/env/%C3%BC", { headers: ["X-A", "\xc3\xbc", "X-B", "\xfc"] });
    expect(found).toMatchObject({ PATH_INFO: "/ü", HTTP_X_A: "ü" });
    expect(found).not.toHaveProperty("HTTP_X_B");
    expect((await ask(gateway, "/cgi-bin/env/%FC")).status).toBe(400);
  });

  test("gets a body of unknown length with its length", async () => {
    put("length", `${HEAD}; echo "$CONTENT_LENGTH"; cat`);
    const answer = await ask(programs(), "/cgi-bin/length", {
      method: "POST",
      headers: ["Transfer-Encoding", "chunked"],
      body: ["abc", "def"],
    });
    expect(answer.text).toBe("6\nabcdef");
  });

  test("gets a body that is too large for memory", async () => {
    put("count", `${HEAD}; wc -c`);
    const piece = "x".repeat(100_000);
    const answer = await ask(programs(), "/cgi-bin/count", {
      method: "POST",
      headers: ["Content-Length", "3000000"],
      body: Array.from({ length: 30 }, () => piece),
    });
    expect(answer.text.trim()).toBe("3000000");
  });

  test("need not read its body", async () => {
    put("deaf", `${HEAD}; echo no`);
    const answer = await ask(programs(), "/cgi-bin/deaf", {
      method: "POST",
      headers: ["Content-Length", "3000000"],
      body: Array.from({ length: 30 }, () => "x".repeat(100_000)),
    });
    expect(answer).toMatchObject({ status: 200, text: "no\n" });
  });

  test("streams: what it writes is there before its end", async () => {
    put("stream", `${HEAD}; echo one; until [ -e '${left}/go' ]; do sleep 0.01; done; echo two`);
    const exchange = new MemoryExchange("/cgi-bin/stream");
    programs().dispatch(exchange, exchange);
    await exchange.until(() => exchange.text === "one\n");
    writeFileSync(join(left, "go"), "");
    expect((await exchange.over()).text).toBe("one\ntwo\n");
  });

  test("may answer with a status, redirect within the site, and to HEAD without a body", async () => {
    put("teapot", String.raw`printf 'Status: 418 Teapot\r\n\r\nshort'`);
    put("there", String.raw`printf 'Location: /cgi-bin/teapot\r\n\r\n'`);
    const gateway = programs();
    expect(await ask(gateway, "/cgi-bin/there")).toMatchObject({ status: 418, statusText: "Teapot", text: "short" });
    expect(await ask(gateway, "/cgi-bin/teapot", { method: "HEAD" })).toMatchObject({ status: 418, text: "" });
  });

  test("of a route with one program gets all paths, and its fixed arguments", async () => {
    const program = put("one", `${HEAD}; echo "$1 $SCRIPT_NAME $PATH_INFO"`);
    const gateway = serve({ routes: [{ match: "/git/*", cgi: { program: [program, "--fixed"] } }] });
    expect((await ask(gateway, "/git/a.git/info")).text).toBe("--fixed /git /a.git/info\n");
  });

  test.each(["/git/$(touch%20LEFT/ran)", "/git/;touch%20LEFT/ran;", "/git/`id`", "/git/a?$(touch%20LEFT/ran)&-x;|y"])(
    "[V38] with %s is started as it is configured, and no shell reads it",
    async (target) => {
      const program = put(
        "one",
        String.raw`${HEAD}; printf '%s
' "$#" "$1" "$PATH_INFO" "$QUERY_STRING"`,
      );
      const gateway = serve({ routes: [{ match: "/git/*", cgi: { program: [program, "--fixed"] } }] });
      const [path = "", query = ""] = target.replace("LEFT", encodeURIComponent(left)).split("?");
      const { status, text } = await ask(gateway, `${path}${query === "" ? "" : `?${query}`}`);
      expect(existsSync(join(left, "ran"))).toBe(false);
      // What could be a second path is refused before.
      if (status === 200) expect(text).toBe(`1\n--fixed\n${decodeURIComponent(path.slice("/git".length))}\n${query}\n`);
      else expect(status).toBe(400);
    },
  );

  test("lies below folders, and a mount of the configuration", async () => {
    put("a/b/prog", `${HEAD}; echo "$SCRIPT_NAME $PATH_INFO"`);
    const gateway = serve({ routes: [{ mount: "/x", cgi: { root } }] });
    expect((await ask(gateway, "/x/a/b/prog/c")).text).toBe("/x/a/b/prog /c\n");
    expect((await ask(gateway, "/a/b/prog")).status).toBe(404);
  });
});

describe("what is no program", () => {
  test.each([
    "/cgi-bin/none",
    "/cgi-bin/",
    "/cgi-bin/folder",
    "/cgi-bin/folder/",
    "/cgi-bin/.hidden",
    "/cgi-bin/a~",
    "/cgi-bin/out",
    "/cgi-bin/denied",
  ])("[TD01][TD10] %s is not run", async (path) => {
    mkdirSync(join(root, "folder"));
    for (const name of [".hidden", "a~", "denied"]) put(name, `${HEAD}; touch '${left}/ran'`);
    const outside = join(base, "outside");
    writeFileSync(outside, `#!/bin/sh\n${HEAD}; touch '${left}/ran'\n`);
    chmodSync(outside, 0o755);
    symlinkSync(outside, join(root, "out"));
    expect((await ask(programs({}, {}, { deny: ["/cgi-bin/denied"] }), path)).status).toBe(404);
    expect(existsSync(join(left, "ran"))).toBe(false);
  });

  test.each<[string, () => void, string]>([
    ["not executable", () => void put("bad", HEAD, 0o644), "chmod +x"],
    ["without its interpreter", () => writeFileSync(put("bad", ""), "#!/nowhere/sh\n"), "interpreter"],
  ])("a file that is %s says so to a developer", async (_what, make, said) => {
    make();
    const answer = await ask(programs(), "/cgi-bin/bad");
    expect(answer.status).toBe(502);
    expect(answer.text).toContain(said);
  });

  test.each<[string, string]>([
    ["prints no head", "echo hello; exit 3"],
    ["prints nothing", "echo why >&2; exit 3"],
    ["is killed before its head", "kill -9 $$"],
    ["prints a status line without leave", String.raw`printf 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n'`],
  ])("a program that %s is a 502", async (_what, script) => {
    put("bad", script);
    const answer = await ask(programs(), "/cgi-bin/bad");
    expect(answer.status).toBe(502);
    if (script.includes("why")) expect(answer.text).toContain("why");
  });

  test("a program that is killed in the middle of its answer cuts it", async () => {
    put("bad", `${HEAD}; echo some; kill -9 $$`);
    expect(await ask(programs(), "/cgi-bin/bad")).toMatchObject({ status: 200, outcome: "aborted" });
  });
});

describe("limits", () => {
  /** A program that says its process id and would go on for ever, with a helper that would, too. */
  const ENDLESS = `${HEAD}; sleep 1000 & echo "$$ $!"; wait`;

  async function gone(text: string): Promise<void> {
    const pids = text.trim().split(" ");
    expect(pids).toHaveLength(2);
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  }

  /** After 300 seconds, and not long before: a machine that is busy takes some of them for itself. */
  async function expectCut(gateway: Gateway): Promise<void> {
    put("endless", ENDLESS);
    const exchange = new MemoryExchange("/cgi-bin/endless");
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.endsWith("\n"));
    await pass(200_000);
    expect(exchange.outcome).toBe("open");
    await pass(101_000);
    expect((await exchange.over()).outcome).toBe("aborted");
    await gone(exchange.text);
  }

  function isAlive(pid: string): boolean {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return !/\) [ZX] /.test(stat);
    } catch {
      return false;
    }
  }

  test("time: the program is ended with its helpers, and the answer cut", async () => {
    await expectCut(programs({ time: 300_000 }, { timeouts: { idle: 0 } }));
  });

  test("time before the head is a 504", async () => {
    put("silent", "sleep 1000");
    expect((await ask(programs({ time: 100 }), "/cgi-bin/silent")).status).toBe(504);
    expect((await ask(programs({}, { timeouts: { firstByte: 100 } }), "/cgi-bin/silent")).status).toBe(504);
  });

  test("silence in the middle cuts the answer", async () => {
    await expectCut(programs({ time: 0 }, { timeouts: { idle: 300_000 } }));
  });

  test("firstByte: 0 leaves the limit of silence in the middle as it is", async () => {
    await expectCut(programs({ time: 0 }, { timeouts: { firstByte: 0, idle: 300_000 } }));
  });

  test("idle: 0 lets a program that has begun be silent for any time", async () => {
    put("endless", ENDLESS);
    const exchange = new MemoryExchange("/cgi-bin/endless");
    programs({ time: 0 }, { timeouts: { firstByte: 300_000, idle: 0 } }).dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.endsWith("\n"));
    await pass(400_000);
    expect(exchange.outcome).toBe("open");
    exchange.onAbort?.();
    await gone(exchange.text);
  });

  test("output: more is cut", async () => {
    put("much", `${HEAD}; exec yes`);
    const answer = await ask(programs({ output: 100_000 }), "/cgi-bin/much");
    expect(answer.outcome).toBe("aborted");
    expect(answer.text.length).toBeLessThanOrEqual(100_000);
  });

  test("a client that has gone ends its program", async () => {
    put("endless", ENDLESS);
    const exchange = new MemoryExchange("/cgi-bin/endless");
    programs().dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.endsWith("\n"));
    exchange.onAbort?.();
    await gone(exchange.text);
  });

  test("a program that does not hear SIGTERM is killed", async () => {
    put("stubborn", `trap '' TERM; ${HEAD}; sleep 1000 & echo "$$ $!"; while :; do sleep 1; done`);
    const exchange = new MemoryExchange("/cgi-bin/stubborn");
    programs().dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.endsWith("\n"));
    exchange.onAbort?.();
    await gone(exchange.text);
  });

  test("concurrency: more wait for a place, and get 503 when none becomes free in time", async () => {
    put("wait", `${HEAD}; echo in; until [ -e '${left}/go' ]; do sleep 0.01; done`);
    const gateway = programs({ concurrency: 1, time: 0 }, { timeouts: { queue: 30_000, idle: 0 } });
    const first = new MemoryExchange("/cgi-bin/wait");
    gateway.dispatch(first, first);
    await first.until(() => first.text === "in\n");
    const late = new MemoryExchange("/cgi-bin/wait");
    gateway.dispatch(late, late);
    while (late.outcome === "open") await pass(1_000);
    expect(late.status).toBe(503);
    expect(late.header("retry-after")).toEqual(["1"]);
    const third = new MemoryExchange("/cgi-bin/wait");
    gateway.dispatch(third, third);
    writeFileSync(join(left, "go"), "");
    expect((await first.over()).outcome).toBe("complete");
    expect(await third.over()).toMatchObject({ status: 200, text: "in\n" });
  });

  test("a gateway that is destroyed ends its programs", async () => {
    put("endless", ENDLESS);
    const gateway = programs();
    const exchange = new MemoryExchange("/cgi-bin/endless");
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.endsWith("\n"));
    await gateway.destroy();
    expect(exchange.outcome).toBe("aborted");
    await gone(exchange.text);
  });
});

describe("nph-", () => {
  const SCRIPT = String.raw`printf 'HTTP/1.1 201 Made\r\nX-Own: 1\r\nConnection: close\r\n\r\nbody'`;

  test("[C33] sends its own status line where the configuration lets it", async () => {
    put("nph-x", SCRIPT);
    const answer = await ask(programs({ nph: true }), "/cgi-bin/nph-x");
    expect(answer).toMatchObject({ status: 201, statusText: "Made", text: "body", headers: ["X-Own", "1"] });
  });

  test("may also answer as other programs do", async () => {
    put("nph-y", `${HEAD}; echo hi`);
    expect(await ask(programs({ nph: true }), "/cgi-bin/nph-y")).toMatchObject({ status: 200, text: "hi\n" });
  });

  test("is refused without leave, and for programs of other names", async () => {
    put("nph-x", SCRIPT);
    put("x", SCRIPT);
    expect((await ask(programs(), "/cgi-bin/nph-x")).status).toBe(502);
    expect((await ask(programs({ nph: true }), "/cgi-bin/x")).status).toBe(502);
  });
});
