import { dokuwiki } from "./dokuwiki.ts";
import { drupal } from "./drupal.ts";
import type { FolderListing } from "./folder-listing.ts";
import { laravel } from "./laravel.ts";
import { plain } from "./plain.ts";
import type { Preset, PresetName } from "./preset.ts";
import { symfony } from "./symfony.ts";
import { wordpress } from "./wordpress.ts";

/** In the order in which they are tried: the last one takes everything. */
const PRESETS: readonly Preset[] = [wordpress, drupal, laravel, symfony, dokuwiki, plain];

/** The kind of site in a folder, by its files. */
export function detectPreset(folder: FolderListing): Preset {
  return PRESETS.find((preset) => preset.detects(folder)) ?? plain;
}

/** The preset of that name. */
export function presetOf(name: PresetName): Preset {
  return PRESETS.find((preset) => preset.name === name) ?? plain;
}
