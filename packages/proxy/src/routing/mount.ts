/**
 * The path of a request as a route sees it that lies below a mount; empty when the request names the mount itself, without a slash.
 *
 * @param path decoded and clean
 * @param mount without slash at the end; empty: the root
 */
export function belowMount(path: string, mount: string): string {
  return mount === "" ? path : path.slice(mount.length);
}
