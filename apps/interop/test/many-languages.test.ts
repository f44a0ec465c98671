// One configuration, every application but the sites of PHP (sites/many-languages.test.ts), over both transports: examples/many-languages as it stands there.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Gate } from "../src/gate.ts";
import { type Answer, send } from "../src/http.ts";
import { noise } from "../src/noise.ts";
import { getInParts } from "../src/parts.ts";
import { hasAllLanguages, startManyLanguages } from "../src/peers/many-languages.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { temporaryFolder } from "../src/temporary.ts";

const NOWHERE = { DOKUWIKI: "/nowhere", PHPMYADMIN: "/nowhere", ADMINER: "/nowhere", SYMFONY_BUNDLE: "/nowhere" };

const run = promisify(execFile);

/** The cookies that a response sets, as they are sent back. */
function cookiesOf({ headers }: Answer): string {
  return (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");
}

describe.runIf(hasAllLanguages()).each(["unix", "tcp"] as const)(
  "many languages behind one server, over %s",
  (transport) => {
    const folder = temporaryFolder();
    let gate: Gate;
    let proxy: RunningProxy;
    let clones = 0;

    beforeAll(async () => {
      gate = await Gate.open();
      // The sites of PHP are met in sites/, whose packages are no part of this suite.
      const environment = { ...NOWHERE, GATE: gate.address };
      proxy = await startManyLanguages(folder.path, { transport, environment });
    });

    afterAll(async () => {
      await proxy?.stop();
      gate?.close();
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

    test.each(["/flask", "/flask-scgi"])("%s in uWSGI: page, session, redirect, upload", async (mount) => {
      const first = await send(proxy.url, `${mount}/`);
      expect(first.body.toString()).toBe(`flask: visit 1 below ${mount}\n`);
      const cookie = (first.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
      expect(await text(`${mount}/`, { cookie })).toBe(`flask: visit 2 below ${mount}\n`);
      const redirect = await send(proxy.url, `${mount}/elsewhere`);
      expect([redirect.status, redirect.headers.location]).toEqual([302, `${mount}/`]);
      const body = noise(2_000_000);
      const uploaded = await send(proxy.url, `${mount}/upload`, { method: "POST", body });
      expect(uploaded.body.toString()).toBe(`${body.length} ${createHash("sha256").update(body).digest("hex")}\n`);
    });

    test.each(["/django", "/django-scgi", "/rails"])(
      "%s in uWSGI: page, session, form with its token, redirect, upload",
      async (mount) => {
        const first = await send(proxy.url, `${mount}/`);
        const host = proxy.url.slice("http://".length);
        expect(first.body.toString()).toContain(`visit 1 at http://${host}${mount}/`);
        expect(await text(`${mount}/`, { cookie: cookiesOf(first) })).toContain("visit 2 ");

        const form = await send(proxy.url, `${mount}/form`);
        const cookie = cookiesOf(form);
        const page = form.body.toString();
        const [, name = ""] = /name="(csrfmiddlewaretoken|authenticity_token)"/.exec(page) ?? [];
        const [, token = ""] = new RegExp(`name="${name}" value="([^"]+)"`).exec(page) ?? [];
        const post = (fields: Record<string, string>) =>
          send(proxy.url, `${mount}/form`, {
            method: "POST",
            headers: { cookie, "content-type": "application/x-www-form-urlencoded", origin: proxy.url },
            body: new URLSearchParams(fields).toString(),
          });
        const forged = await post({ dish: "soup" });
        expect([403, 422]).toContain(forged.status);
        const sent = await post({ dish: "Käse & Brot", [name]: token });
        expect([302, 303]).toContain(sent.status);
        const target = new URL(sent.headers.location ?? "", proxy.url);
        expect(target.pathname).toBe(`${mount}/saved`);
        expect(await text(target.pathname, { cookie: cookiesOf(sent) })).toBe("saved: Käse & Brot\n");

        const data = noise(3_000_000);
        const fields = new FormData();
        fields.set("file", new File([data], "dish.jpg"));
        const encoded = new Response(fields);
        const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
        const body = Buffer.from(await encoded.arrayBuffer());
        for (const form of [body, [body.subarray(0, 1_000_000), body.subarray(1_000_000)]]) {
          // oxlint-disable-next-line no-await-in-loop -- one at a time, with a length and without
          const uploaded = await send(proxy.url, `${mount}/upload`, { method: "POST", headers, body: form });
          const sum = createHash("sha256").update(data).digest("hex");
          expect(uploaded.body.toString()).toBe(`dish.jpg: ${data.length} ${sum}\n`);
        }
      },
    );

    test.each(["/perl", "/plack", "/flask", "/flask-scgi", "/django", "/django-scgi", "/rails", "/node"])(
      "%s streams: a piece is here before the next one is made",
      async (mount) => {
        const signal = AbortSignal.timeout(50_000);
        const parts = await getInParts(`${proxy.url}${mount}/stream`, signal);
        expect(await parts.until("piece 0\n")).toBe("piece 0\n");
        await gate.letOneGoOn(signal);
        expect(await parts.until("piece 1\n")).toBe("piece 0\npiece 1\n");
        await gate.letOneGoOn(signal);
        expect(await parts.whole()).toBe("piece 0\npiece 1\npiece 2\n");
      },
    );

    test.each([
      ["/wiki/", "apt-get install dokuwiki"],
      ["/symfony", "apt-get install php-symfony-framework-bundle php-xml"],
      ["/adminer/x", "apt-get install adminer php-mysql mariadb-server"],
    ])("%s is not installed, and says how it would be", async (path, command) => {
      const { status, body } = await send(proxy.url, path);
      expect([status, body.toString()]).toEqual([503, `This is not installed: ${command}\n`]);
    });

    test("Rails answers what it does not have, and nested paths and queries, by itself", async () => {
      expect((await send(proxy.url, "/rails/nowhere")).status).toBe(404);
      expect(JSON.parse(await text("/rails/params/a/b%20c.d?x%5B%5D=1&x%5B%5D=%26"))).toEqual({
        rest: "a/b c",
        format: "d",
        query: { x: ["1", "&"] },
      });
    });

    test("[P81][P83] a Node authorizer asks for a login, and the application behind knows who it was", async () => {
      const refused = await send(proxy.url, "/members/x", { method: "POST", body: "hello" });
      expect([refused.status, refused.headers["www-authenticate"], refused.body.toString()]).toEqual([
        401,
        'Basic realm="node"',
        "Who are you?\n",
      ]);
      const authorization = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
      const allowed = await send(proxy.url, "/members/x", {
        method: "POST",
        body: "hello",
        headers: { authorization },
      });
      expect(JSON.parse(allowed.body.toString())).toMatchObject({ user: "ada", path: "/x" });
    });

    test("[P84] a Node filter makes a page of Markdown", async () => {
      const page = await send(proxy.url, "/notes/menu.md");
      expect([page.status, page.headers["content-type"], page.body.toString()]).toEqual([
        200,
        "text/html; charset=utf-8",
        "<!doctype html>\n<h1>Menu</h1>\n<ul>\n<li>soup</li>\n<li>bread &amp; butter</li>\n</ul>\n<p>Served &lt; 22:00.</p>\n",
      ]);
      const head = await send(proxy.url, "/notes/menu.md", { method: "HEAD" });
      expect([head.status, head.body.length]).toEqual([200, 0]);
      expect((await send(proxy.url, "/notes/no.md")).status).toBe(404);
    });

    test("three processes of Node share the load, many requests at once on a connection of each", async () => {
      const answers = await Promise.all(Array.from({ length: 60 }, () => text("/node/")));
      const pids = answers.map((answer) => (JSON.parse(answer) as { pid: number }).pid);
      expect(new Set(pids).size).toBe(3);
    });

    test("[P81][P83] a Perl authorizer asks for a login, and says who it was", async () => {
      const refused = await send(proxy.url, "/private/x", { method: "POST", body: "hello" });
      expect([refused.status, refused.headers["www-authenticate"], refused.body.toString()]).toEqual([
        401,
        'Basic realm="kitchen"',
        "Who are you?\n",
      ]);
      const authorization = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
      const allowed = await send(proxy.url, "/private/x", {
        method: "POST",
        body: "hello",
        headers: { authorization },
      });
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
      // A second try begins anew, beside what the first one has left here and there.
      const name = `${mount}-${++clones}`;
      const work = join(folder.path, `work-${name}`);
      const git = async (...args: (string | Record<string, string>)[]): Promise<string> => {
        const texts = args.filter((it) => typeof it === "string");
        const more: Record<string, string> = Object.assign({}, ...args.filter((it) => typeof it !== "string"));
        const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0", ...more };
        return (await run("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...texts], { env })).stdout;
      };
      // What it asks for is long enough to be sent compressed.
      const trace = join(folder.path, `trace-${name}`);
      await git("-c", "protocol.version=2", "clone", "-q", url, work, {
        GIT_TRACE_CURL: trace,
        GIT_TRACE_CURL_NO_DATA: "1",
      });
      expect(readFileSync(trace, "utf8")).toContain("Content-Encoding: gzip");
      // What the repository has already would not be sent.
      const content = noise(3_000_000, mount.length + 16 * clones);
      writeFileSync(join(work, `file-${name}`), content);
      await git("-C", work, "checkout", "-q", "-b", name);
      await git("-C", work, "add", ".");
      await git("-C", work, "commit", "-q", "-m", name);
      // Larger than the buffer: the body goes out chunked.
      await git("-C", work, "-c", "http.postBuffer=65536", "push", "-q", "origin", name);
      await git("clone", "-q", "-b", name, url, `${work}-again`);
      expect(readFileSync(join(`${work}-again`, `file-${name}`)).equals(content)).toBe(true);
    });

    test.each(["/gitweb", "/cgi-gitweb"])("%s lists the repository", async (mount) => {
      expect(await text(`${mount}/`)).toContain("project.git");
      const page = await send(proxy.url, `${mount}/?p=project.git;a=shortlog;h=refs/heads/branch-1`);
      expect(page.status).toBe(200);
      expect(page.body.toString()).toContain("change");
    });

    test.each(["/cgit", "/cgi-cgit"])("%s lists the repository, and shows a file", async (mount) => {
      expect(await text(`${mount}/`)).toContain("project.git");
      expect(await text(`${mount}/project.git/tree/file?h=branch-7`)).toContain("107");
      expect((await send(proxy.url, `${mount}/project.git/plain/file?h=branch-7`)).body.toString()).toBe("107");
      expect((await send(proxy.url, `${mount}/project.git/plain/none?h=branch-7`)).status).toBe(404);
    });

    test("a fetch handler answers in the server itself", async () => {
      expect(await text("/live")).toBe("node: GET\n");
    });
  },
);
