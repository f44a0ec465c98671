// What PHP-FPM truly does, habit by habit, and that our client lives with it.
import { chmodSync, watch, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { isFastCGIError, Pool, toParams } from "@x/client";
import type { DispatchOptions, PoolOptions } from "@x/client";
import { decodeNameValues, encodeRecord, RecordType } from "@x/protocol";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { freePort } from "../src/free-port.ts";
import { needs } from "../src/needs.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import type { PhpFpm } from "../src/peers/php-fpm.ts";
import { requestBytes, talk, valuesBytes } from "../src/records.ts";
import { temporaryFolder } from "../src/temporary.ts";

const SCRIPTS = {
  "echo.php": "<?php echo json_encode($_SERVER);",
  "body.php": '<?php echo file_get_contents("php://input");',
  "deaf.php": '<?php echo "done";',
  "exit.php": "<?php echo 'gone'; exit(3);",
  "head.php": `<?php for ($n = 0; $n < 100; $n++) header("X-Long-$n: " . str_repeat(chr(97 + $n % 26), 300)); echo "body";`,
  "status.php":
    '<?php http_response_code((int) $_GET["code"]); header("Content-Type: text/x-own"); echo $_GET["code"] === "304" ? "" : "body";',
  "endless.php": `<?php
    register_shutdown_function(fn() => file_put_contents($_GET["log"], connection_aborted()));
    for (;;) { echo str_repeat("x", 8192); flush(); }`,
  "ini.php": '<?php echo ini_get("memory_limit");',
  "log.php": '<?php error_log("before the head"); echo "body";',
  "wait.php": '<?php usleep(200000); echo "waited";',
};

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))("the habits of PHP-FPM", () => {
  const folder = temporaryFolder();
  const programs: PhpFpm[] = [];
  let started = 0;
  let two: PhpFpm;
  let one: PhpFpm;

  async function start(children: number, settings: readonly string[] = [], port?: number): Promise<PhpFpm> {
    const name = `habits${started++}`;
    const program = await startPhpFpm(folder.path, name, {
      children,
      settings,
      ...(port === undefined ? {} : { port }),
    });
    programs.push(program);
    return program;
  }
  beforeAll(async () => {
    for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder.path, name), text, { mode: 0o644 });
    one = await start(1);
    two = await start(2);
  });
  afterAll(async () => {
    for (const program of programs) await program.stop();
    folder.remove();
  });

  function open(program: PhpFpm, options: PoolOptions = {}): Pool {
    const pool = new Pool(program.address, { queueTimeout: 20_000, ...options });
    onTestFinished(() => pool.destroy());
    return pool;
  }
  function script(name: keyof typeof SCRIPTS, params: Record<string, string> = {}): Record<string, string> {
    return { REQUEST_METHOD: "GET", SCRIPT_NAME: `/${name}`, SCRIPT_FILENAME: join(folder.path, name), ...params };
  }
  async function get(
    pool: Pool,
    name: keyof typeof SCRIPTS,
    options: Omit<Partial<DispatchOptions>, "params"> = {},
  ): Promise<string> {
    const { body } = await pool.request({ params: script(name), ...options });
    return body.text();
  }

  test("[2e.1] it multiplexes nothing, says so when it is asked, and is believed", async () => {
    const pool = open(two, { learn: true, multiplex: 8 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(pool, "deaf.php")));
    expect(new Set(answers)).toEqual(new Set(["done"]));
    expect(pool.stats.multiplex).toBe(1);
  });

  test("[2e.2] it ends no stream and tells no status: END_REQUEST alone is the end", async () => {
    const pool = open(two, { capacity: 2 });
    const { body, ended } = await pool.request({ params: script("exit.php") });
    expect(await body.text()).toBe("gone");
    expect(await ended).toEqual({ appStatus: 0 });
    const { head, stdin } = requestBytes("", { script: join(folder.path, "exit.php"), keepConn: false });
    const { received } = await talk(two.address, Buffer.concat([head, stdin]), () => false);
    expect(received.map(({ type }) => type)).toEqual([RecordType.Stdout, RecordType.EndRequest]);
  });

  test("[2e.3] every role just runs the script, and FCGI_DATA stays unread: its connection serves nobody else", async () => {
    const pool = open(two, { capacity: 2 });
    const roleOf = async (options: Partial<DispatchOptions>): Promise<unknown> =>
      (JSON.parse(await get(pool, "echo.php", { ...options, reuse: true })) as Record<string, unknown>)["FCGI_ROLE"];
    expect(await roleOf({ role: "authorizer" })).toBe("AUTHORIZER");
    for (let count = 0; count < 3; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that they could share a connection
      expect(await roleOf({ role: "filter", data: "a file" })).toBe("FILTER");
      // Not to be repeated: it would fail on a connection with bytes left over.
      // oxlint-disable-next-line no-await-in-loop
      expect(await roleOf({ idempotent: false })).toBe("RESPONDER");
    }
  });

  test("[2e.4] [2e.5] records and pairs as large as it takes, as many as there are", async () => {
    const pool = open(two, { capacity: 2 });
    const long = "v".repeat(65_000);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`MANY_${index}`, "w".repeat(1_000)]));
    const { body } = await pool.request({ params: { ...script("echo.php"), LONG: long, ...many } });
    expect(await body.json()).toMatchObject({ LONG: long, ...many });
    await expect(pool.request({ params: { ...script("echo.php"), LONG: "v".repeat(66_000) } })).rejects.toMatchObject({
      code: "FCGI_ERR_PARAM_TOO_LARGE",
    });
  });

  test("[2e.6] a body that nobody reads does not stand before the next request", async () => {
    const pool = open(one, { capacity: 1 });
    for (let count = 0; count < 5; count++) {
      const stdin = `${count}`.repeat(100_000);
      const params = script("deaf.php", { REQUEST_METHOD: "POST", CONTENT_TYPE: "application/octet-stream" });
      // oxlint-disable-next-line no-await-in-loop -- one after the other, on one connection
      const { body } = await pool.request({ params, stdin, reuse: true });
      // oxlint-disable-next-line no-await-in-loop
      expect(await body.text()).toBe("done");
      // oxlint-disable-next-line no-await-in-loop
      expect(await get(pool, "deaf.php", { idempotent: false, reuse: true })).toBe("done");
    }
  });

  test("[2e.7] it knows no ABORT_REQUEST: the connection is closed, the worker notices when it writes, the next is served", async () => {
    const pool = open(one, { capacity: 1 });
    const log = join(folder.path, "aborted");
    writeFileSync(log, "");
    chmodSync(log, 0o666);
    const written = new Promise((resolve) => {
      const watcher = watch(log, () => void readFile(log, "utf8").then((text) => text !== "" && resolve(text)));
      onTestFinished(() => watcher.close());
    });
    const { body } = await pool.request({ params: script("endless.php", { QUERY_STRING: `log=${log}` }) });
    body.destroy();
    expect(await written).toBe("1");
    expect(await get(pool, "deaf.php")).toBe("done");
  });

  test("[2e.8] a connection that says nothing takes a worker for five seconds: none is opened before it is needed", async () => {
    const pool = open(one, { capacity: 1 });
    expect(pool.stats).toMatchObject({ connections: 0, connecting: 0 });
    expect(await get(pool, "deaf.php")).toBe("done");
    expect(pool.stats.opened).toBe(1);
  });

  test("[2e.9] an idle connection pins a worker: one is always left to others", async () => {
    const pool = open(two, { capacity: 2 });
    await Promise.all([get(pool, "wait.php"), get(pool, "wait.php")]);
    // One too many is closed soon, if not at once: else nobody would be left to answer this.
    expect(await get(open(two), "deaf.php")).toBe("done");
    expect(pool.stats.idle).toBeLessThan(2);
  });

  test("[2e.10] after END_REQUEST it waits until we close: a connection that is not kept is closed at once", async () => {
    const pool = open(one);
    for (let count = 0; count < 20; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, at the one worker
      expect(await get(pool, "deaf.php")).toBe("done");
    }
    expect(pool.stats).toMatchObject({ opened: 20, reused: 0, idle: 0 });
  });

  test.for([
    { what: "none", length: undefined, wanted: "hello" },
    { what: "one that is too small", length: "2", wanted: "he" },
  ])("[2e.11] it reads CONTENT_LENGTH bytes and no more: $what", async ({ length, wanted }) => {
    const pool = open(one, { capacity: 1 });
    const params = script("body.php", {
      REQUEST_METHOD: "POST",
      CONTENT_TYPE: "text/plain",
      ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
    });
    for (let count = 0; count < 3; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, on one connection if that is kept
      const { body } = await pool.request({ params, stdin: "hello", reuse: true });
      // oxlint-disable-next-line no-await-in-loop
      expect(await body.text()).toBe(wanted);
      // oxlint-disable-next-line no-await-in-loop
      expect(await get(pool, "deaf.php", { idempotent: false, reuse: true })).toBe("done");
    }
  });

  test("[2e.12] a worker that ends after its last request closes a kept connection: no GET fails", async () => {
    const pool = open(await start(1, ["pm.max_requests = 3"]), { capacity: 1 });
    for (let count = 0; count < 20; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, on connections that end meanwhile
      expect(await get(pool, "deaf.php")).toBe("done");
    }
  });

  test("[2e.13] it answers GET_VALUES with one value, and older ones close: never on the connection of a request", async () => {
    const { received } = await talk(two.address, valuesBytes(), (records) => records.length > 0);
    const [answer] = received;
    const values = answer !== undefined && "content" in answer ? decodeNameValues(answer.content) : undefined;
    expect(values?.toObject()).toEqual({ FCGI_MPXS_CONNS: "0" });
  });

  test("[2e.14] a head of 30 KB in several records; Status only when it is not 200; a 304 without Content-Type", async () => {
    const pool = open(two, { capacity: 2 });
    const { rawHeaders, body } = await pool.request({ params: script("head.php") });
    expect(rawHeaders.filter((name) => name.startsWith("X-Long-"))).toHaveLength(100);
    expect(await body.text()).toBe("body");
    const seen: unknown[] = [];
    for (const code of ["200", "201", "304"]) {
      // oxlint-disable-next-line no-await-in-loop
      const answer = await pool.request({ params: script("status.php", { QUERY_STRING: `code=${code}` }) });
      // oxlint-disable-next-line no-await-in-loop
      seen.push([answer.statusCode, answer.headers["content-type"], await answer.body.text()]);
    }
    expect(seen).toEqual([
      [200, "text/x-own;charset=UTF-8", "body"],
      [201, "text/x-own;charset=UTF-8", "body"],
      [304, undefined, ""],
    ]);
  });

  test("[2e.15] no file, a file of another kind, no method", async () => {
    const pool = open(two, { capacity: 2 });
    const missing = await pool.request({ params: script("deaf.php", { SCRIPT_FILENAME: "/no/such.php" }) });
    expect([missing.statusCode, await missing.body.text()]).toEqual([404, "File not found.\n"]);
    expect(await missing.stderr).toContain("Primary script unknown");
    writeFileSync(join(folder.path, "text.txt"), "text", { mode: 0o644 });
    const denied = await pool.request({
      params: script("deaf.php", { SCRIPT_FILENAME: join(folder.path, "text.txt") }),
    });
    expect([denied.statusCode, await denied.body.text()]).toEqual([403, "Access denied.\n"]);
    const { SCRIPT_FILENAME } = script("deaf.php");
    const { statusCode, body } = await pool.request({ params: { SCRIPT_FILENAME: SCRIPT_FILENAME! } });
    expect([statusCode, await body.text()]).toEqual([200, ""]);
  });

  test("[2e.16] it obeys PHP_VALUE, so no header of a stranger becomes it", async () => {
    const pool = open(two, { capacity: 2 });
    const ask = async (params: Record<string, string>): Promise<string> =>
      (await pool.request({ params: { ...script("ini.php"), ...params } })).body.text();
    expect(await ask({ PHP_VALUE: "memory_limit=77M" })).toBe("77M");
    const headers = {
      "PHP-Value": "memory_limit=66M",
      PHP_VALUE: "memory_limit=66M",
      PHP_ADMIN_VALUE: "memory_limit=66M",
    };
    const params = toParams({ path: "/ini.php", root: folder.path, headers });
    expect(await (await pool.request({ params })).body.text()).not.toBe("66M");
    expect(params.names).not.toContain("PHP_VALUE");
  });

  test("[2e.17] listen.allowed_clients: who is not among them is cut off, and told what that may be", async () => {
    const refusing = await start(1, ["listen.allowed_clients = 192.0.2.1"], await freePort());
    const error: unknown = await get(open(refusing), "deaf.php").catch((reason: unknown) => reason);
    expect(isFastCGIError(error, "FCGI_ERR_SOCKET")).toBe(true);
    expect(String(error)).toContain("listen.allowed_clients");
  });

  test("[2e.20] what a worker logs comes as stderr, before the head", async () => {
    const pool = open(two, { capacity: 2 });
    const { statusCode, body, stderr } = await pool.request({ params: script("log.php") });
    expect([statusCode, await body.text()]).toEqual([200, "body"]);
    expect(await stderr).toContain("before the head");
  });

  test("[2e.2] a role that it does not know: it closes without a word", async () => {
    const unknown = Buffer.concat([
      encodeRecord({ type: RecordType.BeginRequest, requestId: 1, role: 9, keepConn: true }),
    ]);
    const { received } = await talk(two.address, Buffer.concat([unknown, requestBytes("", {}).stdin]), () => false);
    expect(received).toEqual([]);
  });
});
