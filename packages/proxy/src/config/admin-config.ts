import type { Expansion } from "./expand.ts";

/** The socket over which `x-proxy status`, `drain` and `restore` talk to a running `x-proxy`: a UNIX socket, its owner's alone. */
export interface AdminConfig {
  /**
   * Its path, relative to the configuration's folder. The commands then need it, too: `--admin PATH`.
   *
   * @default `PORT.sock` in `$RUNTIME_DIRECTORY` where a service manager made one, else `/run/x-proxy` as root, else `$XDG_RUNTIME_DIR/x-proxy`,
   * else a folder of the user's in the temporary one
   */
  socket?: string | undefined;
}

/** Where the admin socket is. */
export interface ResolvedAdmin {
  /** Absolute; undefined: where the commands look for it. */
  readonly socket: string | undefined;
}

/** @returns false: there is none */
export function expandAdmin(expansion: Expansion, admin: false | AdminConfig = {}): ResolvedAdmin | false {
  if (admin === false) return false;
  return { socket: admin.socket === undefined ? undefined : expansion.path(admin.socket) };
}
