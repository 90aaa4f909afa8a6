/**
 * The few A32 instructions that the oracle's program is made of (ARM DDI 0487, F5.1), encoded by hand and apart from src/guest,
 * so that the oracle owes nothing to what it judges; and an assembler with labels.
 */

export const SP = 13;
export const conditions = { eq: 0, ne: 1, hs: 2, lo: 3, al: 14 } as const;
export type Condition = keyof typeof conditions;
const AL = 0xe000_0000;

/** A constant of 8 bits that is rotated by an even number (F5.1: A32ExpandImm). */
function modified(value: number): number {
  for (let rotation = 0; rotation < 32; rotation += 2) {
    const rotated = ((value << rotation) | (rotation === 0 ? 0 : value >>> (32 - rotation))) >>> 0;
    if (rotated < 256) return (rotation / 2) * 0x100 + rotated;
  }
  throw new RangeError(`${value} is no constant of A32`);
}

const wide = (imm16: number): number => ((imm16 >>> 12) << 16) | (imm16 & 0xfff);
const three = (opcode: number, rd: number, rn: number): number => AL + opcode + rn * 0x1_0000 + rd * 0x1000;
const offset12 = (offset: number): number => {
  if (offset < 0 || offset > 4095) throw new RangeError(`offset ${offset}`);
  return offset;
};
const list = (registers: readonly number[]): number => registers.reduce((bits, r) => bits | (1 << r), 0);

export const movw = (rd: number, imm16: number): number => AL + 0x0300_0000 + rd * 0x1000 + wide(imm16);
export const movt = (rd: number, imm16: number): number => AL + 0x0340_0000 + rd * 0x1000 + wide(imm16);
export const addImm = (rd: number, rn: number, imm: number): number => three(0x0280_0000, rd, rn) + modified(imm);
export const add = (rd: number, rn: number, rm: number): number => three(0x0080_0000, rd, rn) + rm;
export const sub = (rd: number, rn: number, rm: number): number => three(0x0040_0000, rd, rn) + rm;
export const and = (rd: number, rn: number, rm: number): number => three(0, rd, rn) + rm;
export const andImm = (rd: number, rn: number, imm: number): number => three(0x0200_0000, rd, rn) + modified(imm);
export const orr = (rd: number, rn: number, rm: number): number => three(0x0180_0000, rd, rn) + rm;
/** rd = rm << rs, and rm >> imm. */
export const lsl = (rd: number, rm: number, rs: number): number => AL + 0x01a0_0010 + rd * 0x1000 + rs * 0x100 + rm;
export const lsrImm = (rd: number, rm: number, imm: number): number => AL + 0x01a0_0020 + rd * 0x1000 + imm * 0x80 + rm;
export const cmp = (rn: number, rm: number, condition: Condition = 'al'): number => conditions[condition] * 2 ** 28 + 0x0150_0000 + rn * 0x1_0000 + rm;
export const cmpImm = (rn: number, imm: number): number => AL + 0x0350_0000 + rn * 0x1_0000 + modified(imm);
export const ldr = (rt: number, rn: number, offset = 0): number => three(0x0590_0000, rt, rn) + offset12(offset);
export const str = (rt: number, rn: number, offset = 0): number => three(0x0580_0000, rt, rn) + offset12(offset);
export const ldrH = (rt: number, rn: number): number => three(0x01d0_00b0, rt, rn);
/** LDMIA and STMIA with write-back. */
export const ldm = (rn: number, registers: readonly number[]): number => AL + 0x08b0_0000 + rn * 0x1_0000 + list(registers);
export const stm = (rn: number, registers: readonly number[]): number => AL + 0x08a0_0000 + rn * 0x1_0000 + list(registers);
export const b = (displacement: number, condition: Condition): number =>
  conditions[condition] * 2 ** 28 + 0x0a00_0000 + (((displacement - 8) >> 2) & 0xff_ffff);
export const svc = (): number => 0xef00_0000;
export const udf = (): number => 0xe7f0_00f0;
export const clrex = (): number => 0xf57f_f01f;
/** MCR to TPIDRURW. */
export const setTPIDRURW = (rt: number): number => 0xee0d_0f50 + rt * 0x1000;

/** Words in order, with branches to labels that are filled in at the end. */
export class Assembler {
  private readonly start: number;
  private readonly words: (number | (() => number))[] = [];
  private readonly labels = new Map<string, number>();

  constructor(start: number) { this.start = start; }

  emit(...words: number[]): void { this.words.push(...words); }
  label(name: string): void { this.labels.set(name, this.words.length * 4); }
  address(name: string): number { return this.start + this.labels.get(name)!; }
  jump(to: string): void { this.jumpIf('al', to); }
  jumpIf(condition: Condition, to: string): void {
    const from = this.words.length * 4;
    this.words.push(() => b(this.labels.get(to)! - from, condition));
  }
  set(rd: number, value: number): void { this.emit(movw(rd, value & 0xffff), movt(rd, value >>> 16)); }
  /** Arguments are in r0 to r2; r7 is lost. */
  call(number: number): void { this.emit(movw(7, number), svc()); }
  /** So many words from where `from` points to where `to` does; both point behind them then. r5 to r12 are lost. */
  copy(to: number, from: number, words: number): void {
    const through = [5, 6, 7, 8, 9, 10, 11, 12];
    for (let left = words; left > 0; left -= through.length) {
      const registers = through.slice(0, left);
      this.emit(ldm(from, registers), stm(to, registers));
    }
  }
  finish(): Uint32Array { return Uint32Array.from(this.words, w => (typeof w === 'number' ? w : w())); }
}
