// One server, many applications: x-proxy serve --config examples/many-languages/x.config.ts
//
// Debian: apt-get install libfcgi-perl libplack-perl libfcgi-procmanager-perl fcgiwrap git gitweb cgit uwsgi-core uwsgi-plugin-python3
// python3-flask python3-django uwsgi-plugin-rack-ruby3.1 ruby-railties php-fpm dokuwiki php-symfony-framework-bundle php-xml phpmyadmin
// adminer php-mysql mariadb-server; and x-responder, which npx finds in this clone. What is missing is answered with 503.
//
// Every application is started here, listens on an address of its own, and can be restarted without the others. TRANSPORT=tcp puts all
// of them on TCP ports from PORT (9100) on; else they get sockets in RUN (./run). GIT_PROJECT_ROOT is the folder of the repositories.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { type Part, folder, howToInstall, parts } from "./installed.ts";

const here = import.meta.dirname;
const { TRANSPORT = "unix", RUN = join(here, "run"), PORT = "9100" } = process.env;
const { GIT_PROJECT_ROOT = join(here, "git") } = process.env;

/** How many requests each takes at once, and what it is a part of. */
const applications = {
  roles: { capacity: 1, part: "perl" },
  plack: { capacity: 2, part: "plack" },
  wrap: { capacity: 2, part: "wrap" },
  flask: { capacity: 2, part: "flask" },
  "flask-scgi": { capacity: 2, part: "flask" },
  django: { capacity: 2, part: "django" },
  "django-scgi": { capacity: 2, part: "django" },
  rails: { capacity: 2, part: "rails" },
  php: { capacity: 4, part: "php" },
  "node-1": { capacity: 64, part: "node" },
  "node-2": { capacity: 64, part: "node" },
  "node-3": { capacity: 64, part: "node" },
} as const satisfies Record<string, { capacity: number; part: Part }>;
type Name = keyof typeof applications;
const names = Object.keys(applications) as Name[];

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
  environment: { GIT_PROJECT_ROOT, GITWEB_CONFIG: join(here, "gitweb/gitweb.conf") },
};
const cgit = {
  program: "/usr/lib/cgit/cgit.cgi",
  environment: { GIT_PROJECT_ROOT, CGIT_CONFIG: join(here, "cgit/cgitrc") },
};

/** A program that is started here; where GATE is set, its streams wait there. */
function command(upstream: string, ...words: string[]): object {
  return { kind: "command", upstream, command: words, environment: { GATE: true } };
}

/** An application in uWSGI, which speaks FastCGI or SCGI. */
function uwsgi(name: Name, plugin: "python3" | "rack", ...args: string[]): object {
  const socket = name.endsWith("-scgi") ? "--scgi-socket" : "--fastcgi-socket";
  const processes = String(applications[name].capacity);
  const common = ["uwsgi", "--master", "--die-on-term", "--processes", processes, "--plugin", plugin];
  return command(name, ...common, socket, listen(name).plain, ...args);
}

const nodes = ["node-1", "node-2", "node-3"] as const;
const node = (name: Name): object => command("node", "x-responder", "node/app.mjs", "--listen", listen(name).address);

const processes: Record<Name, object> = {
  roles: command("roles", "perl", "perl/roles.pl", listen("roles").plain),
  plack: command("plack", "plackup", "-s", "FCGI", "--listen", listen("plack").plain, "--nproc", "2", "perl/app.psgi"),
  wrap: command("wrap", "fcgiwrap", "-c", "2", "-s", `${TRANSPORT === "tcp" ? "tcp" : "unix"}:${wrap.plain}`),
  flask: uwsgi("flask", "python3", "--wsgi-file", "flask/app.py"),
  "flask-scgi": uwsgi("flask-scgi", "python3", "--wsgi-file", "flask/app.py"),
  django: uwsgi("django", "python3", "--wsgi-file", "django/app.py"),
  "django-scgi": uwsgi("django-scgi", "python3", "--wsgi-file", "django/app.py"),
  rails: uwsgi("rails", "rack", "--rack", "rails/config.ru"),
  php: { kind: "php-fpm", upstream: "php" },
  "node-1": node("node-1"),
  "node-2": node("node-2"),
  "node-3": node("node-3"),
};

const present = names.filter((name) => parts[applications[name].part][0]);

// What applications write into. Started as root in a folder of root's, they run as the web user, to whom it has to belong.
const written = [GIT_PROJECT_ROOT, join(here, "symfony/var"), ...(TRANSPORT === "tcp" ? [] : [RUN])];
for (const path of written) {
  if (existsSync(path)) continue;
  mkdirSync(path, { recursive: true });
  if (process.getuid?.() === 0 && statSync(here).uid === 0) execFileSync("chown", ["www-data", path]);
}

interface Route {
  readonly match?: string;
  readonly mount?: string;
  readonly [key: string]: unknown;
}

/** A route whose programs are there; else it says how to get them. */
function needs(needed: readonly Part[], route: Route): Route {
  const command = howToInstall(needed);
  if (command === undefined) return route;
  const { match = { path: [`${route.mount}`, `${route.mount}/*`] } } = route;
  return { match, respond: { status: 503, body: `This is not installed: ${command}\n` } } as Route;
}

export default {
  root: "./docs",
  upstreams: {
    ...Object.fromEntries(
      present
        .filter((name) => !name.startsWith("node-"))
        .map((name) => [name, { addresses: [listen(name).address], capacity: applications[name].capacity }] as const),
    ),
    // Three processes of one application, each with many requests at once on one connection.
    ...(parts.node[0] && {
      node: {
        addresses: nodes.map((name) => listen(name).address),
        policy: "least-requests",
        capacity: 64,
        multiplex: 64,
      },
    }),
  },
  processes: Object.fromEntries(present.map((name) => [name, processes[name]] as const)),
  routes: [
    needs(["perl"], { mount: "/perl", fastcgi: { upstream: "roles" } }),
    needs(["plack"], { mount: "/plack", fastcgi: { upstream: "plack" } }),
    needs(["flask"], { mount: "/flask", fastcgi: { upstream: "flask" } }),
    needs(["flask"], { mount: "/flask-scgi", fastcgi: { upstream: "flask-scgi" } }),
    needs(["django"], { mount: "/django", fastcgi: { upstream: "django" } }),
    needs(["django"], { mount: "/django-scgi", fastcgi: { upstream: "django-scgi" } }),
    needs(["rails"], { mount: "/rails", fastcgi: { upstream: "rails" } }),
    // Four sites of PHP in one PHP-FPM, as whole sites: what is a file is served as one. The preset knows what of a site is for nobody.
    needs(["php", "dokuwiki"], {
      mount: "/wiki",
      root: folder.dokuwiki,
      php: "php",
      preset: "dokuwiki",
      links: ["/var/lib/dokuwiki/lib"],
    }),
    needs(["php", "symfony"], { mount: "/symfony", root: "./symfony", php: "php", preset: "symfony" }),
    needs(["php", "phpmyadmin"], {
      mount: "/phpmyadmin",
      root: folder.phpmyadmin,
      php: "php",
      preset: "none",
      deny: ["/libraries/*", "/templates/*", "/setup/*", "/sql/*"],
      links: ["/usr/share/javascript"],
    }),
    needs(["php", "adminer"], {
      mount: "/adminer",
      root: folder.adminer,
      fastcgi: { upstream: "php", extensions: [".php"], index: ["adminer.php"], tryFiles: ["{path}", "{path}/"] },
    }),
    // Smart HTTP for git, twice: by fcgiwrap, and as plain CGI.
    needs(["wrap", "git"], {
      mount: "/git",
      fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: backend, ...git } },
    }),
    needs(["git"], { mount: "/cgi-git", cgi: { program: backend, environment: git } }),
    // Pages about the repositories, each twice as well.
    needs(["wrap", "gitweb"], {
      mount: "/gitweb",
      fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: gitweb.program, ...gitweb.environment } },
    }),
    needs(["gitweb"], { mount: "/cgi-gitweb", cgi: gitweb }),
    needs(["wrap", "cgit"], {
      mount: "/cgit",
      fastcgi: { upstream: "wrap", params: { SCRIPT_FILENAME: cgit.program, ...cgit.environment } },
    }),
    needs(["cgit"], { mount: "/cgi-cgit", cgi: cgit }),
    // Permission by the Authorizer role; what is asked for then knows who asks.
    needs(["perl"], {
      match: "/private/*",
      mount: "/private",
      authorize: { upstream: "roles" },
      fastcgi: { upstream: "roles" },
    }),
    needs(["node"], {
      match: "/members/*",
      mount: "/members",
      authorize: { upstream: "node" },
      fastcgi: { upstream: "node" },
    }),
    needs(["node"], { mount: "/node", fastcgi: { upstream: "node" } }),
    // Files of ours, made into pages by the Filter role.
    needs(["node"], { match: "/notes/*", filter: { upstream: "node", root: "./notes" } }),
    needs(["perl"], { match: "*.md", filter: { upstream: "roles" } }),
    // And one in the server's own process.
    { match: "/live", handler: (request: Request): Response => new Response(`node: ${request.method}\n`) },
  ],
};
