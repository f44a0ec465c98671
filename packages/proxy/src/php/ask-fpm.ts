import { readdirSync } from "node:fs";
import { join } from "node:path";

import { Pool } from "@x/client";
import { isFastCGIError } from "@x/protocol/errors";

import { systemCode } from "../system-code.ts";

/**
 * What came of asking: `sees`: a PHP-FPM is there and can see the folder (`inside`: and something in it; a folder can be seen that
 * cannot be entered); `blind`: it is there and cannot; `absent`: nobody listens;
 * `unusable`: somebody does, and `why` reads on from "it".
 */
export type FpmAnswer =
  | { readonly kind: "sees"; readonly inside: boolean }
  | { readonly kind: "blind" }
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly why: string };

/** Milliseconds; one that is that busy is of no use. */
const PATIENCE = 2_000;

/**
 * Asks a PHP-FPM whether it can see a folder, by a request for something in it that is no script.
 *
 * Nothing is run: PHP-FPM refuses what does not end with `.php` (`security.limit_extensions`), which it says of a file that is there
 * only; for any other it says that there is none. That holds whatever its user, its chroot and its file system are.
 */
export async function askFpm(address: string, folder: string): Promise<FpmAnswer> {
  const timeouts = { connectTimeout: PATIENCE, headersTimeout: PATIENCE, bodyTimeout: PATIENCE, sendTimeout: PATIENCE };
  const pool = new Pool(address, timeouts);
  const asked = somethingIn(folder);
  try {
    const { statusCode, body, stderr } = await pool.request({
      reuse: false,
      params: {
        GATEWAY_INTERFACE: "CGI/1.1",
        SERVER_PROTOCOL: "HTTP/1.1",
        SERVER_SOFTWARE: "x-proxy",
        REQUEST_METHOD: "GET",
        REQUEST_URI: "/",
        QUERY_STRING: "",
        SCRIPT_NAME: "/",
        SCRIPT_FILENAME: Buffer.from(asked),
      },
      signal: AbortSignal.timeout(2 * PATIENCE),
    });
    const text = await body.text();
    if (statusCode === 403 && text.startsWith("Access denied")) return { kind: "sees", inside: asked !== folder };
    const isUnknown = text.startsWith("File not found") || (await stderr).includes("Primary script unknown");
    if (statusCode === 404 && isUnknown) return { kind: "blind" };
    return { kind: "unusable", why: "speaks FastCGI, but is no PHP-FPM" };
  } catch (error) {
    return failure(error);
  } finally {
    await pool.destroy();
  }
}

/** Something in a folder that cannot be run, a folder by preference; when there is nothing, the folder itself. */
function somethingIn(folder: string): string {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const inside = entries.find((entry) => entry.isDirectory()) ?? entries.find((entry) => isData(entry.name));
    return inside === undefined ? folder : join(folder, inside.name);
  } catch {
    return folder;
  }
}

/** Names of files that no PHP takes for a script. */
function isData(name: string): boolean {
  return /\.(?:txt|md|css|js|json|xml|svg|png|jpe?g|gif|ico|html?)$/i.test(name);
}

function failure(error: unknown): FpmAnswer {
  if (!isFastCGIError(error)) throw error;
  switch (error.code) {
    case "FCGI_ERR_CONNECT": {
      const code = systemCode(error);
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return { kind: "absent" };
      if (code === "EACCES" || code === "EPERM")
        return { kind: "unusable", why: "may not be used by this user (see listen.group and listen.mode of its pool)" };
      return { kind: "unusable", why: `cannot be reached (${code ?? error.message})` };
    }
    case "FCGI_ERR_CONNECT_TIMEOUT":
    case "FCGI_ERR_HEADERS_TIMEOUT":
    case "FCGI_ERR_BODY_TIMEOUT":
    case "FCGI_ERR_SEND_TIMEOUT":
    case "FCGI_ERR_ABORTED":
      return { kind: "unusable", why: `did not answer within ${PATIENCE / 1_000} s` };
    default:
      return { kind: "unusable", why: "does not speak FastCGI" };
  }
}
