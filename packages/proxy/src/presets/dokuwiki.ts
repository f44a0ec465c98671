import { commonDenied } from "./common-denied.ts";
import type { Preset } from "./preset.ts";

/**
 * DokuWiki. Pages, accounts and settings lie in its document root: the folders that dokuwiki.org says to close are closed. It has no
 * front controller: its addresses are `/doku.php?id=…`, and what is no file is a 404.
 */
export const dokuwiki: Preset = {
  name: "dokuwiki",
  title: "DokuWiki",
  detects: (folder) => folder.has("doku.php") && folder.has("inc/init.php"),
  site: (folder) => ({
    documentRoot: ".",
    frontController: undefined,
    index: ["index.php", "index.html"],
    deny: [
      "/data/*",
      "/conf/*",
      "/inc/*",
      "/bin/*",
      "/vendor/*",
      "/VERSION",
      "/README",
      "/COPYING",
      ...commonDenied(folder),
    ],
    links: [],
    params: {},
  }),
};
