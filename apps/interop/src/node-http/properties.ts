/**
 * What differs by design: fields of the connection are the web server's (the scenario "the head" compares the others), as are the
 * date and keeping connections alive; and CGI joins repeated fields, whatever the server is told.
 */
const OTHER: ReadonlySet<string> = new Set([
  "constructor",
  "headers",
  "headersDistinct",
  "joinDuplicateHeaders",
  "outputSize",
  "rawHeaders",
  "sendDate",
  "shouldKeepAlive",
]);

/**
 * Every public property of a message, its own and inherited: a function, an object, or its value. What node:http keeps for itself,
 * with an underscore or a symbol, differs from Node to Node.
 */
export function propertiesOf(message: object): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (let from: object | null = message; from !== null && from !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(from)) {
      if (name.startsWith("_") || OTHER.has(name) || name in properties) continue;
      properties[name] = shown((message as Record<string, unknown>)[name]);
    }
    from = Object.getPrototypeOf(from) as object | null;
  }
  return Object.fromEntries(Object.entries(properties).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function shown(value: unknown): unknown {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return "an object";
  return value === undefined ? "undefined" : value;
}
