import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { CertificateEvent } from "../tls/certificate-events.ts";
import type { Log } from "./log.ts";

/**
 * Writes when certificates were read again, and when they could not be.
 *
 * @returns ends that
 */
export function logCertificates(log: Log): () => void {
  const listener = (message: unknown): void => {
    const { type, files, reason, warnings } = message as CertificateEvent;
    if (type === "loaded") {
      log.write("info", `certificates read again: ${files.join(", ")}`, { event: "certificates", type });
      for (const warning of warnings) log.write("warn", warning);
    } else {
      log.write("warn", `the certificates stay as they were: ${reason ?? ""}`, { event: "certificates", type, reason });
    }
  };
  subscribe("fastcgi:proxy:certificates", listener);
  return () => unsubscribe("fastcgi:proxy:certificates", listener);
}
