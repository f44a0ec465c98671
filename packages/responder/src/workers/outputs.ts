/** Whoever reads stdout or stderr may go, as a web server does that is started again: that is no reason to end (EPIPE). */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
