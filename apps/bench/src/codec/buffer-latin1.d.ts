// What Node's Buffer has and its types leave out: the native routines that `write` and `toString` end in.

interface Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
}
