import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "interop/free-port";
import { startApache } from "interop/peers/apache";
import { startCaddy } from "interop/peers/caddy";
import { buildGo, startGo } from "interop/peers/go";
import { startNginx } from "interop/peers/nginx";
import type { Program } from "interop/program";
import { copySite } from "interop/temporary";

import type { Row } from "../measure.ts";
import type { Keep } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

/** Below it nginx sends files itself; x-proxy has a route for it. */
const FILES = "/files/";

/** Starts the servers, each with an access log, and a Go program of its own where it asks one. */
export class Contenders {
  readonly folder: string;
  /** The document root. */
  readonly site: string;
  readonly #keep: Keep;
  readonly #proxy: string;
  readonly #go: string;

  constructor(folder: string, keep: Keep) {
    this.folder = folder;
    this.#keep = keep;
    this.site = copySite(folder);
    mkdirSync(join(this.site, "files"));
    this.#go = buildGo(folder);
    this.#proxy = installProxy(folder);
  }

  /** Puts a file of so many bytes into the root; gives its path on the servers. */
  file(name: string, bytes: number): string {
    writeFileSync(join(this.site, "files", name), Buffer.alloc(bytes, "body { color: #123456 }\n"));
    return FILES + name;
  }

  /** nginx as Debian has it, but with one worker, and as many connections to the application as clients have to it. */
  async nginx(name: string, upstream: string, path: string, connections: number): Promise<Row> {
    return this.#row(name, upstream, path, async ({ id, port, log }) =>
      startNginx(this.folder, id, {
        port,
        socket: await this.go(id),
        root: this.site,
        keepAlive: connections,
        accessLog: log,
        files: FILES,
      }),
    );
  }

  async apache(name: string, upstream: string, path: string, against: string): Promise<Row> {
    return this.#row(
      name,
      upstream,
      path,
      async ({ id, port, log }) =>
        startApache(this.folder, id, { port, socket: await this.go(id), root: this.site, accessLog: log }),
      against,
    );
  }

  async caddy(name: string, upstream: string, path: string, against: string): Promise<Row> {
    return this.#row(
      name,
      upstream,
      path,
      async ({ id, port, log }) =>
        startCaddy(this.folder, id, { port, socket: await this.go(id), root: this.site, accessLog: log }),
      against,
    );
  }

  /** Our proxy in front of a Go program. */
  async ours(name: string, more: { path: string; upstream: object; against?: string; log?: boolean }): Promise<Row> {
    const { path, upstream, against, log } = more;
    const text = `Go, ${JSON.stringify(upstream).replaceAll(/[{}"]/g, "")}`;
    return this.#row(
      name,
      text,
      path,
      async (place) => {
        const upstreams = { app: { addresses: [`unix:${await this.go(place.id)}`], ...upstream } };
        return this.#x(place, { upstreams, routes: [{ fastcgi: { upstream: "app" } }] }, log);
      },
      against,
    );
  }

  /** Our proxy with any configuration. */
  async configured(name: string, about: string, path: string, configuration: object, against?: string): Promise<Row> {
    return this.#row(name, about, path, (place) => this.#x(place, configuration), against);
  }

  /** Starts a Go program: one that answers 1 KiB to everything, unless it is `whole`. @returns its socket */
  async go(id: string, whole = false): Promise<string> {
    const socket = join(this.folder, `${id}-go.sock`);
    await this.#keep(startGo(this.#go, socket, { bench: !whole }));
    return socket;
  }

  /** Starts our proxy on a UNIX socket beside its port; whoever calls it stops it. */
  async onSocket(id: string, configuration: object): Promise<{ program: Program; url: string; path: string }> {
    const port = await freePort();
    const path = join(this.folder, `${id}.sock`);
    const listen = [`127.0.0.1:${port}`, `unix:${path}`];
    const program = await this.#x({ id, port, log: join(this.folder, `${id}.log`) }, { listen, ...configuration });
    return { program, url: `http://127.0.0.1:${port}`, path };
  }

  #x({ id, port, log }: Place, configuration: object, logs = true): Promise<Program> {
    const logging = logs ? { log: { access: { file: log } } } : {};
    return startProxy(this.#proxy, this.folder, id, port, { root: this.site, ...logging, ...configuration });
  }

  async #row(
    name: string,
    upstream: string,
    path: string,
    start: (place: Place) => Promise<Program>,
    against?: string,
  ): Promise<Row> {
    const port = await freePort();
    const id = `server${port}`;
    const { pid } = await this.#keep(start({ id, port, log: join(this.folder, `${id}.log`) }));
    const url = `http://127.0.0.1:${port}${path}`;
    return { name, upstream, url, pid, ...(against === undefined ? {} : { against }) };
  }
}

/** Where a server is started. */
interface Place {
  readonly id: string;
  readonly port: number;
  /** Its access log. */
  readonly log: string;
}
