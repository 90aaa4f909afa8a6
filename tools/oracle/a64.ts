/**
 * The few instructions that the oracle's program is made of (ARM DDI 0487, C6.2), encoded by hand and apart from
 * src/guest, so that the oracle owes nothing to what it judges.
 */

const field = (value: number, width: number, lo: number): number => {
  if (value < 0 || value >= 2 ** width) throw new RangeError(`${value} does not fit in ${width} bits`);
  return value * 2 ** lo;
};

/** A signed displacement in units of `scale` bytes. */
function scaled(bytes: number, scale: number, width: number, lo: number): number {
  const units = bytes / scale;
  if (!Number.isInteger(units) || units < -(2 ** (width - 1)) || units >= 2 ** (width - 1)) throw new RangeError(`displacement ${bytes}`);
  return ((units + 2 ** width) % 2 ** width) * 2 ** lo;
}

export const SP = 31;
export const XZR = 31;
export const FPCR = 0xda20;
export const FPSR = 0xda21;
export const NZCV = 0xda10;
export const TPIDR_EL0 = 0xde82;
export const conditions = { eq: 0, ne: 1, hs: 2, lo: 3 } as const;

export const movz = (rd: number, imm16: number, shift = 0): number => 0xd2800000 + field(shift / 16, 2, 21) + field(imm16, 16, 5) + rd;
export const movk = (rd: number, imm16: number, shift: number): number => 0xf2800000 + field(shift / 16, 2, 21) + field(imm16, 16, 5) + rd;
export const addImm = (rd: number, rn: number, imm: number): number => 0x91000000 + field(imm, 12, 10) + field(rn, 5, 5) + rd;
export const sub = (rd: number, rn: number, rm: number): number => 0xcb000000 + field(rm, 5, 16) + field(rn, 5, 5) + rd;
export const add = (rd: number, rn: number, rm: number): number => 0x8b000000 + field(rm, 5, 16) + field(rn, 5, 5) + rd;
export const and = (rd: number, rn: number, rm: number): number => 0x8a000000 + field(rm, 5, 16) + field(rn, 5, 5) + rd;
export const orr = (rd: number, rn: number, rm: number): number => 0xaa000000 + field(rm, 5, 16) + field(rn, 5, 5) + rd;
export const lslv = (rd: number, rn: number, rm: number): number => 0x9ac02000 + field(rm, 5, 16) + field(rn, 5, 5) + rd;
export const lsr = (rd: number, rn: number, shift: number): number => 0xd340fc00 + field(shift, 6, 16) + field(rn, 5, 5) + rd;
export const cmp = (rn: number, rm: number): number => 0xeb00001f + field(rm, 5, 16) + field(rn, 5, 5);
export const cmpImm = (rn: number, imm: number): number => 0xf100001f + field(imm, 12, 10) + field(rn, 5, 5);
/** CCMP (register) with NZCV 0 where the condition fails. */
export const ccmp = (rn: number, rm: number, condition: number): number =>
  0xfa400000 + field(rm, 5, 16) + field(condition, 4, 12) + field(rn, 5, 5);
export const ldr = (rt: number, rn: number, offset = 0): number => 0xf9400000 + field(offset / 8, 12, 10) + field(rn, 5, 5) + rt;
export const str = (rt: number, rn: number, offset = 0): number => 0xf9000000 + field(offset / 8, 12, 10) + field(rn, 5, 5) + rt;
export const ldp = (rt: number, rt2: number, rn: number, offset = 0): number =>
  0xa9400000 + scaled(offset, 8, 7, 15) + field(rt2, 5, 10) + field(rn, 5, 5) + rt;
export const stp = (rt: number, rt2: number, rn: number, offset = 0): number =>
  0xa9000000 + scaled(offset, 8, 7, 15) + field(rt2, 5, 10) + field(rn, 5, 5) + rt;
export const ldpQ = (rt: number, rt2: number, rn: number, offset = 0): number =>
  0xad400000 + scaled(offset, 16, 7, 15) + field(rt2, 5, 10) + field(rn, 5, 5) + rt;
export const stpQ = (rt: number, rt2: number, rn: number, offset = 0): number =>
  0xad000000 + scaled(offset, 16, 7, 15) + field(rt2, 5, 10) + field(rn, 5, 5) + rt;
/** 32 bits: LDR, STR (immediate, unsigned offset). */
export const ldrW = (rt: number, rn: number, offset = 0): number => 0xb9400000 + field(offset / 4, 12, 10) + field(rn, 5, 5) + rt;
export const strW = (rt: number, rn: number, offset = 0): number => 0xb9000000 + field(offset / 4, 12, 10) + field(rn, 5, 5) + rt;
/** 16 bits: LDRH, STRH (immediate, unsigned offset). */
export const ldrH = (rt: number, rn: number, offset = 0): number => 0x79400000 + field(offset / 2, 12, 10) + field(rn, 5, 5) + rt;
export const strH = (rt: number, rn: number, offset = 0): number => 0x79000000 + field(offset / 2, 12, 10) + field(rn, 5, 5) + rt;
export const b = (displacement: number): number => 0x14000000 + scaled(displacement, 4, 26, 0);
export const bCond = (condition: number, displacement: number): number => 0x54000000 + scaled(displacement, 4, 19, 5) + condition;
/** MSR and MRS; the register as the 16 bits op0:op1:CRn:CRm:op2. */
export const msr = (register: number, rt: number): number => 0xd5000000 + field(register, 16, 5) + rt;
export const mrs = (rt: number, register: number): number => 0xd5200000 + field(register, 16, 5) + rt;
/** SVE: LDR and STR (predicate) at rn plus so many predicates (up to 16), WRFFR, RDFFR (unpredicated). */
const memoryP = (opcode: number, pt: number, rn: number, index: number): number =>
  opcode + field(index >> 3, 6, 16) + field(index & 7, 3, 10) + field(rn, 5, 5) + pt;
export const ldrP = (pt: number, rn: number, index: number): number => memoryP(0x85800000, pt, rn, index);
export const strP = (pt: number, rn: number, index: number): number => memoryP(0xe5800000, pt, rn, index);
export const wrffr = (pn: number): number => 0x25289000 + field(pn, 4, 5);
export const rdffr = (pd: number): number => 0x2519f000 + pd;
export const svc = (): number => 0xd4000001;
export const clrex = (): number => 0xd5033f5f;
export const brk = (): number => 0xd4200000;
export const ret = (): number => 0xd65f03c0;
