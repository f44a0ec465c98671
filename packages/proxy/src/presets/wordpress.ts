import { commonDenied } from "./common-denied.ts";
import { listingBelow } from "./folder-listing.ts";
import type { Preset } from "./preset.ts";

/**
 * WordPress, and Bedrock, which keeps it in `web`. Uploads never run: whoever can upload a picture could else upload a program. What
 * wordpress.org's hardening guide closes is closed; `xmlrpc.php` is not, since apps and Jetpack use it.
 */
export const wordpress: Preset = {
  name: "wordpress",
  title: "WordPress",
  detects: (folder) =>
    folder.has("wp-includes/version.php") || folder.has("wp-load.php") || folder.has("web/wp-config.php"),
  site(folder) {
    const isBedrock = folder.has("web/wp-config.php");
    const documentRoot = isBedrock ? "web" : ".";
    return {
      documentRoot,
      frontController: "/index.php",
      index: ["index.php", "index.html"],
      deny: [
        "/wp-config.php",
        "/wp-config-sample.php",
        ...(isBedrock ? BEDROCK_CONTENT : CONTENT),
        "/wp-admin/includes/*",
        "/readme.html",
        "/license.txt",
        ...commonDenied(listingBelow(folder, documentRoot)),
      ],
      links: [],
      params: { SERVER_SOFTWARE },
    };
  },
};

/**
 * WordPress offers addresses without `/index.php` behind servers alone of which it knows that they have a front controller: Apache with
 * mod_rewrite, IIS, nginx (`got_url_rewrite`). Else its Permalinks page breaks the pretty ones that it chose itself when it was installed.
 */
const SERVER_SOFTWARE = "x-proxy (like nginx)";

const CONTENT = ["/wp-content/uploads/**/*.php", "/wp-content/blogs.dir/**/*.php", "/wp-content/debug.log"];
const BEDROCK_CONTENT = ["/app/uploads/**/*.php", "/app/debug.log", "/wp/wp-admin/includes/*"];
