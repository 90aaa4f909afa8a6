/** `--stats` on floating point: what generated code did itself, what helpers did on the host's arithmetic, what went to software. */
import { expect, test } from 'vitest';
import { Assembler, word } from './assembler.ts';
import { CODE, Rig, tiers, VECTORS } from './rig.ts';

const IXC = 1 << 4;
const UPWARDS = 1 << 22;
const FZ = 1 << 24;
const ONE = 0x3ff0_0000_0000_0000n;
const THIRD = 0x3fd5_5555_5555_5555n;

test.each([
  ['inexact reported already', 0, IXC, 0, 0],
  ['inexact to be reported', 0, 0, 1, 0],
  ['flushing', FZ, IXC, 1, 0],
  ['rounding upwards', UPWARDS, IXC, 1, 0],
])('FADD, %s', (_what, FPCR, FPSR, helpers, software) => {
  const [, tier] = tiers[0]!;
  const r = new Rig(tier);
  r.load(new Assembler(CODE).raw(word('FADD (scalar, 64)', { Rd: 2, Rn: 0, Rm: 1 })).hvc(1));
  Object.assign(r.state, { FPCR, FPSR });
  r.cpu.guest.fpChanged();
  r.state.v[0] = ONE;
  r.state.v[2] = THIRD;
  expect(r.toExit()).toBe('hvc 1');
  expect(r.v(2)).toBe(FPCR === UPWARDS ? 0x3ff5_5555_5555_5556n : 0x3ff5_5555_5555_5555n);
  expect(r.state.FPSR).toBe(IXC);
  expect(r.engine.helperCalls()).toMatchObject({ 'floating-point operations in helpers': helpers, 'floating-point operations in software': software });
});

const SCTLR_M = 1n;
const FROM_EL0 = 0x400;

test.each([
  ['numbers', ONE, THIRD, 0x3ff5_5555_5555_5555n, 0],
  ['zeros', 0n, 0n, 0n, 0],
  ['a subnormal operand', 1n, ONE, ONE, 1],
  ['a subnormal result', 0x10_0000_0000_0001n, 0x8010_0000_0000_0000n, 0n, 1],
])('user code that flushes is translated for that: %s', (_what, x, y, sum, helpers) => {
  const [, tier] = tiers[0]!;
  const r = new Rig(tier);
  r.load(new Assembler(CODE).raw(word('FADD (scalar, 64)', { Rd: 2, Rn: 0, Rm: 2 })).hvc(1));
  r.load(new Assembler(VECTORS + FROM_EL0).hvc(2), false);
  r.state.SCTLR_EL1 &= ~SCTLR_M;
  r.state.CPACR_EL1 = 3n << 20n;
  Object.assign(r.state, { FPCR: FZ, FPSR: IXC, currentEL: 0, SPSel: 0 });
  r.cpu.guest.stateChanged();
  r.state.v[0] = x;
  r.state.v[4] = y;
  // There is no HVC at EL0.
  expect(r.toExit()).toBe('hvc 2');
  expect(r.v(2)).toBe(sum);
  expect(r.engine.helperCalls()).toMatchObject({ 'floating-point operations in helpers': helpers, 'floating-point operations in software': 0 });
});
