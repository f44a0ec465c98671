// The Authorizer and the Filter role with one C program in the manner of libfcgi's examples: behind us, mod_fcgid and lighttpd.
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { freePort } from "../src/free-port.ts";
import { send } from "../src/http.ts";
import { needs, needsThat } from "../src/needs.ts";
import { buildLibfcgi, startLibfcgi } from "../src/peers/libfcgi.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import { type Program, requireProgram, startProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";

const present = [
  needs("a C compiler", ["cc"]),
  needs("Apache", ["apache2"]),
  needs("lighttpd", ["lighttpd"]),
  needsThat("libfcgi", "test", ["-f", "/usr/include/fcgi_stdio.h"]),
  needsThat("mod_fcgid", "test", ["-f", "/usr/lib/apache2/modules/mod_fcgid.so"]),
].every(Boolean);

const ROOT = process.getuid?.() === 0;
const MODULES = ["mpm_event", "authn_core", "authz_core", "authz_user", "fcgid"];

describe.runIf(present)("one authorizer on libfcgi", () => {
  const folder = temporaryFolder();
  const programs: Program[] = [];
  const urls: Record<string, string> = {};
  const keep = async <Kind extends Program>(starting: Promise<Kind>): Promise<Kind> => {
    const program = await starting;
    programs.push(program);
    return program;
  };
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(async () => {
    const program = buildLibfcgi(folder.path, "roles");
    const socket = join(folder.path, "roles.sock");
    await keep(startLibfcgi(program, socket));
    chmodSync(socket, 0o666); // lighttpd is another user
    const site = join(folder.path, "site");
    mkdirSync(site);
    writeFileSync(join(site, "app"), "");
    chmodSync(join(site, "app"), 0o755);
    writeFileSync(join(site, "file.txt"), "small letters\n");
    utimesSync(join(site, "file.txt"), 1_600_000_000, 1_600_000_000);
    for (const name of ["apache", "lighttpd"]) {
      mkdirSync(join(folder.path, name));
      chmodSync(join(folder.path, name), 0o777);
    }

    const upstream = { addresses: [`unix:${socket}`], capacity: 1 };
    const ours = {
      root: site,
      upstreams: { roles: upstream },
      routes: [
        { match: "*.txt", filter: { upstream: "roles" } },
        { match: "/app", authorize: { upstream: "roles", phase: "authenticator" }, fastcgi: { upstream: "roles" } },
        { authorize: { upstream: "roles" }, fastcgi: { upstream: "roles" } },
      ],
    };
    urls["x-proxy"] = (await keep(startXProxy(["--config", write("x.config.json", JSON.stringify(ours))]))).url;

    const [apachePort, lighttpdPort] = [await freePort(), await freePort()];
    const apache = join(folder.path, "apache");
    const apacheConfiguration = write(
      "apache.conf",
      `${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
Listen 127.0.0.1:${apachePort}
PidFile ${apache}/apache2.pid
ErrorLog ${apache}/error.log
DefaultRuntimeDir ${apache}
${ROOT ? "User www-data\nGroup www-data" : ""}
FcgidIPCDir ${apache}/fcgid
FcgidProcessTableFile ${apache}/fcgid_shm
FcgidMaxRequestLen 1073741824
DocumentRoot ${site}
<Directory ${site}>
  Options +ExecCGI
  SetHandler fcgid-script
  FcgidWrapper ${program} virtual
  AuthType Basic
  AuthName engines
  FcgidAuthenticator ${program}
  Require valid-user
</Directory>
`,
    );
    const apache2 = requireProgram(["apache2"], "apache2");
    await keep(
      startProgram(apache2, ["-D", "FOREGROUND", "-d", apache, "-f", apacheConfiguration], {
        port: apachePort,
        host: "127.0.0.1",
      }),
    );
    urls["mod_fcgid"] = `http://127.0.0.1:${apachePort}`;

    const lighttpdConfiguration = write(
      "lighttpd.conf",
      `server.port = ${lighttpdPort}
server.bind = "127.0.0.1"
server.document-root = "${site}"
server.modules = ( "mod_fastcgi" )
server.upload-dirs = ( "${folder.path}/lighttpd" )
${ROOT ? 'server.username = "www-data"\nserver.groupname = "www-data"' : ""}
fastcgi.server = (
  "/" => (( "socket" => "${socket}", "mode" => "authorizer", "docroot" => "${site}", "check-local" => "disable" )),
  "/app" => (( "socket" => "${socket}", "check-local" => "disable" ))
)
`,
    );
    await keep(
      startProgram(requireProgram(["lighttpd"], "lighttpd"), ["-D", "-f", lighttpdConfiguration], {
        port: lighttpdPort,
        host: "127.0.0.1",
      }),
    );
    urls["lighttpd"] = `http://127.0.0.1:${lighttpdPort}`;
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    folder.remove();
  });

  const basic = (text: string): { authorization: string } => ({
    authorization: `Basic ${Buffer.from(text).toString("base64")}`,
  });

  describe.each(["x-proxy", "mod_fcgid", "lighttpd"])("%s", (front) => {
    test("[P81] asks who it is, and lets no request through without", async () => {
      for (const headers of [{}, basic("ada:babbage"), basic("bob:lovelace")]) {
        // oxlint-disable-next-line no-await-in-loop
        const { status, headers: sent, body } = await send(urls[front] ?? "", "/app", { headers });
        expect(status).toBe(401);
        // The specification wants the authorizer's whole answer to be the client's. mod_fcgid's is a page of Apache.
        if (front === "mod_fcgid") expect(body.toString()).toContain("<h1>Unauthorized</h1>");
        else {
          expect(sent["www-authenticate"]).toBe('Basic realm="engines"');
          expect(body.toString()).toBe("Who are you?\n");
        }
      }
    });

    test("[P83] lets the right one through, with the variable and the body", async () => {
      const headers = basic("ada:lovelace");
      const got = await send(urls[front] ?? "", "/app", { headers });
      expect([got.status, got.body.toString()]).toEqual([200, "GET engines, 0 bytes\n"]);
      const posted = await send(urls[front] ?? "", "/app", { headers, method: "POST", body: Buffer.alloc(200_000) });
      expect([posted.status, posted.body.toString()]).toEqual([200, "POST engines, 200000 bytes\n"]);
    });

    test("a client cannot give itself the variable", async () => {
      const headers = { ...basic("ada:lovelace"), "variable-remote_team": "mine", "remote-team": "mine" };
      expect((await send(urls[front] ?? "", "/app", { headers })).body.toString()).toBe("GET engines, 0 bytes\n");
    });
  });

  test("[P84] the filter of the same program gets our file after the body", async () => {
    const url = urls["x-proxy"] ?? "";
    const first = await send(url, "/file.txt", { method: "POST", body: Buffer.alloc(100_000) });
    expect([first.status, first.body.toString()]).toEqual([200, "SMALL LETTERS\n"]);
    const large = join(folder.path, "site/large.txt");
    writeFileSync(large, "abc\n".repeat(300_000));
    expect((await send(url, "/large.txt")).body.toString()).toBe("ABC\n".repeat(300_000));
    const got = await send(url, "/file.txt");
    const again = await send(url, "/file.txt", { headers: { "if-none-match": got.headers.etag ?? "" } });
    expect([got.status, again.status]).toEqual([200, 304]);
  });
});
