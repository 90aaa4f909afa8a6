/**
 * What was found out lately about an instruction word in a mode: code says the same again and again, and decoding costs
 * more than a look. A direct-mapped cache.
 */
const ENTRIES = 8192;
const NO_MODE = -1;

export class KnownWords<T> {
  private readonly words = new Uint32Array(ENTRIES);
  private readonly modes = new Int32Array(ENTRIES).fill(NO_MODE);
  private readonly values: T[] = [];
  private readonly find: (word: number, mode: number) => T;

  constructor(find: (word: number, mode: number) => T) { this.find = find; }

  of(word: number, mode: number): T {
    const i = Math.imul(word, 0x9e3779b1) >>> 19;
    if (this.words[i] === word >>> 0 && this.modes[i] === mode) return this.values[i]!;
    const value = this.find(word, mode);
    this.words[i] = word;
    this.modes[i] = mode;
    this.values[i] = value;
    return value;
  }

  forget(): void { this.modes.fill(NO_MODE); }
}
