/**
 * Makes something in the file system, or a process, without the permissions of `mask`: the mode of a socket file is decided when it is
 * bound, and a chmod afterwards would leave a moment when everybody may connect.
 *
 * @param make gets the umask that holds otherwise
 */
export function withUmask<T>(mask: number, make: (usual: number) => T): T {
  const usual = process.umask(mask);
  try {
    return make(usual);
  } finally {
    process.umask(usual);
  }
}
