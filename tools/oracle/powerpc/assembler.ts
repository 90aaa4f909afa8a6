/**
 * The few instructions that the oracle's PowerPC program is made of (Power ISA 3.0), encoded by hand and apart from
 * src/guest, so that the oracle owes nothing to what it judges; and an assembler with labels.
 */

const field = (value: number, width: number, lo: number): number => {
  if (value < 0 || value >= 2 ** width) throw new RangeError(`${value} does not fit in ${width} bits`);
  return value * 2 ** lo;
};
const signed = (value: number, width: number, lo: number): number => {
  if (value < -(2 ** (width - 1)) || value >= 2 ** (width - 1)) throw new RangeError(`displacement ${value}`);
  return ((value + 2 ** width) % 2 ** width) * 2 ** lo;
};

const d = (opcode: number, RT: number, RA: number, D: number): number => field(opcode, 6, 26) + field(RT, 5, 21) + field(RA, 5, 16) + signed(D, 16, 0);
const x = (RT: number, RA: number, RB: number, XO: number): number =>
  field(31, 6, 26) + field(RT, 5, 21) + field(RA, 5, 16) + field(RB, 5, 11) + field(XO, 10, 1);

export const addi = (RT: number, RA: number, SI: number): number => d(14, RT, RA, SI);
export const li = (RT: number, SI: number): number => d(14, RT, 0, SI);
export const lis = (RT: number, upper: number): number => field(15, 6, 26) + field(RT, 5, 21) + field(upper, 16, 0);
export const ori = (RA: number, RS: number, UI: number): number => field(24, 6, 26) + field(RS, 5, 21) + field(RA, 5, 16) + field(UI, 16, 0);
export const add = (RT: number, RA: number, RB: number): number => x(RT, RA, RB, 266);
export const subf = (RT: number, RA: number, RB: number): number => x(RT, RA, RB, 40);
export const or = (RA: number, RS: number, RB: number): number => x(RS, RA, RB, 444);
export const xor = (RA: number, RS: number, RB: number): number => x(RS, RA, RB, 316);
export const cmplw = (RA: number, RB: number): number => x(0, RA, RB, 32);
export const cmplwi = (RA: number, UI: number): number => field(10, 6, 26) + field(RA, 5, 16) + field(UI, 16, 0);
export const cmpldi = (RA: number, UI: number): number => cmplwi(RA, UI) + field(1, 5, 21);
export const lwz = (RT: number, D: number, RA: number): number => d(32, RT, RA, D);
export const stw = (RS: number, D: number, RA: number): number => d(36, RS, RA, D);
export const ld = (RT: number, D: number, RA: number): number => d(58, RT, RA, D);
export const std = (RS: number, D: number, RA: number): number => d(62, RS, RA, D);
export const lfd = (FRT: number, D: number, RA: number): number => d(50, FRT, RA, D);
export const stfd = (FRS: number, D: number, RA: number): number => d(54, FRS, RA, D);
export const lvx = (VRT: number, RA: number, RB: number): number => x(VRT, RA, RB, 103);
export const stvx = (VRS: number, RA: number, RB: number): number => x(VRS, RA, RB, 231);
export const stwcx = (RS: number, RA: number, RB: number): number => x(RS, RA, RB, 150) + 1;
export const mtvscr = (VRB: number): number => field(4, 6, 26) + field(VRB, 5, 11) + 1604;
export const mfvscr = (VRT: number): number => field(4, 6, 26) + field(VRT, 5, 21) + 1540;
export const mtfsf = (FRB: number): number => field(63, 6, 26) + field(0xff, 8, 17) + field(FRB, 5, 11) + field(711, 10, 1);
/** All 64 bits of FPSCR. */
export const mtfsfAll = (FRB: number): number => mtfsf(FRB) + field(1, 1, 25);
export const mtcrf = (RS: number): number => field(31, 6, 26) + field(RS, 5, 21) + field(0xff, 8, 12) + field(144, 10, 1);
const spr = (n: number): number => field(n & 31, 5, 16) + field(n >>> 5, 5, 11);
export const mtspr = (n: number, RS: number): number => field(31, 6, 26) + field(RS, 5, 21) + spr(n) + field(467, 10, 1);
export const mfspr = (RT: number, n: number): number => field(31, 6, 26) + field(RT, 5, 21) + spr(n) + field(339, 10, 1);
export const SPR = { XER: 1, LR: 8, CTR: 9, VRSAVE: 256, TAR: 815 } as const;
export const b = (displacement: number): number => field(18, 6, 26) + (signed(displacement, 26, 0) & ~3);
/** BO and BI of the conditions on CR0. */
export const conditions = { lt: [12, 0], ge: [4, 0], eq: [12, 2], ne: [4, 2] } as const;
export const bc = ([BO, BI]: readonly [number, number], displacement: number): number =>
  field(16, 6, 26) + field(BO, 5, 21) + field(BI, 5, 16) + (signed(displacement, 16, 0) & ~3);
export const bctr = (): number => 0x4e80_0420;
export const sc = (): number => 0x4400_0002;

/** Words in order, with branches to labels that are filled in at the end. */
export class Assembler {
  private readonly start: number;
  private readonly words: (number | (() => number))[] = [];
  private readonly labels = new Map<string, number>();

  constructor(start: number) { this.start = start; }

  emit(...words: number[]): void { this.words.push(...words); }
  label(name: string): void { this.labels.set(name, this.words.length * 4); }
  address(name: string): number { return this.start + (this.labels.get(name) as number); }
  jump(to: string): void { this.branch(to, b); }
  jumpIf(condition: keyof typeof conditions, to: string): void { this.branch(to, displacement => bc(conditions[condition], displacement)); }
  jumpTo(address: number): void { this.emit(b(address - this.start - this.words.length * 4)); }
  set(RT: number, value: number): void { this.emit(lis(RT, value >>> 16), ori(RT, RT, value & 0xffff)); }
  finish(): Uint32Array { return Uint32Array.from(this.words, w => (typeof w === 'number' ? w : w())); }

  private branch(to: string, encode: (displacement: number) => number): void {
    const from = this.words.length * 4;
    this.words.push(() => encode((this.labels.get(to) as number) - from));
  }
}
