/** Those with a registered meaning, as Node's own parser knows them; any other is refused, as is one in lower case. */
const METHODS: readonly string[] = [
  "ACL",
  "BIND",
  "CHECKOUT",
  "CONNECT",
  "COPY",
  "DELETE",
  "GET",
  "HEAD",
  "LINK",
  "LOCK",
  "M-SEARCH",
  "MERGE",
  "MKACTIVITY",
  "MKCALENDAR",
  "MKCOL",
  "MOVE",
  "NOTIFY",
  "OPTIONS",
  "PATCH",
  "POST",
  "PROPFIND",
  "PROPPATCH",
  "PURGE",
  "PUT",
  "QUERY",
  "REBIND",
  "REPORT",
  "SEARCH",
  "SOURCE",
  "SUBSCRIBE",
  "TRACE",
  "UNBIND",
  "UNLINK",
  "UNLOCK",
  "UNSUBSCRIBE",
];

const known: ReadonlyMap<string, string> = new Map(METHODS.map((method) => [method, method]));

/** The method that a text begins with, `length` characters long; undefined when there is none of that name. */
export function methodAt(text: string, length: number): string | undefined {
  if (length === 3 && text.startsWith("GET")) return "GET";
  if (length === 4 && text.startsWith("POST")) return "POST";
  return known.get(text.slice(0, length));
}
