// A whole configuration of x-proxy: two applications, each a process that the proxy starts, watches and stops.
// `src/start.ts` says by the environment what depends on the machine.
import { defineConfig } from "@x/proxy";
import type { ProcessConfig } from "@x/proxy";

import { readSetting } from "./src/setting.ts";

const { site, run, token, node, cwd, nodeApplication, phpApplication, phpFpm } = readSetting(process.env);

const phpAddress = `unix:${run}/php/php.sock`;
const nodeAddress = `unix:${run}/node/node.sock`;

/** PHP-FPM where there is one, with three workers; else a program of our own around PHP in WebAssembly, which does one thing at a time. */
const php: ProcessConfig =
  phpFpm === undefined
    ? { kind: "command", command: [node, phpApplication, phpAddress, site], cwd, upstream: "php" }
    : { kind: "php-fpm", program: phpFpm, upstream: "php" };

export default defineConfig({
  listen: ["127.0.0.1:8080"],
  root: site,
  upstreams: {
    php: { addresses: [phpAddress], capacity: phpFpm === undefined ? 1 : 3 },
    node: { addresses: [nodeAddress], capacity: 64, multiplex: 32 },
  },
  processes: {
    php,
    node: { kind: "command", command: [node, nodeApplication, nodeAddress], cwd, upstream: "node" },
  },
  routes: [
    {
      match: "/php/*",
      fastcgi: {
        upstream: "php",
        extensions: [".php"],
        tryFiles: ["{path}", "{path}/"],
        // What the applications cannot know by themselves. No request can set these: its own names begin with HTTP_.
        params: { DEMO_ADDRESS: phpAddress, DEMO_TOKEN: token, DEMO_FOLDER: `${run}/php` },
      },
    },
    { match: "/node/*", fastcgi: { upstream: "node", params: { DEMO_ADDRESS: nodeAddress, DEMO_TOKEN: token } } },
    { static: true },
  ],
  // A page with a clock on it would keep the server from ending for half a minute.
  shutdown: { grace: 1_000 },
});
