import { channel } from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

/** Published on `fastcgi:proxy:certificates`. */
export interface CertificateEvent {
  /** `"loaded"`: new connections get what is in the files now. `"kept"`: they get what they got before. */
  readonly type: "loaded" | "kept";
  /** The certificates' files. */
  readonly files: readonly string[];
  /** Why they were kept; undefined: they were not. */
  readonly reason: string | undefined;
  /** What works, but should be looked at. */
  readonly warnings: readonly string[];
}

/** The channel. */
export const certificateChannel: Channel<unknown, CertificateEvent> = channel("fastcgi:proxy:certificates") as Channel<
  unknown,
  CertificateEvent
>;
