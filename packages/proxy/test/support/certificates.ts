import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { temporaryFolder } from "./temporary-folder.ts";

/** Files of a certificate that was made for a test. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a test wants of a certificate; the rest is good for `localhost`, for a day. */
export interface TestCertificateOptions {
  readonly names?: readonly string[];
  readonly days?: number;
  /** Over the one that is there. */
  readonly folder?: string;
  /** Not only signed by itself: also for another key than its own. */
  readonly passphrase?: string;
}

/** Makes a key and a certificate that it signs itself. */
export function makeCertificate(options: TestCertificateOptions = {}): TestCertificate {
  const { names = ["localhost"], days = 90, folder = temporaryFolder(), passphrase } = options;
  const [cert, key] = [join(folder, "site.pem"), join(folder, "site.key")];
  const alternatives = names.map((name) => `DNS:${name}`).join(",");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key, "-out", cert],
      ...(passphrase === undefined ? ["-nodes"] : ["-passout", `pass:${passphrase}`]),
      ...[
        "-days",
        String(days),
        "-subj",
        `/CN=${names[0] ?? "localhost"}`,
        "-addext",
        `subjectAltName=${alternatives}`,
      ],
    ],
    { stdio: "ignore" },
  );
  return { cert, key };
}
