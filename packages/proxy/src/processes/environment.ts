import type { Account } from "./account.ts";

/** What a program needs to run at all. Everything else of ours may be a secret and stays away. */
const INHERITED = ["PATH", "HOME", "LANG", "TZ"] as const;

/**
 * The environment of an application process: an allow list, never a copy of ours.
 *
 * @param ours the environment to pick from
 * @param given a text sets a variable, `true` passes ours on
 * @param account the user that it runs as, if not as ourselves: `HOME` is then that user's
 */
export function applicationEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
  given: ReadonlyMap<string, string | true>,
  account?: Account,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) set(environment, name, ours[name]);
  if (account !== undefined) environment["HOME"] = account.home;
  for (const [name, value] of given) set(environment, name, value === true ? ours[name] : value);
  return environment;
}

function set(environment: Record<string, string>, name: string, value: string | undefined): void {
  if (value !== undefined) environment[name] = value;
}
