import { networkInterfaces } from "node:os";

/** Has this machine an IPv6 loopback? Containers often have none. */
export const hasIPv6: boolean = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);
