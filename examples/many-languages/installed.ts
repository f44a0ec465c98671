// What of the example is installed: the rest of it runs without the others.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter } from "node:path";

/** The folders of the PATH, and the one in which Debian has what only root is expected to start. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"].filter((folder) => existsSync(folder));

const has = (program: RegExp): boolean => folders.some((folder) => readdirSync(folder).some((it) => program.test(it)));

/** Does this command succeed? It looks for a library, which is not a program of its own. */
const works = (command: string, ...args: string[]): Promise<boolean> =>
  new Promise((resolve) => execFile(command, args, { timeout: 20_000 }, (error) => resolve(error === null)));

/** Where Debian has them, unless the environment names another folder. */
const { DOKUWIKI = "/usr/share/dokuwiki", PHPMYADMIN = "/usr/share/phpmyadmin" } = process.env;
const { ADMINER = "/usr/share/adminer", SYMFONY_BUNDLE = "/usr/share/php/Symfony/Bundle/FrameworkBundle" } =
  process.env;
export const folder = { dokuwiki: DOKUWIKI, phpmyadmin: PHPMYADMIN, adminer: ADMINER } as const;

const uwsgi = has(/^uwsgi$/);
const [perl, plack, flask, django, rails] = await Promise.all([
  works("perl", "-MFCGI", "-e1"),
  works("perl", "-MPlack", "-MFCGI::ProcManager", "-e1"),
  works("/usr/bin/python3", "-c", "import flask"),
  works("/usr/bin/python3", "-c", "import django"),
  works("ruby", "-e", 'require "rails"; require "action_controller/railtie"'),
]);
const python = uwsgi && (await works("uwsgi", "--plugin", "python3", "--version"));
const rack = uwsgi && (await works("uwsgi", "--plugin", "rack", "--version"));

/** What is there, and the packages of Debian that bring it. */
export const parts = {
  perl: [perl, "libfcgi-perl"],
  plack: [plack && has(/^plackup$/), "libplack-perl libfcgi-procmanager-perl"],
  wrap: [has(/^fcgiwrap$/), "fcgiwrap"],
  git: [existsSync("/usr/lib/git-core/git-http-backend"), "git"],
  gitweb: [existsSync("/usr/share/gitweb/gitweb.cgi"), "gitweb"],
  cgit: [existsSync("/usr/lib/cgit/cgit.cgi"), "cgit"],
  flask: [flask && python, "uwsgi-core uwsgi-plugin-python3 python3-flask"],
  django: [django && python, "uwsgi-core uwsgi-plugin-python3 python3-django"],
  rails: [rails && rack, "uwsgi-core uwsgi-plugin-rack-ruby3.1 ruby-railties"],
  node: [has(/^x-responder$/), undefined],
  php: [has(/^php-fpm[\d.]*$/), "php-fpm"],
  dokuwiki: [existsSync(`${DOKUWIKI}/doku.php`), "dokuwiki"],
  symfony: [existsSync(`${SYMFONY_BUNDLE}/autoload.php`), "php-symfony-framework-bundle php-xml"],
  phpmyadmin: [existsSync(`${PHPMYADMIN}/index.php`), "phpmyadmin php-mysql mariadb-server"],
  adminer: [existsSync(`${ADMINER}/adminer.php`), "adminer php-mysql mariadb-server"],
} as const satisfies Record<string, readonly [there: boolean, packages: string | undefined]>;

export type Part = keyof typeof parts;

/** What is missing of these, as a command that brings it. */
export function howToInstall(needed: readonly Part[]): string | undefined {
  const missing = needed.filter((part) => !parts[part][0]);
  if (missing.length === 0) return undefined;
  const packages = missing.map((part) => parts[part][1]).filter((it) => it !== undefined);
  const npm = missing.includes("node") ? ["npm install @x/responder"] : [];
  return [...(packages.length === 0 ? [] : [`apt-get install ${packages.join(" ")}`]), ...npm].join(" && ");
}
