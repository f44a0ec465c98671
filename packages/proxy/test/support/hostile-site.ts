import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { makeCertificate } from "./certificates.ts";
import { DATA, END_STREAM, type Frame, GET, H2Client, asking } from "./h2-client.ts";
import { RawClient } from "./raw-client.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { startServer } from "./tls-server.ts";

/** What no answer may hold. */
export const SECRET = "top secret";

const HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A site of files and scripts, asked over HTTP/1 and HTTP/2, with a good client of each beside whoever is not. */
export class HostileSite {
  readonly port: number;
  readonly tlsPort: number;
  readonly backend: ScriptedBackend;
  readonly #good: RawClient;
  readonly #goodH2: H2Client;
  #stream = 1;

  private constructor(port: number, tlsPort: number, backend: ScriptedBackend, goodH2: H2Client) {
    this.port = port;
    this.tlsPort = tlsPort;
    this.backend = backend;
    this.#good = new RawClient(port);
    this.#goodH2 = goodH2;
  }

  static async start(script: Script, config: Partial<ProxyConfig> = {}): Promise<HostileSite> {
    const backend = await ScriptedBackend.listen(script);
    const { ports } = await startServer({
      listen: ["127.0.0.1:0", "https://127.0.0.1:0"],
      tls: makeCertificate(),
      root: makeRoot(),
      upstreams: { app: { addresses: [backend.address] } },
      routes: [
        { match: "/health", respond: { body: "fine" } },
        { mount: "/img", static: true },
        { match: "/app/*", fastcgi: { upstream: "app" } },
        { fastcgi: { upstream: "app", extensions: [".php"], tryFiles: ["{path}", "{path}/"] }, static: true },
      ],
      ...config,
    });
    const [port = 0, tlsPort = 0] = ports;
    return new HostileSite(port, tlsPort, backend, await H2Client.connect(tlsPort));
  }

  /** Others are answered as if nothing had happened. */
  async othersAreFine(what: string): Promise<void> {
    this.#good.received = "";
    expect(await this.#good.write(HEALTH).until(/fine$/), what).toMatch(/^HTTP\/1\.1 200 /);
    const stream = this.#stream;
    this.#stream += 2;
    expect(await this.#goodH2.headers(stream, asking([":path", "/health"])).status(stream), what).toBe(200);
  }

  /** All that comes back over HTTP/1 until the server ends the connection. */
  ask(bytes: string): Promise<string> {
    return new RawClient(this.port).write(bytes).closed();
  }

  /** Status, or what came in its place, and body of a GET over HTTP/2 on a connection of its own. */
  async askH2(...fields: (typeof GET)[number][]): Promise<{ status: number | string; body: string }> {
    const client = await H2Client.connect(this.tlsPort);
    const status = await client.headers(1, asking(...fields)).status(1);
    const ends = ({ flags }: Frame): boolean => (flags & END_STREAM) !== 0;
    const whole = typeof status === "string" || client.frames.some((it) => it.stream === 1 && ends(it));
    if (!whole) await client.until(DATA, 1, ends);
    const body = client.body(1);
    client.socket.destroy();
    return { status, body };
  }
}

function makeRoot(): string {
  const folder = temporaryFolder();
  const files = [
    "index.php",
    "a.txt",
    "upload/evil.jpg",
    ".env",
    ".git/config",
    ".htaccess",
    "x~",
    "x.swp",
    "test.php.bak",
  ];
  for (const name of [...files, "old.php5", "b.html.bak"]) {
    const path = join(folder, "root", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, SECRET);
  }
  writeFileSync(join(folder, "root/a.txt"), "public");
  mkdirSync(join(folder, "rootsecret"));
  for (const name of ["secret", "secret.php", "rootsecret/x"]) writeFileSync(join(folder, name), SECRET);
  symlinkSync("../secret", join(folder, "root/linked.txt"));
  symlinkSync("../secret.php", join(folder, "root/linked.php"));
  symlinkSync("..", join(folder, "root/out"));
  return join(folder, "root");
}
