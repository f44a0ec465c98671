/** Ends this process in the way that nothing can prepare for, as a crash would. Whoever watches it starts another one. */
export function endProcess(): void {
  process.kill(process.pid, "SIGKILL");
}
