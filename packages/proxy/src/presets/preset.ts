import type { FolderListing } from "./folder-listing.ts";

/** The kinds of sites that are known; the last one is every other. */
export const PRESET_NAMES = ["wordpress", "drupal", "laravel", "symfony", "dokuwiki", "plain"] as const;

/** A kind of site. */
export type PresetName = (typeof PRESET_NAMES)[number];

/** What is known about one kind of site: how to tell it by its files, and what it needs of a web server. */
export interface Preset {
  readonly name: PresetName;
  /** As its makers write it. */
  readonly title: string;
  /** Does the folder look like one? */
  detects(folder: FolderListing): boolean;
  /** What the site in this folder needs; to be asked for a folder that does not look like one too. */
  site(folder: FolderListing): Site;
}

/** What a site needs of a web server. */
export interface Site {
  /** Relative to the folder: `.` or `public`. */
  readonly documentRoot: string;
  /** What answers a path that is no file, such as `/index.php`; undefined: nothing does, it is a 404. */
  readonly frontController: string | undefined;
  /** Files that answer for a folder. */
  readonly index: readonly string[];
  /** Path patterns that nobody gets, see `RouteConfig.deny`. */
  readonly deny: readonly string[];
  /** Folders outside of the document root, relative to the folder, that links may lead into, see `RouteConfig.links`. */
  readonly links: readonly string[];
  /** Params that are not what every application gets, see `FastCGIRouteConfig.params`. */
  readonly params: Readonly<Record<string, string>>;
}
