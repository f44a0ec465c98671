/** What does not vary from request to request of one site: 12 params. */
const CONSTANT: readonly (readonly [string, string])[] = [
  ["GATEWAY_INTERFACE", "CGI/1.1"],
  ["SERVER_SOFTWARE", "x-proxy"],
  ["SERVER_NAME", "www.example.org"],
  ["SERVER_ADDR", "192.0.2.10"],
  ["SERVER_PORT", "443"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["REQUEST_SCHEME", "https"],
  ["HTTPS", "on"],
  ["DOCUMENT_ROOT", "/srv/www/example.org/public"],
  ["REDIRECT_STATUS", "200"],
  ["APP_ENV", "prod"],
  ["HTTP_HOST", "www.example.org"],
];

/** A browser's request for a page of a PHP site, in two halves. */
export interface RequestParams {
  constant: readonly (readonly [string, string])[];
  /** 13 params. */
  varying: readonly (readonly [string, string])[];
  /** All 25. */
  all: readonly (readonly [string, string])[];
}

/** Several requests, so that no codec sees the same strings each time. */
export const requests: readonly RequestParams[] = Array.from({ length: 8 }, (_, index) => {
  const varying: readonly (readonly [string, string])[] = [
    ["REQUEST_METHOD", "GET"],
    ["REQUEST_URI", `/blog/index.php/post/${index * 7_919}?page=${index}&sort=date`],
    ["SCRIPT_NAME", "/blog/index.php"],
    ["SCRIPT_FILENAME", "/srv/www/example.org/public/blog/index.php"],
    ["PATH_INFO", `/post/${index * 7_919}`],
    ["QUERY_STRING", `page=${index}&sort=date`],
    ["REMOTE_ADDR", `203.0.113.${index}`],
    ["REMOTE_PORT", `${40_000 + index * 997}`],
    [
      "HTTP_USER_AGENT",
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14${index}.0.0.0 Safari/537.36`,
    ],
    ["HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"],
    ["HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"],
    ["HTTP_ACCEPT_LANGUAGE", "de-DE,de;q=0.9,en;q=0.8"],
    ["HTTP_COOKIE", `PHPSESSID=6f1c0e9d5b7a4832a1c0e9d5b7a4832${index}; theme=dark; consent=1`],
  ];
  // Values as an HTTP parser gives them: each a flat string of its own.
  const parsed = varying.map(([name, value]) => [name, Buffer.from(value, "latin1").toString("latin1")] as const);
  return { constant: CONSTANT, varying: parsed, all: [...CONSTANT, ...parsed] };
});
