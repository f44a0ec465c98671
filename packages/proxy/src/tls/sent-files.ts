import type { ResolvedListen } from "../config/listen-config.ts";
import type { TlsFiles } from "./tls-files.ts";

/** A file of a certificate or a key, on its way to another process. */
interface SentFile {
  readonly stamp: string;
  /** Or the code of the system's error. */
  readonly content: Uint8Array | string;
  readonly openToAll: boolean;
}

/** All files of certificates and keys, by path. */
export type SentTlsFiles = ReadonlyMap<string, SentFile>;

/** Reads the files of all certificates, for a process that may not. */
export function filesToSend(listen: readonly Pick<ResolvedListen, "tls">[], from: TlsFiles): SentTlsFiles {
  return new Map(tlsFilesOf(listen).map((file) => [file, fileToSend(file, from)]));
}

/** The paths of all certificates and keys. */
export function tlsFilesOf(listen: readonly Pick<ResolvedListen, "tls">[]): readonly string[] {
  const files = listen.flatMap(({ tls }) => tls?.certificates ?? []).flatMap(({ cert, key }) => [cert, key]);
  return [...new Set(files)];
}

function fileToSend(file: string, from: TlsFiles): SentFile {
  // First: what changes meanwhile is seen at the next look.
  const stamp = from.stampOf(file);
  try {
    return { stamp, content: from.read(file), openToAll: from.isOpenToAll(file) };
  } catch (error) {
    return { stamp, content: (error as NodeJS.ErrnoException).code ?? String(error), openToAll: false };
  }
}

/** What a supervisor sent last. */
export class SentFiles implements TlsFiles {
  #files: SentTlsFiles;

  constructor(files: SentTlsFiles) {
    this.#files = files;
  }

  replace(files: SentTlsFiles): void {
    this.#files = files;
  }

  stampOf(file: string): string {
    return this.#files.get(file)?.stamp ?? "";
  }

  read(file: string): Uint8Array {
    const { content } = this.#files.get(file) ?? { content: "ENOENT" };
    if (typeof content === "string") throw Object.assign(new Error(content), { code: content });
    return content;
  }

  isOpenToAll(file: string): boolean {
    return this.#files.get(file)?.openToAll ?? false;
  }
}
