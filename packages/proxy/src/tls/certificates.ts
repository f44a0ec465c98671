import type { ResolvedListen } from "../config/listen-config.ts";
import { CertificateStore } from "./certificate-store.ts";
import { type TlsFiles, localFiles } from "./tls-files.ts";

/** Milliseconds between two looks at the files; a renewed certificate is used after two at most. */
export const INTERVAL = 5_000;

/** The certificates of a server, read again when their files change. */
export class Certificates {
  /** By index of the address in `listen`; undefined: nothing is encrypted there. */
  readonly stores: readonly (CertificateStore | undefined)[];
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * Looked at by time, not by notice: a renewed file may come behind a link, on another file system, or from another machine.
   *
   * @param files where they come from
   * @param interval ms between two looks
   * @throws `FCGI_ERR_CONFIG` for what is wrong with a file
   */
  constructor(
    listen: readonly Pick<ResolvedListen, "tls">[],
    files: TlsFiles = localFiles,
    interval: number = INTERVAL,
  ) {
    this.stores = listen.map(({ tls }) => tls && new CertificateStore(tls, files));
    if (this.#all.length === 0) return;
    this.#timer = setInterval(() => {
      for (const store of this.#all) store.readIfChanged();
    }, interval);
    this.#timer.unref();
  }

  /** What works, but should be looked at. */
  get warnings(): readonly string[] {
    return [...new Set(this.#all.flatMap((store) => store.warnings))];
  }

  /** Reads all again. @returns are there any? */
  reload(): boolean {
    for (const store of this.#all) store.reload();
    return this.#all.length > 0;
  }

  /** Looks at no file any more. */
  close(): void {
    clearInterval(this.#timer);
  }

  get #all(): CertificateStore[] {
    return this.stores.filter((store) => store !== undefined);
  }
}
