/** How Chromium is started for a test: as root, without a display, and without asking anybody on the internet. */
export const CHROMIUM_ARGUMENTS: string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
