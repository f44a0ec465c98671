// One server, many applications: x-proxy serve --config examples/many-languages/x.config.ts
//
// Debian: apt-get install libfcgi-perl libplack-perl libfcgi-procmanager-perl fcgiwrap git gitweb cgit uwsgi-core uwsgi-plugin-python3
// python3-flask python3-django uwsgi-plugin-rack-ruby3.1 ruby-railties; and x-responder in the PATH (npm install --global @x/responder)
//
// Every application is started here, listens on an address of its own, and can be restarted without the others. TRANSPORT=tcp puts all
// of them on TCP ports from PORT (9100) on; else they get sockets in RUN (./run). GIT_PROJECT_ROOT is the folder of the repositories.
import { join } from "node:path";

const { TRANSPORT = "unix", RUN = join(import.meta.dirname, "run"), PORT = "9100" } = process.env;
const { GIT_PROJECT_ROOT = join(import.meta.dirname, "git") } = process.env;

/** How many requests each takes at once. */
const capacity = {
  roles: 1,
  plack: 2,
  wrap: 2,
  flask: 2,
  "flask-scgi": 2,
  django: 2,
  "django-scgi": 2,
  rails: 2,
  "node-1": 64,
  "node-2": 64,
  "node-3": 64,
};
type Name = keyof typeof capacity;
const names = Object.keys(capacity) as Name[];

/** Where an application listens: in our spelling, and as programs write it. */
function listen(name: Name): { address: string; plain: string } {
  const port = Number(PORT) + names.indexOf(name);
  const protocol = name.endsWith("-scgi") ? "scgi+" : "";
  if (TRANSPORT === "tcp") return { address: `${protocol}tcp://127.0.0.1:${port}`, plain: `127.0.0.1:${port}` };
  const path = join(RUN, `${name}.sock`);
  return { address: `${protocol}unix:${path}`, plain: path };
}

const wrap = listen("wrap");
const git = { GIT_PROJECT_ROOT, GIT_HTTP_EXPORT_ALL: "1" };
const backend = "/usr/lib/git-core/git-http-backend";
const gitweb = {
  program: "/usr/share/gitweb/gitweb.cgi",
  environment: { GIT_PROJECT_ROOT, GITWEB_CONFIG: join(import.meta.dirname, "gitweb/gitweb.conf") },
};
const cgit = {
  program: "/usr/lib/cgit/cgit.cgi",
  environment: { GIT_PROJECT_ROOT, CGIT_CONFIG: join(import.meta.dirname, "cgit/cgitrc") },
};

/** An application in uWSGI, which speaks FastCGI or SCGI. */
function uwsgi(name: Name, plugin: "python3" | "rack", ...args: string[]): object {
  const socket = name.endsWith("-scgi") ? "--scgi-socket" : "--fastcgi-socket";
  // prettier-ignore
  const common = ["uwsgi", "--master", "--die-on-term", "--processes", String(capacity[name]), "--plugin", plugin];
  return { kind: "command", upstream: name, command: [...common, socket, listen(name).plain, ...args] };
}

const nodes = ["node-1", "node-2", "node-3"] as const;

export default {
  root: "./docs",
  upstreams: {
    ...Object.fromEntries(
      names
        .filter((name) => !name.startsWith("node-"))
        .map((name) => [name, { addresses: [listen(name).address], capacity: capacity[name] }] as const),
    ),
    // Three processes of one application, each with many requests at once on one connection.
    node: {
      addresses: nodes.map((name) => listen(name).address),
      policy: "least-requests",
      capacity: 64,
      multiplex: 64,
    },
  },
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
    flask: uwsgi("flask", "python3", "--wsgi-file", "flask/app.py"),
    "flask-scgi": uwsgi("flask-scgi", "python3", "--wsgi-file", "flask/app.py"),
    django: uwsgi("django", "python3", "--wsgi-file", "django/app.py"),
    "django-scgi": uwsgi("django-scgi", "python3", "--wsgi-file", "django/app.py"),
    rails: uwsgi("rails", "rack", "--rack", "rails/config.ru"),
    ...Object.fromEntries(
      nodes.map((name) => {
        const command = ["x-responder", "node/app.mjs", "--listen", listen(name).address];
        return [name, { kind: "command", upstream: "node", command }] as const;
      }),
    ),
  },
  routes: [
    { mount: "/perl", fastcgi: { upstream: "roles" } },
    { mount: "/plack", fastcgi: { upstream: "plack" } },
    { mount: "/flask", fastcgi: { upstream: "flask" } },
    { mount: "/flask-scgi", fastcgi: { upstream: "flask-scgi" } },
    { mount: "/django", fastcgi: { upstream: "django" } },
    { mount: "/django-scgi", fastcgi: { upstream: "django-scgi" } },
    { mount: "/rails", fastcgi: { upstream: "rails" } },
    // Smart HTTP for git, twice: by fcgiwrap, and as plain CGI.
    { mount: "/git", fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: backend, ...git } } },
    { mount: "/cgi-git", cgi: { program: backend, environment: git } },
    // Pages about the repositories, each twice as well.
    {
      mount: "/gitweb",
      fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: gitweb.program, ...gitweb.environment } },
    },
    { mount: "/cgi-gitweb", cgi: gitweb },
    { mount: "/cgit", fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: cgit.program, ...cgit.environment } } },
    { mount: "/cgi-cgit", cgi: cgit },
    // Permission by the Authorizer role; what is asked for then knows who asks.
    { match: "/private/*", mount: "/private", authorize: { upstream: "roles" }, fastcgi: { upstream: "roles" } },
    { match: "/members/*", mount: "/members", authorize: { upstream: "node" }, fastcgi: { upstream: "node" } },
    { mount: "/node", fastcgi: { upstream: "node" } },
    // Files of ours, made into pages by the Filter role.
    { match: "/notes/*", filter: { upstream: "node", root: "./notes" } },
    { match: "*.md", filter: { upstream: "roles" } },
    // And one in the server's own process.
    { match: "/live", handler: (request: Request): Response => new Response(`node: ${request.method}\n`) },
  ],
};
