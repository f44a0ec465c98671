import { readFileSync, stat } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";

import { type PasswordTable, parsePasswords } from "./htpasswd.ts";

/** How long a look at the file holds, in milliseconds. */
const TTL = 1_000;

/** A file of `htpasswd`, read again when it changes. */
export class PasswordFile {
  readonly #path: string;
  #table: PasswordTable | string;
  #stamp: string;
  #until = 0;

  /**
   * @param place where a person finds the path, for messages
   * @throws FastCGIError `FCGI_ERR_CONFIG` when it cannot be read at the start
   */
  constructor(path: string, place?: string) {
    this.#path = path;
    this.#stamp = "";
    this.#table = this.#read();
    if (typeof this.#table === "string") {
      const message = `the password file ${path}: ${this.#table}`;
      throw new FastCGIError("FCGI_ERR_CONFIG", place === undefined ? message : `${place}: ${message}`, {
        phase: "configure",
      });
    }
  }

  /** @param then is given the table, or what is wrong with the file: then nobody may pass */
  get(then: (table: PasswordTable | string) => void): void {
    if (this.#until > performance.now()) {
      then(this.#table);
      return;
    }
    stat(this.#path, (error, stats) => {
      const stamp = error === null ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : "";
      if (stamp === "" || stamp !== this.#stamp) this.#table = this.#read();
      this.#stamp = stamp;
      this.#until = performance.now() + TTL;
      then(this.#table);
    });
  }

  /** Small, and seldom: when it has changed. */
  #read(): PasswordTable | string {
    try {
      return parsePasswords(readFileSync(this.#path, "latin1"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT")
        return `cannot be read, since it does not exist: \`htpasswd -B -c ${this.#path} NAME\` makes it.`;
      return `cannot be read: ${code === "EACCES" ? "this user may not." : String(error)}`;
    }
  }
}
