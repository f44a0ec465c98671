// One configuration, every application, over both transports: examples/many-languages as it stands there.
import { execFile, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { send } from "../src/http.ts";
import { needs, needsThat } from "../src/needs.ts";
import { type RunningProxy, startXProxy } from "../src/peers/x-proxy.ts";
import { socketFolder, temporaryFolder } from "../src/temporary.ts";

const example = join(import.meta.dirname, "../../../examples/many-languages");

const all = [
  needs("fcgiwrap", ["fcgiwrap"]),
  needs("git", ["git"]),
  needs("Plack", ["plackup"]),
  needs("uWSGI", ["uwsgi"]),
  needsThat("Perl's FCGI", "perl", ["-MFCGI", "-MFCGI::ProcManager", "-e1"]),
  needsThat("Flask", "/usr/bin/python3", ["-c", "import flask"]),
  needsThat("uWSGI's Python", "uwsgi", ["--plugin", "python3", "--version"]),
  needsThat("gitweb", "test", ["-f", "/usr/share/gitweb/gitweb.cgi"]),
].every(Boolean);

const run = promisify(execFile);

/** A repository that the web server's user may write, since git looks who owns it. */
function makeRepository(folder: string): void {
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", join(folder, "project.git")]);
  execFileSync("git", ["-C", join(folder, "project.git"), "config", "http.receivepack", "true"]);
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "www-data", folder]);
}

/** The first of some ports in a row that nobody listens on. */
async function freePorts(count: number): Promise<number> {
  for (let first = 20_000 + Math.floor(Math.random() * 30_000); ; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isFree(first + at)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

describe.runIf(all).each(["unix", "tcp"] as const)("many languages behind one server, over %s", (transport) => {
  const folder = temporaryFolder();
  let proxy: RunningProxy;

  beforeAll(async () => {
    cpSync(example, join(folder.path, "example"), { recursive: true, filter: (path) => !path.endsWith("/run") });
    const repositories = join(folder.path, "git");
    execFileSync("mkdir", [repositories]);
    makeRepository(repositories);
    proxy = await startXProxy(["--config", join(folder.path, "example/x.config.ts")], {
      ...process.env,
      TRANSPORT: transport,
      RUN: socketFolder(folder.path),
      PORT: String(await freePorts(5)),
      GIT_PROJECT_ROOT: repositories,
    });
  });

  afterAll(async () => {
    await proxy?.stop();
    folder.remove();
  });

  const text = async (path: string, headers = {}): Promise<string> =>
    (await send(proxy.url, path, { headers })).body.toString();

  test("Perl's FCGI.pm answers, with a body too", async () => {
    expect(await text("/perl/a%20b?x")).toBe("perl: GET /a b for nobody, 0 bytes\n");
    const posted = await send(proxy.url, "/perl/", { method: "POST", body: Buffer.alloc(100_000) });
    expect(posted.body.toString()).toBe("perl: POST / for nobody, 100000 bytes\n");
  });

  test("Plack answers", async () => {
    expect(await text("/plack/a/b")).toBe("plack: GET /plack/a/b\n");
  });

  test.each(["/flask", "/flask-scgi"])("%s in uWSGI: page, session, redirect, upload, stream", async (mount) => {
    const first = await send(proxy.url, `${mount}/`);
    expect(first.body.toString()).toBe(`flask: visit 1 below ${mount}\n`);
    const cookie = (first.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
    expect(await text(`${mount}/`, { cookie })).toBe(`flask: visit 2 below ${mount}\n`);
    const redirect = await send(proxy.url, `${mount}/elsewhere`);
    expect([redirect.status, redirect.headers.location]).toEqual([302, `${mount}/`]);
    const body = randomBytes(2_000_000);
    const uploaded = await send(proxy.url, `${mount}/upload`, { method: "POST", body });
    expect(uploaded.body.toString()).toBe(`${body.length} ${createHash("sha256").update(body).digest("hex")}\n`);
    expect(await text(`${mount}/stream`)).toBe("piece 0\npiece 1\npiece 2\n");
  });

  test("[P81][P83] a Perl authorizer asks for a login, and says who it was", async () => {
    const refused = await send(proxy.url, "/private/x", { method: "POST", body: "hello" });
    expect([refused.status, refused.headers["www-authenticate"], refused.body.toString()]).toEqual([
      401,
      'Basic realm="kitchen"',
      "Who are you?\n",
    ]);
    const authorization = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
    const allowed = await send(proxy.url, "/private/x", { method: "POST", body: "hello", headers: { authorization } });
    expect(allowed.body.toString()).toBe("perl: POST /x for ada, 5 bytes\n");
  });

  test("[P84] a Perl filter makes a page of a file, and is not asked for one that the client has", async () => {
    const page = await send(proxy.url, "/kitchen.md");
    expect(page.body.toString()).toContain("<h1>Kitchen</h1>\n<p>The soup is &lt; 100 degrees.</p>");
    const large = join(folder.path, "example/docs/large.md");
    writeFileSync(large, `# Large\n\n${"x".repeat(1_000_000)}\n`);
    execFileSync("touch", ["-d", "2020-01-01", large]);
    const first = await send(proxy.url, "/large.md");
    expect(first.body.length).toBeGreaterThan(1_000_000);
    const again = await send(proxy.url, "/large.md", { headers: { "if-none-match": first.headers.etag ?? "" } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test.each(["git", "cgi-git"])("/%s: clone, push of much in chunks, clone again", async (mount) => {
    const url = `${proxy.url}/${mount}/project.git`;
    const work = join(folder.path, `work-${mount}`);
    const git = async (...args: string[]): Promise<string> => {
      const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" };
      return (await run("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { env })).stdout;
    };
    await git("clone", "-q", url, work);
    const content = randomBytes(3_000_000);
    writeFileSync(join(work, `file-${mount}`), content);
    await git("-C", work, "checkout", "-q", "-B", "main");
    await git("-C", work, "add", ".");
    await git("-C", work, "commit", "-q", "-m", mount);
    // Larger than the buffer: the body goes out chunked.
    await git("-C", work, "-c", "http.postBuffer=65536", "push", "-q", "origin", "main");
    await git("clone", "-q", url, `${work}-again`);
    expect(readFileSync(join(`${work}-again`, `file-${mount}`)).equals(content)).toBe(true);
  });

  test("gitweb as plain CGI lists the repository", async () => {
    expect(await text("/gitweb/")).toContain("project.git");
    const page = await send(proxy.url, "/gitweb/?p=project.git;a=summary");
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain("project.git");
  });

  test("a fetch handler answers in the server itself", async () => {
    expect(await text("/live")).toBe("node: GET\n");
  });
});
