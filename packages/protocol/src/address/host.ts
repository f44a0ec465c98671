/**
 * What is wrong with a host that is a name or an IPv4 address, as the rest of a sentence that begins with
 * "The address …"; undefined when nothing is. Underscores are taken: container networks have them.
 */
export function hostProblem(host: string): string | undefined {
  // Only digits, dots and hex: some resolvers read 127.1 or 0x7f.1 as an address, others as a name.
  if (/^(?:[0-9]+|0x[0-9a-f]*)(?:\.(?:[0-9]+|0x[0-9a-f]*))*\.?$/i.test(host)) {
    return isIPv4(host) ? undefined : `has the host ${JSON.stringify(host)}, which is no IPv4 address`;
  }
  if (host.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i.test(host)) return undefined;
  return `has the host ${JSON.stringify(host)}, which is neither a name nor an IP address`;
}

/** Four decimal numbers from 0 to 255, without leading zeros, which some read as octal. */
function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 §2.2, with a zone if there is one (RFC 4007 §11), without brackets. */
export function isIPv6(text: string): boolean {
  const [address = "", zone, ...rest] = text.split("%");
  if (rest.length > 0 || (zone !== undefined && !/^[A-Za-z0-9._~-]+$/.test(zone))) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const parts = half === "" ? [] : half.split(":");
    // An IPv4 address may stand for the last two groups.
    const last = parts.at(-1);
    if (index === halves.length - 1 && last !== undefined && isIPv4(last)) parts.splice(-1, 1, "0", "0");
    if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return false;
    groups += parts.length;
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
