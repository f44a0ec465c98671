import type { Flags } from "./arguments.ts";

export const GENERAL_FLAGS: Flags = {
  help: { type: "boolean", short: "h", what: "show this" },
  version: { type: "boolean", short: "V", what: "show the version" },
};

export const REQUEST_FLAGS: Flags = {
  request: { type: "string", short: "X", what: "the method, GET unless there is data" },
  data: { type: "string", short: "d", what: "the request body, or @FILE, or @- for standard input" },
  header: { type: "string", short: "H", multiple: true, what: "a header, 'Name: value'" },
  param: { type: "string", short: "p", multiple: true, what: "a param, NAME=VALUE; it wins over all others" },
  root: { type: "string", what: "the document root as the application sees it, else this folder" },
  script: {
    type: "string",
    what: "the script (SCRIPT_NAME) for paths that do not name it; '' for applications that are no file",
  },
  role: { type: "string", what: "responder, authorizer or filter; a filter gets the file of PATH as its data" },
  include: { type: "boolean", short: "i", what: "show the response head, too" },
  verbose: { type: "boolean", short: "v", what: "show each record sent and received" },
  output: { type: "string", short: "o", what: "the file that the body is written to" },
  json: { type: "boolean", what: "show the response as JSON" },
  timeout: { type: "string", what: "ms without a byte of the answer, 60000 unless given" },
  help: GENERAL_FLAGS.help!,
};

export const PING_FLAGS: Flags = {
  path: { type: "string", what: "ask for this path (ping.path of PHP-FPM) instead of FCGI_GET_VALUES" },
  timeout: { type: "string", what: "ms to wait for the answer, 2000 unless given" },
  verbose: { type: "boolean", short: "v", what: "show each record sent and received" },
  json: { type: "boolean", what: "show the answer as JSON" },
  help: GENERAL_FLAGS.help!,
};

const ADDRESSES = "unix:/run/app.sock, unix:@abstract, tcp://host:9000, tcp://[::1]:9000";

export const GENERAL_USAGE: string = `Examples
  x-client request unix:/run/php/php-fpm.sock /index.php --root /srv/www
  x-client ping tcp://127.0.0.1:9000

Commands
  request ADDRESS PATH   send one request to a FastCGI application and show the answer
  ping ADDRESS           is an application there, and what does it say of itself?

Flags
${list(GENERAL_FLAGS)}

Addresses: ${ADDRESSES}
More about a command: x-client request --help
Exit codes: 0 fine, 1 the application failed or cannot be reached, 2 a mistake on the command line
`;

export const REQUEST_USAGE: string = `Examples
  x-client request unix:/run/php/php-fpm.sock /index.php --root /srv/www
  x-client request unix:/run/php/php-fpm.sock '/blog/index.php/post/7?draft=1' -i -v
  x-client request tcp://127.0.0.1:9000 /login.php -d 'user=ada&password=secret'
  x-client request tcp://127.0.0.1:9000 /api.php -X PUT -d @body.json -H 'Content-Type: application/json'
  x-client request unix:/run/app.sock / -p APP_ENV=test -p HTTPS=on --json

x-client request ADDRESS PATH [flags]
${list(REQUEST_FLAGS)}

Addresses: ${ADDRESSES}
`;

export const PING_USAGE: string = `Examples
  x-client ping unix:/run/php/php-fpm.sock
  x-client ping unix:/run/php/php-fpm.sock --path /ping

x-client ping ADDRESS [flags]
${list(PING_FLAGS)}

Addresses: ${ADDRESSES}
`;

function list(flags: Flags): string {
  const lines = Object.entries(flags).map(([name, { short, type, what }]) => {
    const names = `${short === undefined ? "    " : `-${short}, `}--${name}${type === "string" ? " VALUE" : ""}`;
    return `  ${names.padEnd(24)} ${what}`;
  });
  return lines.join("\n");
}
