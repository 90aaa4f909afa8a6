/** Programs for bare-metal tests, put together from the instruction table that decodes them. */
import { insns } from '../../src/guest/aarch64/insns.ts';
import { encode, type RawFields } from '../../src/isa/insn.ts';

const byName = new Map(insns.map(i => [i.name, i]));

/** The word of the named instruction. Throws a RangeError for a name or fields that there is no instruction of. */
export function word(name: string, fields: RawFields = {}): number {
  const insn = byName.get(name);
  if (!insn) throw new RangeError(`no instruction '${name}'`);
  if (!insn.valid(fields)) throw new RangeError(`${name} is not valid with ${JSON.stringify(fields)}`);
  return encode(insn, fields);
}

export const XZR = 31;
export const SP = 31;
export const EQ = 0;
export const NE = 1;

type Index = 'post' | 'offset' | 'pre';
const pairIndex = { post: 1, offset: 2, pre: 3 } as const;
const LOAD = 1;
const STORE = 0;

type Register = readonly [op0: number, op1: number, CRn: number, CRm: number, op2: number];
export const CNTKCTL_EL1: Register = [3, 0, 14, 1, 0];
/** No register of the architecture's: the platform answers for it. */
export const PLATFORM: Register = [3, 7, 11, 0, 0];

export class Assembler {
  readonly base: number;
  private readonly pieces: (number | (() => number))[] = [];
  private readonly labels = new Map<string, number>();

  constructor(base: number) {
    this.base = base;
  }

  get here(): number {
    return this.base + this.pieces.length * 4;
  }

  /** Address of a label. Throws a RangeError where it was never placed. */
  at(label: string): number {
    const at = this.labels.get(label);
    if (at === undefined) throw new RangeError(`no label '${label}'`);
    return at;
  }

  words(): number[] {
    return this.pieces.map(p => (typeof p === 'number' ? p : p()));
  }

  label(name: string): this {
    this.labels.set(name, this.here);
    return this;
  }

  /** A label of other code. */
  place(name: string, address: number): this {
    this.labels.set(name, address);
    return this;
  }

  /** Zeros up to an address. */
  org(address: number): this {
    if (address < this.here) throw new RangeError(`0x${address.toString(16)} is behind us`);
    while (this.here < address) this.pieces.push(0);
    return this;
  }

  raw(...words: number[]): this {
    this.pieces.push(...words);
    return this;
  }

  private put(name: string, fields: RawFields = {}): this {
    return this.raw(word(name, fields));
  }

  private toLabel(name: string, field: string, label: string, fields: RawFields = {}): this {
    const from = this.here;
    this.pieces.push(() => word(name, { ...fields, [field]: (this.at(label) - from) / 4 }));
    return this;
  }

  // ---- branches
  b(label: string): this { return this.toLabel('B/BL', 'imm26', label); }
  bl(label: string): this { return this.toLabel('B/BL', 'imm26', label, { op: 1 }); }
  bCond(cond: number, label: string): this { return this.toLabel('B.cond', 'imm19', label, { cond }); }
  cbz(Rt: number, label: string): this { return this.toLabel('CBZ/CBNZ', 'imm19', label, { sf: 1, op: 0, Rt }); }
  cbnz(Rt: number, label: string): this { return this.toLabel('CBZ/CBNZ', 'imm19', label, { sf: 1, op: 1, Rt }); }
  br(Rn: number): this { return this.put('BR/BLR/RET', { opc: 0, Rn }); }
  blr(Rn: number): this { return this.put('BR/BLR/RET', { opc: 1, Rn }); }
  ret(): this { return this.put('BR/BLR/RET', { opc: 2, Rn: 30 }); }

  // ---- data processing
  /** Any 64-bit constant: one to four instructions. */
  mov(Rd: number, value: bigint | number): this {
    const bits = BigInt.asUintN(64, BigInt(value));
    const halves = [0, 1, 2, 3].filter(hw => (bits >> BigInt(16 * hw)) & 0xffffn);
    (halves.length ? halves : [0]).forEach((hw, n) => {
      this.put('move wide (immediate)', { sf: 1, opc: n === 0 ? 2 : 3, hw, imm16: Number((bits >> BigInt(16 * hw)) & 0xffffn), Rd });
    });
    return this;
  }
  /** Address of a label, in two instructions. */
  adr(Rd: number, label: string): this {
    for (const hw of [0, 1]) {
      this.pieces.push(() => word('move wide (immediate)', { sf: 1, opc: hw ? 3 : 2, hw, imm16: (this.at(label) >>> (16 * hw)) & 0xffff, Rd }));
    }
    return this;
  }
  add(Rd: number, Rn: number, imm12: number): this { return this.put('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn, Rd }); }
  sub(Rd: number, Rn: number, imm12: number): this { return this.put('ADD/SUB (immediate)', { sf: 1, op: 1, S: 0, imm12, Rn, Rd }); }
  subs(Rd: number, Rn: number, imm12: number): this { return this.put('ADD/SUB (immediate)', { sf: 1, op: 1, S: 1, imm12, Rn, Rd }); }
  addReg(Rd: number, Rn: number, Rm: number): this { return this.put('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm, Rn, Rd }); }
  addsReg(Rd: number, Rn: number, Rm: number): this { return this.put('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 1, shift: 0, Rm, Rn, Rd }); }
  adc(Rd: number, Rn: number, Rm: number): this { return this.put('ADC/SBC', { sf: 1, op: 0, S: 0, Rm, Rn, Rd }); }
  eor(Rd: number, Rn: number, Rm: number, ror = 0): this {
    return this.put('logical (shifted register)', { sf: 1, opc: 2, shift: 3, N: 0, Rm, imm6: ror, Rn, Rd });
  }
  madd(Rd: number, Rn: number, Rm: number, Ra: number): this { return this.put('MADD/MSUB', { sf: 1, o0: 0, Rm, Ra, Rn, Rd }); }
  nop(): this { return this.put('HINT'); }

  // ---- memory; `size` is log2 of the bytes
  ldr(Rt: number, Rn: number, offset = 0, size = 3): this {
    return this.put('LDR/STR (unsigned offset)', { size, opc: LOAD, imm12: offset >> size, Rn, Rt });
  }
  str(Rt: number, Rn: number, offset = 0, size = 3): this {
    return this.put('LDR/STR (unsigned offset)', { size, opc: STORE, imm12: offset >> size, Rn, Rt });
  }
  ldrs(Rt: number, Rn: number, size: number, wide = true): this {
    return this.put('LDR/STR (unsigned offset)', { size, opc: wide ? 2 : 3, imm12: 0, Rn, Rt });
  }
  ldrIndexed(index: 'pre' | 'post', Rt: number, Rn: number, imm9: number, size = 3): this {
    return this.put(`LDR/STR (${index}-index)`, { size, opc: LOAD, imm9, Rn, Rt });
  }
  strIndexed(index: 'pre' | 'post', Rt: number, Rn: number, imm9: number, size = 3): this {
    return this.put(`LDR/STR (${index}-index)`, { size, opc: STORE, imm9, Rn, Rt });
  }
  ldur(Rt: number, Rn: number, imm9: number, size = 3): this { return this.put('LDUR/STUR', { size, opc: LOAD, imm9, Rn, Rt }); }
  stur(Rt: number, Rn: number, imm9: number, size = 3): this { return this.put('LDUR/STUR', { size, opc: STORE, imm9, Rn, Rt }); }
  ldp(Rt: number, Rt2: number, Rn: number, offset = 0, index: Index = 'offset'): this {
    return this.put('LDP/STP', { sf: 1, index: pairIndex[index], L: LOAD, imm7: offset / 8, Rt2, Rn, Rt });
  }
  stp(Rt: number, Rt2: number, Rn: number, offset = 0, index: Index = 'offset'): this {
    return this.put('LDP/STP', { sf: 1, index: pairIndex[index], L: STORE, imm7: offset / 8, Rt2, Rn, Rt });
  }
  ldrQ(Rt: number, Rn: number, offset = 0): this {
    return this.put('LDR/STR (unsigned offset, SIMD&FP)', { size: 0, opc: 3, imm12: offset / 16, Rn, Rt });
  }
  strQ(Rt: number, Rn: number, offset = 0): this {
    return this.put('LDR/STR (unsigned offset, SIMD&FP)', { size: 0, opc: 2, imm12: offset / 16, Rn, Rt });
  }
  ldrQIndexed(index: 'pre' | 'post', Rt: number, Rn: number, imm9: number): this {
    return this.put(`LDR/STR (${index}-index, SIMD&FP)`, { size: 0, opc: 3, imm9, Rn, Rt });
  }
  ldpQ(Rt: number, Rt2: number, Rn: number, offset = 0): this {
    return this.put('LDP/STP (SIMD&FP)', { opc: 2, index: 2, L: LOAD, imm7: offset / 16, Rt2, Rn, Rt });
  }
  ldadd(Rs: number, Rt: number, Rn: number): this { return this.put('LD<OP>/ST<OP>', { size: 3, Rs, opc: 0, Rn, Rt }); }

  // ---- system
  svc(imm16 = 0): this { return this.put('SVC', { imm16 }); }
  hvc(imm16 = 0): this { return this.put('HVC', { imm16 }); }
  smc(imm16 = 0): this { return this.put('SMC', { imm16 }); }
  brk(imm16 = 0): this { return this.put('BRK', { imm16 }); }
  udf(): this { return this.put('UDF'); }
  eret(): this { return this.put('ERET'); }
  isb(): this { return this.put('ISB', { CRm: 15 }); }
  wfi(): this { return this.put('WFI'); }
  daifSet(CRm: number): this { return this.put('MSR DAIFSet', { CRm }); }
  daifClr(CRm: number): this { return this.put('MSR DAIFClr', { CRm }); }
  mrsNamed(name: 'ELR_EL1' | 'ESR_EL1' | 'FAR_EL1' | 'SPSR_EL1', Rt: number): this { return this.put(`MRS ${name}`, { Rt }); }
  msrNamed(name: 'ELR_EL1' | 'SPSR_EL1', Rt: number): this { return this.put(`MSR ${name}`, { Rt }); }
  mrs(Rt: number, r: Register): this { return this.put('MRS', { o0: r[0] - 2, op1: r[1], CRn: r[2], CRm: r[3], op2: r[4], Rt }); }
  msr(r: Register, Rt: number): this { return this.put('MSR (register)', { o0: r[0] - 2, op1: r[1], CRn: r[2], CRm: r[3], op2: r[4], Rt }); }
  tlbiAll(): this { return this.put('SYS', { op1: 0, CRn: 8, CRm: 7, op2: 0, Rt: 31 }); }
  fmovToV(Vd: number, Rn: number): this { return this.put('FMOV (64-bit general to 64-bit float)', { Rn, Rd: Vd }); }
}
