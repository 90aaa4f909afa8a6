/** Traps and system calls: Power ISA Book I, 2.6.1 and 3.3.11. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Int } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { InterruptEvent, trap } from '../interrupt.ts';
import { r } from '../names.ts';
import { fixed, GPR } from '../pseudocode.ts';

const raiseTrap = defineHelper('trap', [], 'void', { raises: 'always' }, () => { throw trap(); });

// What the bits of TO ask for.
const LESS = 16;
const GREATER = 8;
const EQUAL = 4;
const LESS_UNSIGNED = 2;
const GREATER_UNSIGNED = 1;
const EVERY = 31;

function trapIf(b: Builder, TO: number, x: Int, y: Int): void {
  const asked: I32[] = [];
  if (TO & LESS) asked.push(b.ltS<Int>(x, y));
  if (TO & GREATER) asked.push(b.ltS<Int>(y, x));
  if (TO & EQUAL) asked.push(b.eq<Int>(x, y));
  if (TO & LESS_UNSIGNED) asked.push(b.ltU<Int>(x, y));
  if (TO & GREATER_UNSIGNED) asked.push(b.ltU<Int>(y, x));
  if (TO === EVERY) b.call(raiseTrap);
  else if (asked.length > 0) b.when(asked.reduce((any, one) => b.or(any, one)), () => { b.call(raiseTrap); });
}

const names: Readonly<Record<number, string>> = {
  1: 'lgt', 2: 'llt', 4: 'eq', 5: 'lge', 6: 'lle', 8: 'gt', 12: 'ge', 16: 'lt', 20: 'le', 24: 'ne',
};
/** `t` and the width, the condition, and `i`; where TO has no name it is an operand. */
function text(width: 'w' | 'd', TO: number, immediate: string, operands: string): string {
  const name = TO === EVERY ? 'u' : names[TO];
  return name ? `t${width}${name}${immediate}\t${operands}` : `t${width}${immediate}\t${TO},${operands}`;
}

function byRegister(width: 'w' | 'd', XO: number, of: (b: Builder, x: I64) => Int): Insn {
  return insn(`t${width}`, `011111 TO!5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...(width === 'd' && { feature: '64' }),
    asm: f => (width === 'w' && f.TO === EVERY && f.RA === 0 && f.RB === 0 ? 'trap' : text(width, f.TO, '', `${r(f.RA)},${r(f.RB)}`)),
    exec: (b, f) => trapIf(b, f.TO, of(b, GPR(b, f.RA)), of(b, GPR(b, f.RB))),
  });
}

function byImmediate(width: 'w' | 'd', opcode: number, of: (b: Builder, x: I64) => Int): Insn {
  return insn(`t${width}i`, `${fixed(opcode, 6)} TO!5 RA:5 SI:16`, {
    ...(width === 'd' && { feature: '64' }),
    derive: f => ({ immediate: signExtend(f.SI, 16) }),
    asm: f => text(width, f.TO, 'i', `${r(f.RA)},${signExtend(f.SI, 16)}`),
    exec: (b, f) => trapIf(b, f.TO, of(b, GPR(b, f.RA)), of(b, b.extS(b.operand(f.immediate)))),
  });
}

const systemCall = defineHelper('sc', ['i32', 'i32'], 'void', { touches: 'all', raises: 'always' }, (_cpu, level, vectored) => {
  throw new InterruptEvent({ kind: 'System Call', level: Number(level), vectored: vectored === 1n });
});

const sc = insn('sc', '010001 00000 00000 0000 LEV:7 000 1 0', {
  asm: f => (f.LEV === 0 ? 'sc' : `sc\t${f.LEV}`),
  exec: (b, f) => b.call(systemCall, b.operand(f.LEV), b.i32(0)),
});

const scv = insn('scv', '010001 00000 00000 0000 LEV:7 000 0 1', {
  feature: '3.0',
  asm: f => `scv\t${f.LEV}`,
  exec: (b, f) => b.call(systemCall, b.operand(f.LEV), b.i32(1)),
});

const word = (b: Builder, x: I64): Int => b.wrap(x);
const doubleword = (_b: Builder, x: I64): Int => x;

export const traps: readonly Insn[] = [
  byRegister('w', 4, word), byRegister('d', 68, doubleword),
  byImmediate('w', 3, word), byImmediate('d', 2, doubleword),
  sc, scv,
];
