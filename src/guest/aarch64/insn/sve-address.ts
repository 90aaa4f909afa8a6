/** SVE indices and addresses: INDEX, ADR, ADDVL, ADDPL, RDVL (DDI 0487, C4.1 "SVE Index Generation", "SVE Stack Allocation", "SVE Address Generation", C8.2). */
import type { Builder, I64, Lane, Operand, V128 } from '../../../isa/builder.ts';
import { signExtend } from '../../../base/bits.ts';
import type { Insn } from '../../../isa/insn.ts';
import { reg, regSP } from '../names.ts';
import { setV, setX, setXorSP, signedOffset, V, X, XorSP } from '../pseudocode.ts';
import { laneOf, shiftLeft } from '../simd/lanes.ts';
import { extendLow, multiply } from '../sve/integer.ts';
import { z } from '../sve/names.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** 0, 1, 2 … in the elements. */
function numbers(lane: Lane): bigint {
  let all = 0n;
  for (let i = 0; i < 128 / lane; i++) all |= BigInt(i) << BigInt(i * lane);
  return all;
}

const series = (b: Builder, lane: Lane, base: I64, step: I64): V128 =>
  b.vadd(lane, b.vsplat(lane, base), multiply(b, lane, b.v128(numbers(lane)), b.vsplat(lane, step)));

/** An immediate or a register as a number, and as it is written. */
interface Source {
  readonly name: string;
  readonly derive: (field: number) => number;
  readonly value: (b: Builder, o: Operand) => I64;
  readonly asm: (size: number, field: number) => string;
}
const immediate: Source = { name: 'immediate', derive: n => signExtend(n, 5), value: signedOffset, asm: (_size, n) => `#${signExtend(n, 5)}` };
const scalar: Source = { name: 'scalar', derive: n => n, value: (b, o) => X(b, o, 64), asm: (size, n) => reg(size === 3 ? 1 : 0, n) };

const index = (opcode: string, first: Source, second: Source): Insn =>
  sveInsn(`INDEX (${first.name}, ${second.name})`, `00000100 size!2 1 step:5 0100 ${fixed(opcode)} base:5 Zd:5`, {
    derive: f => ({ from: first.derive(f.base), by: second.derive(f.step) }),
    asm: f => `index\t${z(f.size, f.Zd)}, ${first.asm(f.size, f.base)}, ${second.asm(f.size, f.step)}`,
    exec: (b, f) => setV(b, f.Zd, series(b, laneOf(f.size), first.value(b, f.from), second.value(b, f.by))),
  });

const addressed = (f: { readonly size: number; readonly Zn: number; readonly Zm: number; readonly msz: number }, extend: string): string => {
  const how = f.msz === 0 ? extend : `${extend || 'lsl'} #${f.msz}`;
  return `[${[z(f.size, f.Zn), z(f.size, f.Zm), ...(how === '' ? [] : [how])].join(', ')}]`;
};

const adr = (name: string, opc: string, size: number, extend: string, offset: (b: Builder, m: V128) => V128): Insn =>
  sveInsn(`ADR (${name})`, `00000100 ${fixed(opc)} 1 Zm:5 1010 msz!2 Zn:5 Zd:5`, {
    asm: f => `adr\t${z(size, f.Zd)}, ${addressed({ ...f, size }, extend)}`,
    exec(b, f) {
      const lane = laneOf(size);
      setV(b, f.Zd, b.vadd(lane, V(b, f.Zn), shiftLeft(b, lane, offset(b, V(b, f.Zm)), f.msz)));
    },
  });

const VECTOR_BYTES = 16;
const PREDICATE_BYTES = 2;

const addMultiple = (mnemonic: string, op: string, bytes: number): Insn =>
  sveInsn(mnemonic.toUpperCase(), `00000100 ${fixed(op)} 1 Rn:5 01010 imm6:6 Rd:5`, {
    derive: f => ({ offset: signExtend(f.imm6, 6) * bytes }),
    asm: f => `${mnemonic}\t${regSP(1, f.Rd)}, ${regSP(1, f.Rn)}, #${signExtend(f.imm6, 6)}`,
    exec: (b, f) => setXorSP(b, f.Rd, b.add(XorSP(b, f.Rn), signedOffset(b, f.offset))),
  });

export const sveAddress: readonly Insn[] = [
  index('00', immediate, immediate),
  index('01', scalar, immediate),
  index('10', immediate, scalar),
  index('11', scalar, scalar),
  adr('unpacked 32-bit signed', '00', 3, 'sxtw', (b, m) => extendLow(b, 64, false, 32, m)),
  adr('unpacked 32-bit unsigned', '01', 3, 'uxtw', (b, m) => extendLow(b, 64, true, 32, m)),
  adr('packed 32-bit', '10', 2, '', (_b, m) => m),
  adr('packed 64-bit', '11', 3, '', (_b, m) => m),
  addMultiple('addvl', '00', VECTOR_BYTES),
  addMultiple('addpl', '01', PREDICATE_BYTES),
  sveInsn('RDVL', '00000100 10 1 11111 01010 imm6:6 Rd:5', {
    derive: f => ({ bytes: signExtend(f.imm6, 6) * VECTOR_BYTES }),
    asm: f => `rdvl\t${reg(1, f.Rd)}, #${signExtend(f.imm6, 6)}`,
    exec: (b, f) => setX(b, f.Rd, signedOffset(b, f.bytes)),
  }),
];
