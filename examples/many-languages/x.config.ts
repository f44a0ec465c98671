// One server, many applications: x-proxy serve --config examples/many-languages/x.config.ts
//
// Debian: apt-get install libfcgi-perl libplack-perl libfcgi-procmanager-perl fcgiwrap git gitweb uwsgi-core uwsgi-plugin-python3 python3-flask
//
// Every application is started here, listens on an address of its own, and can be restarted without the others. TRANSPORT=tcp puts all
// of them on TCP ports from PORT (9100) on; else they get sockets in RUN (./run). GIT_PROJECT_ROOT is the folder of the repositories.
import { join } from "node:path";

const { TRANSPORT = "unix", RUN = join(import.meta.dirname, "run"), PORT = "9100" } = process.env;
const { GIT_PROJECT_ROOT = join(import.meta.dirname, "git") } = process.env;

/** How many requests each takes at once. */
const capacity = { roles: 1, plack: 2, wrap: 2, flask: 2, scgi: 2 };
type Name = keyof typeof capacity;
const names = Object.keys(capacity) as Name[];

/** Where an application listens: in our spelling, and as programs write it. */
function listen(name: Name): { address: string; plain: string } {
  const port = Number(PORT) + names.indexOf(name);
  const protocol = name === "scgi" ? "scgi+" : "";
  if (TRANSPORT === "tcp") return { address: `${protocol}tcp://127.0.0.1:${port}`, plain: `127.0.0.1:${port}` };
  const path = join(RUN, `${name}.sock`);
  return { address: `${protocol}unix:${path}`, plain: path };
}

const wrap = listen("wrap");
const git = { GIT_PROJECT_ROOT, GIT_HTTP_EXPORT_ALL: "1" };
const backend = "/usr/lib/git-core/git-http-backend";

export default {
  root: "./docs",
  upstreams: Object.fromEntries(
    names.map((name) => [name, { addresses: [listen(name).address], capacity: capacity[name] }]),
  ),
  processes: {
    roles: { kind: "command", upstream: "roles", command: ["perl", "perl/roles.pl", listen("roles").plain] },
    plack: {
      kind: "command",
      upstream: "plack",
      command: ["plackup", "-s", "FCGI", "--listen", listen("plack").plain, "--nproc", "2", "perl/app.psgi"],
    },
    wrap: {
      kind: "command",
      upstream: "wrap",
      command: ["fcgiwrap", "-c", "2", "-s", TRANSPORT === "tcp" ? `tcp:${wrap.plain}` : `unix:${wrap.plain}`],
    },
    flask: {
      kind: "command",
      upstream: "flask",
      // prettier-ignore
      command: [
        "uwsgi", "--master", "--die-on-term", "--processes", "2", "--plugin", "python3",
        "--fastcgi-socket", listen("flask").plain, "--wsgi-file", "flask/app.py",
      ],
    },
    scgi: {
      kind: "command",
      upstream: "scgi",
      // prettier-ignore
      command: [
        "uwsgi", "--master", "--die-on-term", "--processes", "2", "--plugin", "python3",
        "--scgi-socket", listen("scgi").plain, "--wsgi-file", "flask/app.py",
      ],
    },
  },
  routes: [
    { mount: "/perl", fastcgi: { upstream: "roles" } },
    { mount: "/plack", fastcgi: { upstream: "plack" } },
    { mount: "/flask", fastcgi: { upstream: "flask" } },
    { mount: "/flask-scgi", fastcgi: { upstream: "scgi" } },
    // Smart HTTP for git, twice: by fcgiwrap, and as plain CGI.
    { mount: "/git", fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: backend, ...git } } },
    { mount: "/cgi-git", cgi: { program: backend, environment: git } },
    {
      mount: "/gitweb",
      cgi: {
        program: "/usr/share/gitweb/gitweb.cgi",
        environment: { GIT_PROJECT_ROOT, GITWEB_CONFIG: join(import.meta.dirname, "gitweb/gitweb.conf") },
      },
    },
    // Permission by the Authorizer role; what is asked for then knows who asks.
    { match: "/private/*", mount: "/private", authorize: { upstream: "roles" }, fastcgi: { upstream: "roles" } },
    // Files of ours, made into pages by the Filter role.
    { match: "*.md", filter: { upstream: "roles" } },
    // And one in the server's own process.
    { match: "/live", handler: (request: Request): Response => new Response(`node: ${request.method}\n`) },
  ],
};
