/** An argument of an application's command line. @throws when it is missing */
export function requiredArgument(position: number, what: string): string {
  const value = process.argv[1 + position];
  if (value === undefined) throw new Error(`Argument ${position} is missing: ${what}.`);
  return value;
}
