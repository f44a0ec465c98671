const ANSWER = { respond: { status: 200, body: "x".repeat(1_024) } };

/** So many routes, as a server of many sites has them: by host, by wildcard, by path and by mount; the last answers what none of them does. */
export function manyRoutes(count: number): object[] {
  const routes = Array.from({ length: count - 1 }, (_, index) => {
    switch (index % 4) {
      case 0:
        return { match: { host: `site${index}.example.org` }, ...ANSWER };
      case 1:
        return { match: { host: `*.customer${index}.example.org` }, ...ANSWER };
      case 2:
        return { match: { path: `/application${index}/*` }, ...ANSWER };
      default:
        return { mount: `/mounted${index}`, static: true };
    }
  });
  return [...routes, ANSWER];
}
