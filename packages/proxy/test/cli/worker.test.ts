import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, test, vi } from "vitest";

import { findAccount } from "../../src/processes/account.ts";
import { makeCertificate } from "../support/certificates.ts";
import { isRoot, needs } from "../support/needs.ts";
import { gone } from "../support/processes.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { RawClient } from "../support/raw-client.ts";
import { stagedNode } from "../support/staged-node.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { connectTls, shown } from "../support/tls-server.ts";

vi.setConfig({ testTimeout: 60_000 });

const ANY_PORT = ["--listen", "127.0.0.1:0"];
const LISTENER = new URL("../support/listener.mjs", import.meta.url);

/** A folder with a configuration. */
function configured(config: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "x.config.json"), JSON.stringify({ listen: ["127.0.0.1:0"], ...config }));
  return folder;
}

function start(folder: string): ProxyProgram {
  return new ProxyProgram(["--config", join(folder, "x.config.json")]);
}

/** A line of proc(5), as numbers. */
function status(pid: number, name: string): number[] {
  const line = new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "";
  return line
    .trim()
    .split(/\s+/)
    .map((text) => Number.parseInt(text, name.startsWith("Cap") ? 16 : 10));
}

const get = (port: number, path = "/"): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
const OK = { routes: [{ respond: { body: "ok" } }] };
const web = ["www-data", "http", "nginx", "apache", "_www", "nobody"].map(findAccount).find((it) => it !== undefined);
const nobody = findAccount("nobody");

describe("started by root", () => {
  beforeEach((context) => needs(context, "root", isRoot));

  test("[TJ11] the worker is the web user with no rights of root's, and cannot have them again", async () => {
    const site = temporaryFolder();
    writeFileSync(join(site, "open.txt"), "open");
    writeFileSync(join(site, "roots.txt"), "secret", { mode: 0o600 });
    const program = new ProxyProgram([site, ...ANY_PORT]);
    const port = await program.port();
    expect(await (await get(port, "/open.txt")).text()).toBe("open");
    expect((await get(port, "/roots.txt")).status).toBe(404);
    const { worker } = program;
    const { uid, gid } = web ?? { uid: -1, gid: -1 };
    expect(status(worker, "Uid")).toEqual([uid, uid, uid, uid]);
    expect(status(worker, "Gid")).toEqual([gid, gid, gid, gid]);
    expect(status(worker, "Groups")).toContain(gid);
    expect(status(worker, "Groups")).not.toContain(0);
    for (const set of ["CapEff", "CapPrm"]) expect(status(worker, set)).toEqual([0]);
    expect(status(program.pid, "Uid")).toEqual([0, 0, 0, 0]);
    expect(await program.signal("SIGTERM")).toBe(0);
    await gone(worker);
  });

  test("[TJ11] the configured user; functions of the configuration run as that one", async () => {
    const folder = temporaryFolder();
    const text = `const handler = () => {
      try { process.setuid(0); return new Response("root again"); }
      catch (error) { return new Response([process.getuid(), error.code].join(" ")); }
    };
    class App { fetch() { return new Response("app"); } }
    export default { user: "nobody", routes: [{ match: "/app", handler: new App() }, { handler }] };`;
    writeFileSync(join(folder, "x.config.mjs"), text);
    const program = new ProxyProgram(["--config", join(folder, "x.config.mjs"), ...ANY_PORT]);
    const port = await program.port();
    expect(await (await get(port)).text()).toBe(`${nobody?.uid} EPERM`);
    expect(await (await get(port, "/app")).text()).toBe("app");
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("certificates whose keys only root may read, and those that come in their place", async () => {
    const folder = temporaryFolder();
    const tls = makeCertificate({ names: ["old.test"], folder });
    const make = (name: string): void => void makeCertificate({ names: [name], folder });
    chmodSync(folder, 0o700);
    const site = temporaryFolder();
    const program = new ProxyProgram([site, "--listen", "https://127.0.0.1:0", "--cert", tls.cert, "--key", tls.key]);
    const port = Number((await program.line(/https:\/\/127\.0\.0\.1:(\d+)/))[1]);
    expect(shown(await connectTls(port))).toBe("old.test");
    make("new.test");
    process.kill(program.pid, "SIGHUP");
    await program.line(/certificates read again/);
    expect(shown(await connectTls(port))).toBe("new.test");
    make("next.test");
    process.kill(program.worker, "SIGKILL");
    await program.line(/worker: serves again/);
    expect(shown(await connectTls(port))).toBe("next.test");
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("a worker that is killed comes back; who connects meanwhile waits, and is answered", async () => {
    const program = start(configured(OK));
    const port = await program.port();
    for (const time of [1, 2]) {
      process.kill(program.worker, "SIGKILL");
      await program.line(new RegExp(`(worker: was ended by SIGKILL; started again in [^]*){${time}}`));
      expect(await (await get(port)).text()).toBe("ok");
      await program.line(new RegExp(`(worker: serves again as process [^]*){${time}}`));
    }
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("a worker that cannot start again is told of, and the port stays taken", async () => {
    const folder = temporaryFolder();
    const site = join(folder, "site");
    mkdirSync(site);
    const program = new ProxyProgram([site, ...ANY_PORT]);
    const port = await program.port();
    renameSync(site, join(folder, "elsewhere"));
    process.kill(program.worker, "SIGKILL");
    await program.line(/worker: root: the folder \S+ does not exist: make it, or name another one; started again in/);
    const other = new ProxyProgram([folder, "--listen", `127.0.0.1:${port}`]);
    expect(await other.exit()).toBe(1);
    renameSync(join(folder, "elsewhere"), site);
    await program.line(/worker: serves again/);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("[TJ09] kill -9 of the supervisor ends the worker", async () => {
    const program = start(configured(OK));
    const client = new RawClient(await program.port()).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until(/ok$/);
    const { worker } = program;
    await program.signal("SIGKILL");
    await client.closed();
    await gone(worker);
  });

  test("signals of a terminal and a service manager to all processes leave the worker to its supervisor", async () => {
    const program = start(configured(OK));
    const port = await program.port();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(program.worker, signal);
    expect(await (await get(port)).text()).toBe("ok");
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(program.stderr).toBe("");
  });

  test("a terminal's Ctrl-C while it starts ends it without a word of alarm", async () => {
    const folder = configured(OK);
    const preload = join(folder, "preload.cjs");
    // Both get the signal, the supervisor first, and the worker before it knows to ignore it.
    const text = `if (/worker/.test(process.argv[1])) {
      process.kill(process.ppid, "SIGINT");
      process.kill(process.pid, "SIGINT");
    }`;
    writeFileSync(preload, text);
    const program = new ProxyProgram(["--config", join(folder, "x.config.json")], {
      env: { NODE_OPTIONS: `--require ${preload}` },
    });
    expect(await program.exit()).toBe(0);
    expect(program.stderr).toBe("");
    expect(program.stdout).toMatch(/SIGINT: stopping\n.*stopped\n$/);
  });

  test("a worker that is killed before it serves: a sentence", async () => {
    const folder = configured(OK);
    const preload = join(folder, "preload.cjs");
    writeFileSync(preload, 'if (/worker/.test(process.argv[1])) process.kill(process.pid, "SIGKILL");');
    const program = new ProxyProgram(["--config", join(folder, "x.config.json")], {
      env: { NODE_OPTIONS: `--require ${preload}` },
    });
    expect(await program.exit()).toBe(1);
    expect(program.stderr).toBe("x-proxy: the process that answers requests was ended by SIGKILL before it served.\n");
  });

  test("the access log is the worker's, who opens it anew on SIGUSR1 to the supervisor", async () => {
    const folder = configured({ ...OK, log: { access: { file: "access.log", format: "common" } } });
    const file = join(folder, "access.log");
    const program = start(folder);
    const port = await program.port();
    await get(port, "/a");
    expect(statSync(file).uid).toBe(web?.uid);
    renameSync(file, `${file}.1`);
    program.child.kill("SIGUSR1");
    await program.line(/is opened anew/);
    await get(port, "/b");
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(readFileSync(`${file}.1`, "utf8")).toContain("GET /a ");
    expect(readFileSync(file, "utf8")).toMatch(/^[^\n]*"GET \/b HTTP\/1\.1" 200[^\n]*\n$/);
  });

  test("[TJ12] no link that others put in place of the access log is followed", async () => {
    const folder = configured({ ...OK, log: { access: { file: "logs/access.log" } } });
    const logs = join(folder, "logs");
    mkdirSync(logs);
    chmodSync(logs, 0o777);
    const secret = join(folder, "secret");
    writeFileSync(secret, "", { mode: 0o600 });
    symlinkSync(secret, join(logs, "access.log"));
    const program = start(folder);
    expect(await program.exit()).toBe(2);
    expect(program.stderr).toMatch(/^x-proxy: the access log \S+ cannot be written: ELOOP/);
    expect(lstatSync(secret).uid).toBe(0);
  });

  test("reaches applications of another user, whose socket is for both alone", async () => {
    const folder = temporaryFolder();
    const root = join(folder, "site");
    mkdirSync(root);
    chownSync(root, nobody?.uid ?? 0, nobody?.gid ?? 0);
    const script = join(folder, "listener.mjs");
    writeFileSync(script, readFileSync(LISTENER), { mode: 0o644 });
    const socket = join(folder, "app", "app.sock");
    const config = {
      listen: ["127.0.0.1:0"],
      root,
      upstreams: { app: { addresses: [`unix:${socket}`] } },
      processes: {
        app: { kind: "command", command: [stagedNode(folder), script, socket], cwd: folder, upstream: "app" },
      },
      routes: [{ fastcgi: { upstream: "app" } }],
    };
    writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
    const program = start(folder);
    const port = await program.port();
    expect((statSync(join(folder, "app")).mode & 0o7777).toString(8)).toBe("2710");
    expect(statSync(socket).uid).toBe(nobody?.uid);
    // The application hangs up on whoever comes: it was reached.
    expect((await get(port)).status).toBe(502);
    await program.line(/closed the connection|ended the connection|before/);
    expect(program.stderr).not.toContain("EACCES");
    expect(await program.signal("SIGTERM")).toBe(0);
  });
});

describe("[TK01] exit code 2 and one sentence", () => {
  beforeEach((context) => needs(context, "root", isRoot));

  const mistakes: readonly [title: string, config: object, message: RegExp][] = [
    [
      "a user that does not exist",
      { ...OK, user: "nobody-here" },
      /^x-proxy: user is "nobody-here", and this machine has no such user\.\n$/,
    ],
    [
      "root",
      { ...OK, user: "root" },
      /^x-proxy: user is root, and neither applications nor the worker ever run as root: name/,
    ],
    [
      "another user for CGI programs",
      { user: "nobody", routes: [{ match: "/cgi/*", cgi: { root: ".", user: "daemon" } }] },
      /^x-proxy: routes\[0\]\.cgi\.user is daemon, but the worker, which starts CGI programs, is nobody: /,
    ],
  ];
  for (const [title, config, message] of mistakes) {
    test(title, async () => {
      const program = start(configured(config));
      expect(await program.exit()).toBe(2);
      expect(program.stderr).toMatch(message);
    });
  }

  test("a site that the worker cannot enter", async () => {
    const site = join(temporaryFolder(), "site");
    mkdirSync(site, { mode: 0o700 });
    const program = new ProxyProgram([site, ...ANY_PORT]);
    expect(await program.exit()).toBe(2);
    expect(program.stderr).toMatch(
      /^x-proxy: user [\w-]+ may not use the document root (\S+): run `chmod a\+rx \1`, or name another one in the configuration \(`user`\)\.\n$/,
    );
  });
});

test("started by another user, it can have no other one", async ({ skip }) => {
  skip(isRoot, "root runs the tests, who can");
  const program = start(configured({ ...OK, user: "root" }));
  expect(await program.exit()).toBe(2);
});
