/**
 * Loads and stores with reservation: Power ISA Book II, 4.6. The reservation keeps the address and what was read; a
 * store is performed where memory still holds that.
 */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { r, rOr0 } from '../names.ts';
import { EAx, fixed, GPR, orZero, setCRField, setGPR } from '../pseudocode.ts';
import { fields } from '../state.ts';
import { pair, setPair } from './multiple.ts';

const reserved = (b: Builder, i: number): I64 => b.getAt(fields.reserveValue, b.i32(i));

function reserve(b: Builder, address: I64, bytes: number, values: readonly I64[]): void {
  b.set(fields.reserveAddress, address);
  b.set(fields.reserveBytes, b.i32(bytes));
  values.forEach((value, i) => { b.setAt(fields.reserveValue, b.i32(i), value); });
}

const holds = (b: Builder, address: I64, bytes: number): I32 =>
  b.and(b.eq(b.get(fields.reserveAddress), address), b.eq(b.get(fields.reserveBytes), b.i32(bytes)));

/** CR0 is 0b00, whether the store was performed, and SO. */
function finish(b: Builder, stored: I32): void {
  b.set(fields.reserveAddress, b.i64(-1));
  setCRField(b, b.i32(0), b.i32(0), b.i32(0), stored);
}

/** EH is a hint. */
function load(name: string, XO: number, bytes: 1 | 2 | 4 | 8, feature?: string): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 ${fixed(XO, 10)} EH:1`, {
    ...(feature && { feature }),
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RT)},${rOr0(f.RA)},${r(f.RB)}${f.EH ? ',1' : ''}`,
    exec(b, f) {
      const address = EAx(b, f.A, f.RB);
      const data = b.load(address, bytes, { align: bytes });
      reserve(b, address, bytes, [data]);
      setGPR(b, f.RT, data);
    },
  });
}

function store(name: string, XO: number, bytes: 1 | 2 | 4 | 8, feature?: string): Insn {
  return insn(name, `011111 RS:5 RA:5 RB:5 ${fixed(XO, 10)} 1`, {
    ...(feature && { feature }),
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RS)},${rOr0(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const address = EAx(b, f.A, f.RB);
      const matches = holds(b, address, bytes);
      const expected = reserved(b, 0);
      // Without the reservation the access puts back what it finds: alignment and permission are checked all the same.
      const old = b.compareAndSwap(address, expected, b.select(matches, GPR(b, f.RS), expected), bytes, { align: bytes });
      finish(b, b.and(matches, b.eq(old, expected)));
    },
  });
}

const lqarx = insn('lqarx', '011111 RTp:5 RA:5 RB:5 0100010100 EH:1', {
  feature: '2.07',
  valid: f => f.RTp % 2 === 0 && f.RTp !== f.RA && f.RTp !== f.RB,
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `lqarx\t${r(f.RTp)},${rOr0(f.RA)},${r(f.RB)}${f.EH ? ',1' : ''}`,
  exec(b, f) {
    const address = EAx(b, f.A, f.RB);
    const data = b.loadPair(address, 8, { align: 16 });
    reserve(b, address, 16, data);
    setPair(b, f.RTp, data);
  },
});

const stqcx = insn('stqcx.', '011111 RSp:5 RA:5 RB:5 0010110110 1', {
  feature: '2.07',
  valid: f => f.RSp % 2 === 0,
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `stqcx.\t${r(f.RSp)},${rOr0(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const address = EAx(b, f.A, f.RB);
    const matches = holds(b, address, 16);
    const expected: [I64, I64] = [reserved(b, 0), reserved(b, 1)];
    const given = pair(b, f.RSp);
    const replacement: [I64, I64] = [b.select(matches, given[0], expected[0]), b.select(matches, given[1], expected[1])];
    const old = b.compareAndSwapPair(address, expected, replacement, 8, { align: 16 });
    finish(b, b.and(matches, b.and(b.eq(old[0], expected[0]), b.eq(old[1], expected[1]))));
  },
});

export const reservations: readonly Insn[] = [
  load('lbarx', 52, 1, '2.06'), load('lharx', 116, 2, '2.06'), load('lwarx', 20, 4), load('ldarx', 84, 8, '64'), lqarx,
  store('stbcx.', 694, 1, '2.06'), store('sthcx.', 726, 2, '2.06'), store('stwcx.', 150, 4), store('stdcx.', 214, 8, '64'), stqcx,
];
