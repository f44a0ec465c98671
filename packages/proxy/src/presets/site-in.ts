import { resolve } from "node:path";

import { detectPreset, presetOf } from "./detect.ts";
import { folderOnDisk } from "./folder-listing.ts";
import type { PresetName, Site } from "./preset.ts";

/** The site in a folder of this machine; its paths are absolute. */
export interface SiteIn extends Site {
  /** Undefined: none was wanted. */
  readonly preset: PresetName | undefined;
}

/**
 * What the site in a folder needs of a web server.
 *
 * @param folder absolute
 * @param wanted `"none"`: the folder as it is; undefined: by its files
 */
export function siteIn(folder: string, wanted: PresetName | "none" | undefined): SiteIn {
  if (wanted === "none") return { preset: undefined, documentRoot: folder, ...BARE };
  const listing = folderOnDisk(folder);
  const preset = wanted === undefined ? detectPreset(listing) : presetOf(wanted);
  const site = preset.site(listing);
  return {
    ...site,
    preset: preset.name,
    documentRoot: resolve(folder, site.documentRoot),
    links: site.links.map((link) => resolve(folder, link)),
  };
}

const BARE: Omit<Site, "documentRoot"> = {
  frontController: "/index.php",
  index: ["index.php", "index.html"],
  deny: [],
  links: [],
  params: {},
};
