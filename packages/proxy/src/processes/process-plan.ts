import type { Account } from "./account.ts";
import type { Launch } from "./launcher.ts";

/** Everything that is decided about an application process before it is started. */
export interface ProcessPlan {
  readonly name: string;
  readonly kind: "command" | "php-fpm" | "php-cgi";
  /** Where it will listen, as an address text. */
  readonly address: string;
  /** The user that it runs as; undefined: as we are. */
  readonly account: Account | undefined;
  readonly launch: Launch;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds until it listens; longer counts as a crash. @default 10_000 */
  readonly startTimeout?: number;
  /** See `ChildOptions.terminate`. */
  readonly terminate: "group" | "leader";
  /** See `ChildOptions.groupMayConnect`. */
  readonly groupMayConnect?: boolean;
}
