import type { Arguments, Flags } from "./arguments.ts";

/** One command of `x-client`. */
export interface Command {
  /** After the name, in the list of all commands. */
  synopsis: string;
  summary: string;
  examples: readonly string[];
  flags: Flags;
  /** More for `--help`, below the flags. */
  notes?: string;
  /** Does it talk to applications that speak SCGI, too? */
  scgi?: boolean;
  run(args: Arguments, userAgent: string): Promise<void>;
}

export const HELP: Flags = { help: { type: "boolean", short: "h", what: "show this" } };

const ADDRESSES = "unix:/run/app.sock, unix:@abstract, tcp://host:9000, tcp://[::1]:9000";

/** What an address is, for `--help`; `scgi` where the application may speak that. */
export function addressHelp(scgi: boolean): string {
  return `Addresses: ${ADDRESSES}${scgi ? "; with scgi+ before it for SCGI" : ""}`;
}

/** What `x-client NAME --help` says: examples first. */
export function usageOf(name: string, { synopsis, examples, flags, notes, scgi = false }: Command): string {
  const parts = [
    `Examples\n${examples.map((example) => `  x-client ${name} ${example}`).join("\n")}`,
    `x-client ${name} ${synopsis} [flags]\n${listFlags(flags)}`,
    ...(notes === undefined ? [] : [notes]),
    addressHelp(scgi),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** One line a flag. */
export function listFlags(flags: Flags): string {
  const lines = Object.entries(flags).map(([name, { short, type, what }]) => {
    const names = `${short === undefined ? "    " : `-${short}, `}--${name}${type === "string" ? " VALUE" : ""}`;
    return `  ${names.padEnd(25)} ${what}`;
  });
  return lines.join("\n");
}
