import { version } from "../version.ts";

/** The help text: what to type first, then what there is. */
export function helpText(program: string): string {
  return `x-proxy ${version()}: HTTP in front of FastCGI applications

Examples:
  ${program} ./site --php auto                            a PHP site on http://127.0.0.1:8080, with the PHP of this machine
  ${program} ./public                                     files of a folder
  ${program} ./site --php unix:/run/php/php-fpm.sock      a PHP site, with a PHP-FPM that runs already
  ${program} ./site --php tcp://127.0.0.1:9000 --listen 127.0.0.1:8081
  ${program} --config x.config.ts                         routes, applications and processes
  ${program} explain http://localhost/blog/index.php/7    what would become of a request, and why
  ${program} status                                       what a running one does

Usage:
  ${program} [serve] [root] [options]      serves
  ${program} check [root] [options]        reads a configuration as serve does, and starts nothing
  ${program} expand [root] [options]       prints the configuration in its long form, as JSON
  ${program} explain URL [root] [options]  prints the routes, files and params of a request, each with its reason
  ${program} init [root]                   writes x.config.ts for what lies in the folder
  ${program} status                        shows upstreams, their addresses and processes of a running x-proxy
  ${program} drain UPSTREAM PEER           gives an address of an upstream no more requests, and ends when the last one there has
  ${program} restore UPSTREAM PEER         gives it requests again, slowly at first

Without root, --php and --config, the configuration in the working folder is taken: x.config.ts, .js, .mjs, .json, .yaml or .yml.

What to serve:
  root                 Folder to serve (default: the working folder, unless it has a configuration)
  --php auto           PHP that runs the .php files: a PHP-FPM that runs on this machine, else php-fpm or php-cgi, started and ended
                       with this program; says which, and why
  --php ADDRESS        PHP-FPM or another FastCGI server: unix:/run/php.sock or tcp://127.0.0.1:9000
  --preset NAME        What kind of PHP site it is: wordpress, drupal, laravel, symfony, dokuwiki, plain, or none (default: by its
                       files). Decides about the document root (such as public), the front controller, and what nobody gets
  --config FILE        Configuration: .ts, .js, .json or .yaml

Where to listen:
  --listen ADDRESS     127.0.0.1:8080 (default), [::1]:8080, :8080 for all addresses, unix:/run/site.sock, https://0.0.0.0:443; may
                       be given again
  --cert FILE          Certificate (PEM) of all https:// addresses, with those between it and the root behind it
  --key FILE           Its private key (PEM)

What to explain:
  -X, --method NAME    GET (default), POST, …
  -H, --header TEXT    A header, such as "X-Forwarded-Proto: https"; may be given again
  --from ADDRESS       The client's address (default: 127.0.0.1; unix: is a UNIX socket)

A running x-proxy:
  PEER                 An address as status shows it, with or without what stands before its path or host, or the name of its process
  --admin PATH         Its admin socket, where that is not PORT.sock in the default folder, or several run (with serve: where to make it)

Output:
  -v, --verbose        A line for each request
  --json               Log lines, and what other commands print, as JSON
  -h, --help           This text
  -V, --version        The version

Exit codes: 0 ended as told, 1 could not run (such as a port that is taken), 2 a mistake in the command or the configuration.
`;
}
