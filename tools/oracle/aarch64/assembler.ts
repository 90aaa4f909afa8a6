/** Programs of A64 instructions from words and labels. */
import { b, bCond, conditions, movk, movz, svc } from '../a64.ts';

/** Words in order, with branches to labels that are filled in at the end. */
export class Assembler {
  private readonly start: number;
  private readonly words: (number | (() => number))[] = [];
  private readonly labels = new Map<string, number>();

  constructor(start: number) {
    this.start = start;
  }

  emit(...words: number[]): void { this.words.push(...words); }
  label(name: string): void { this.labels.set(name, this.words.length * 4); }
  address(name: string): number { return this.start + (this.labels.get(name) as number); }
  jump(to: string): void { this.branch(to, b); }
  jumpIf(condition: keyof typeof conditions, to: string): void { this.branch(to, d => bCond(conditions[condition], d)); }
  jumpTo(address: number): void { this.emit(b(address - this.start - this.words.length * 4)); }
  /** Up to 48 bits. */
  set(rd: number, value: number): void {
    this.emit(movz(rd, value % 2 ** 16), movk(rd, Math.floor(value / 2 ** 16) % 2 ** 16, 16));
    if (value >= 2 ** 32) this.emit(movk(rd, Math.floor(value / 2 ** 32), 32));
  }
  call(number: number): void { this.emit(movz(8, number), svc()); }
  finish(): Uint32Array { return Uint32Array.from(this.words, w => (typeof w === 'number' ? w : w())); }

  private branch(to: string, encode: (displacement: number) => number): void {
    const from = this.words.length * 4;
    this.words.push(() => encode((this.labels.get(to) as number) - from));
  }
}
