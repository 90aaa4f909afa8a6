/** Data processing (immediate): ARM DDI 0487, C4.1, "Data Processing -- Immediate". */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, Int } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { DecodeBitMasks, MoveWidePreferred } from '../bitmask.ts';
import { hex, reg, regSP, target } from '../names.ts';
import { immediate, setNZCV, setX, setXorSP, signedOffset, X, XorSP } from '../pseudocode.ts';
import { addOrSub } from './add-sub.ts';
import { bitfieldAlias } from './bitfield-alias.ts';

const ADR = insn('ADR/ADRP', 'op!1 immlo:2 10000 immhi:19 Rd:5', {
  derive: f => ({ imm: signExtend((f.immhi << 2) | f.immlo, 21) }),
  asm(f, pc) {
    const imm = signExtend((f.immhi << 2) | f.immlo, 21);
    const to = f.op ? target(pc & ~0xfffn, BigInt(imm) << 12n) : target(pc, imm);
    return `${f.op ? 'adrp' : 'adr'}\t${reg(1, f.Rd)}, ${to}`;
  },
  exec(b, f) {
    const imm = signedOffset(b, f.imm);
    setX(b, f.Rd, f.op ? b.add(b.and(b.pc(), b.i64(-4096)), b.shl(imm, b.i32(12))) : b.add(b.pc(), imm));
  },
});

const ADD_SUB_immediate = insn('ADD/SUB (immediate)', 'sf!1 op!1 S!1 100010 sh:1 imm12:12 Rn:5 Rd:5', {
  derive: f => ({ imm: f.imm12 << (f.sh * 12) }),
  asm(f) {
    const source = regSP(f.sf, f.Rn);
    const imm = hex(f.imm12) + (f.sh ? ', lsl #12' : '');
    if (f.S && f.Rd === 31) return `${f.op ? 'cmp' : 'cmn'}\t${source}, ${imm}`;
    if (f.S) return `${f.op ? 'subs' : 'adds'}\t${reg(f.sf, f.Rd)}, ${source}, ${imm}`;
    const isMove = !f.op && f.imm12 === 0 && !f.sh && (f.Rd === 31 || f.Rn === 31);
    return isMove ? `mov\t${regSP(f.sf, f.Rd)}, ${source}` : `${f.op ? 'sub' : 'add'}\t${regSP(f.sf, f.Rd)}, ${source}, ${imm}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const source = XorSP(b, f.Rn);
    const operand1: Int = f.sf ? source : b.wrap(source);
    const operand2 = immediate(b, f.imm, n);
    addOrSub(b, f, operand1, operand2, setXorSP);
  },
});

const logicalNames = ['and', 'orr', 'eor', 'ands'] as const;

const LOGICAL_immediate = insn('logical (immediate)', 'sf!1 opc!2 100100 N:1 immr:6 imms:6 Rn:5 Rd:5', {
  valid: f => (f.sf === 1 || f.N === 0) && DecodeBitMasks(f.N, f.imms, f.immr) !== undefined,
  derive: f => ({ imm: DecodeBitMasks(f.N, f.imms, f.immr) as bigint }),
  asm(f) {
    const width = f.sf ? 64 : 32;
    const value = BigInt.asUintN(width, DecodeBitMasks(f.N, f.imms, f.immr) as bigint);
    const imm = hex(value);
    if (f.opc === 3 && f.Rd === 31) return `tst\t${reg(f.sf, f.Rn)}, ${imm}`;
    const Rd = f.opc === 3 ? reg(f.sf, f.Rd) : regSP(f.sf, f.Rd);
    if (f.opc === 1 && f.Rn === 31 && (f.Rd === 31 || !MoveWidePreferred(value, width))) return `mov\t${Rd}, ${imm}`;
    return `${logicalNames[f.opc]}\t${Rd}, ${reg(f.sf, f.Rn)}, ${imm}`;
  },
  exec(b, f) {
    const x: Int = X(b, f.Rn, f.sf ? 64 : 32);
    const imm: Int = f.sf ? f.imm : b.wrap(f.imm);
    const result = f.opc === 1 ? b.or(x, imm) : f.opc === 2 ? b.xor(x, imm) : b.and(x, imm);
    if (f.opc === 3) {
      setX(b, f.Rd, result);
      setNZCV(b, b.nzcvOfLogic(result));
    } else {
      setXorSP(b, f.Rd, result);
    }
  },
});

const MOVE_WIDE = insn('move wide (immediate)', 'sf!1 opc!2 100101 hw:2 imm16:16 Rd:5', {
  valid: f => f.opc !== 1 && (f.sf === 1 || f.hw < 2),
  derive: f => ({ position: f.hw * 16 }),
  asm(f) {
    const Rd = reg(f.sf, f.Rd);
    const plain = `${['movn', '', 'movz', 'movk'][f.opc]}\t${Rd}, ${hex(f.imm16)}${f.hw ? `, lsl #${f.hw * 16}` : ''}`;
    // The alias MOV is for what MOVZ, and then MOVN, is the one way to write.
    if (f.opc === 3 || (f.imm16 === 0 && f.hw !== 0) || (f.opc === 0 && !f.sf && f.imm16 === 0xffff)) return plain;
    const value = BigInt(f.imm16) << BigInt(f.hw * 16);
    return `mov\t${Rd}, ${hex(BigInt.asUintN(f.sf ? 64 : 32, f.opc === 0 ? ~value : value))}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const position = b.operand(f.position);
    const value: Int = b.shl(immediate(b, f.imm16, n), position);
    if (f.opc === 3) {
      const hole = b.shl<Int>(f.sf ? b.i64(0xffff) : b.i32(0xffff), position);
      setX(b, f.Rd, b.or(b.and(X(b, f.Rd, n), b.not(hole)), value));
    } else {
      setX(b, f.Rd, f.opc === 0 ? b.not(value) : value);
    }
  },
});

const BITFIELD = insn('bitfield', 'sf!1 opc!2 100110 N:1 immr:6 imms:6 Rn:5 Rd:5', {
  valid: f => f.opc !== 3 && f.N === f.sf && (f.sf === 1 || (f.immr < 32 && f.imms < 32)),
  // The field goes to the top of the register and from there down to its place: both directions of the bitfield
  // moves are these two shifts.
  derive(f) {
    const top = f.sf ? 63 : 31;
    return { left: top - f.imms, right: (f.immr + top - f.imms) & top };
  },
  asm: f => bitfieldAlias(f.sf, f.opc, f.immr, f.imms, f.Rn, f.Rd),
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const left = b.operand(f.left);
    const right = b.operand(f.right);
    const atTop = b.shl<Int>(X(b, f.Rn, n), left);
    const field = f.opc === 0 ? b.shrS(atTop, right) : b.shrU(atTop, right);
    setX(b, f.Rd, f.opc === 1 ? insert(b, field, X(b, f.Rd, n), left, right) : field);
  },
});

/** `field`, with the bits beside it from `around`. */
function insert(b: Builder, field: Int, around: Int, left: I32, right: I32): Int {
  const ones: Int = b.width(field) === 64 ? b.i64(-1) : b.i32(-1);
  const mask = b.shrU(b.shl(ones, left), right);
  return b.or(b.and(around, b.not(mask)), field);
}

const EXTR = insn('EXTR', 'sf!1 00 100111 N:1 0 Rm:5 imms:6 Rn:5 Rd:5', {
  valid: f => f.N === f.sf && (f.sf === 1 || f.imms < 32),
  derive: f => ({ left: (f.sf ? 63 : 31) - f.imms }),
  asm: f =>
    f.Rn === f.Rm
      ? `ror\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, #${f.imms}`
      : `extr\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}, #${f.imms}`,
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    // Two steps to the left, because for imms = 0 the whole of Rn is shifted out.
    const high: Int = b.shl(b.shl(X(b, f.Rn, n), b.i32(1)), b.operand(f.left));
    setX(b, f.Rd, b.or(high, b.shrU(X(b, f.Rm, n), b.operand(f.imms))));
  },
});

export const dataProcessingImmediate: readonly Insn[] = [ADR, ADD_SUB_immediate, LOGICAL_immediate, MOVE_WIDE, BITFIELD, EXTR];
