import { readAuthorizerResult } from "@x/protocol/cgi";

/** May an answer give this variable to the application? Those that decide about the request are the server's own: the protocol has the list. */
export function mayBeGiven(name: string): boolean {
  const rawHeaders = [`Variable-${name}`, ""];
  const head = {
    statusCode: 200,
    statusText: "",
    kind: "document",
    location: undefined,
    contentLength: undefined,
  } as const;
  return readAuthorizerResult({ ...head, rawHeaders }).variables.has(name);
}
