import { readFileSync, statSync } from "node:fs";

/** Where certificates and keys come from: the files of this machine, or, for a worker that may not read keys, what its supervisor read. */
export interface TlsFiles {
  /** Tells whether a file is another one than before; empty: it is not there. */
  stampOf(file: string): string;
  /** @throws the system's error, with its `code` */
  read(file: string): Uint8Array;
  /** May every user of the machine read it? */
  isOpenToAll(file: string): boolean;
}

/** Whoever is neither the file's owner nor in its group. */
const OTHERS_READ = 0o004;

/** The files of this machine. */
export const localFiles: TlsFiles = {
  // Links are followed, since that is how renewed certificates are put in place.
  stampOf(file) {
    const found = statSync(file, { throwIfNoEntry: false, bigint: true });
    return found === undefined ? "" : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`;
  },
  read: (file) => readFileSync(file),
  isOpenToAll: (file) => (statSync(file).mode & OTHERS_READ) !== 0,
};
