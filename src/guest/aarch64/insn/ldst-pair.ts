/**
 * Loads and stores of a pair of registers: ARM DDI 0487, C4.1, "Loads and Stores".
 * CONSTRAINED UNPREDICTABLE: of two destinations that are the same the first is kept (of SIMD&FP registers the second),
 * and a base that is written back keeps that value, as with QEMU.
 */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I64, Operand, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, memoryPost, memoryPre, reg, scalar } from '../names.ts';
import { setV, setX, setXorSP, signedOffset, V, X } from '../pseudocode.ts';
import { pairAccess } from './aligned.ts';
import { baseAddress } from './base-address.ts';
import { fpInsn } from './fp-access.ts';

/** Bits 24..23. LDNP and STNP (no allocate) are an offset with a hint. */
const POST = 1;
const PRE = 3;

/** The address, and the value that is written back to the base. */
function pairAddress(b: Builder, index: number, Rn: Operand, offset: Operand): [address: I64, base: I64] {
  const base = baseAddress(b, Rn);
  const moved = b.add(base, signedOffset(b, offset));
  return [index === POST ? base : moved, moved];
}

function writeBack(b: Builder, index: number, Rn: Operand, base: I64): void {
  if (index === POST || index === PRE) setXorSP(b, Rn, base);
}

function pairMemory(index: number, Rn: number, offset: number): string {
  return index === POST ? memoryPost(Rn, offset) : index === PRE ? memoryPre(Rn, offset) : memory(Rn, offset);
}

const pairName = (index: number, L: number): string => `${L ? 'ld' : 'st'}${index === 0 ? 'np' : 'p'}`;
const pairOffset = (imm7: number, scale: number): number => signExtend(imm7, 7) * (1 << scale);

const LDP = insn('LDP/STP', 'sf!1 0 101 0 0 index!2 L!1 imm7:7 Rt2:5 Rn:5 Rt:5', {
  derive: f => ({ offset: pairOffset(f.imm7, 2 + f.sf) }),
  asm: f => `${pairName(f.index, f.L)}\t${reg(f.sf, f.Rt)}, ${reg(f.sf, f.Rt2)}, ` +
    pairMemory(f.index, f.Rn, pairOffset(f.imm7, 2 + f.sf)),
  exec(b, f) {
    const bytes = f.sf ? 8 : 4;
    const [address, base] = pairAddress(b, f.index, f.Rn, f.offset);
    if (f.L) {
      const [first, second] = b.loadPair(address, bytes, pairAccess(b));
      setX(b, f.Rt2, second);
      setX(b, f.Rt, first);
    } else {
      b.storePair(address, X(b, f.Rt, 64), X(b, f.Rt2, 64), bytes, pairAccess(b));
    }
    writeBack(b, f.index, f.Rn, base);
  },
});

const LDPSW = insn('LDPSW', '01 101 0 0 index!2 1 imm7:7 Rt2:5 Rn:5 Rt:5', {
  valid: f => f.index !== 0,
  derive: f => ({ offset: pairOffset(f.imm7, 2) }),
  asm: f => `ldpsw\t${reg(1, f.Rt)}, ${reg(1, f.Rt2)}, ${pairMemory(f.index, f.Rn, pairOffset(f.imm7, 2))}`,
  exec(b, f) {
    const [address, base] = pairAddress(b, f.index, f.Rn, f.offset);
    const [first, second] = b.loadPair(address, 4, pairAccess(b));
    setX(b, f.Rt2, b.signExtend(second, 32));
    setX(b, f.Rt, b.signExtend(first, 32));
    writeBack(b, f.index, f.Rn, base);
  },
});

const LDP_V = fpInsn('LDP/STP (SIMD&FP)', 'opc!2 101 1 0 index!2 L!1 imm7:7 Rt2:5 Rn:5 Rt:5', {
  valid: f => f.opc !== 3,
  derive: f => ({ offset: pairOffset(f.imm7, 2 + f.opc) }),
  asm: f => `${pairName(f.index, f.L)}\t${scalar(2 + f.opc, f.Rt)}, ${scalar(2 + f.opc, f.Rt2)}, ` +
    pairMemory(f.index, f.Rn, pairOffset(f.imm7, 2 + f.opc)),
  exec(b, f) {
    const [address, base] = pairAddress(b, f.index, f.Rn, f.offset);
    if (f.L) {
      const [first, second] = loadPairV(b, address, f.opc);
      setV(b, f.Rt, first);
      setV(b, f.Rt2, second);
    } else {
      storePairV(b, address, V(b, f.Rt), V(b, f.Rt2), f.opc);
    }
    writeBack(b, f.index, f.Rn, base);
  },
});

function loadPairV(b: Builder, address: I64, opc: number): [V128, V128] {
  if (opc === 2) return [b.loadV(address, 16), b.loadV(b.add(address, b.i64(16)), 16)];
  const [first, second] = b.loadPair(address, opc ? 8 : 4, pairAccess(b));
  const zero = b.v128(0n);
  return [b.vset(64, zero, 0, first), b.vset(64, zero, 0, second)];
}

function storePairV(b: Builder, address: I64, first: V128, second: V128, opc: number): void {
  if (opc === 2) {
    b.storeV(address, first, 16);
    b.storeV(b.add(address, b.i64(16)), second, 16);
  } else {
    b.storePair(address, b.vget(64, first, 0), b.vget(64, second, 0), opc ? 8 : 4, pairAccess(b));
  }
}

export const loadStorePair: readonly Insn[] = [LDP, LDPSW, LDP_V];
