export const USAGE = `x-responder app.js --listen unix:/run/app.sock
x-responder app.js --listen tcp://127.0.0.1:9000 --workers 4 --max-requests 10000
x-responder app.js                        (started by mod_fcgid, lighttpd, spawn-fcgi or systemd, with a socket)

Serves a Node application over FastCGI. The module exports by default an Express, Koa, Connect or Fastify application,
a listener (request, response) => ..., or an object with fetch (Hono); or functions named fetch, handler, authorize, filter.

  --listen ADDRESS        unix:/path, tcp://host:port, unix:@name   (the socket it was started with, or CGI)
                          scgi+unix:/path, scgi+tcp://host:port     for web servers that speak SCGI
  --mode OCTAL            permissions of the socket file            (0660)
  --group NAME            group of the socket file                  (own; for root www-data, nginx …)
  --workers N             processes on the one socket               (1)
  --max-requests N        replace a worker after about N requests   (never)
  --max-memory MIB        replace a worker that uses more memory    (no limit)
  --max-lag MS            replace a worker whose event loop is late (no limit)
  --grace SECONDS         for running requests when a worker goes   (30)
  --mount strip           URLs without what SCRIPT_NAME names       (keep)
  --log json              a line of JSON on stdout for each request, error and change of a worker
  --watch                 reload when a file of the application's folder changes
  -v, --verbose           tell of workers that start and end, and where a module failed to load
  -h, --help    -V, --version

FCGI_WEB_SERVER_ADDRS=10.0.0.5,10.1.0.0/16 in the environment: only these connect by TCP. Without it tcp:// is for 127.0.0.1 and [::1].
SIGTERM, SIGINT: finish the running requests, then end. SIGHUP: replace the workers one by one, without losing a request.
Exit codes: 0 ended on purpose, 1 could not run, 2 a mistake of whoever started it.
`;
