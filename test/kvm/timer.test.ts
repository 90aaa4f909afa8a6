/** The generic timers with a clock that stands still: reference C1.6, timer rules. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { MockClock } from '../../src/base/clock.ts';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import { CNTFRQ, Timers } from '../../src/kvm/arm64/timer.ts';
import { PHYSICAL_PPI, VIRTUAL_PPI, VmTimers } from '../../src/kvm/arm64/vmtimers.ts';

const names = {
  CNTFRQ: [0, 0], CNTPCT: [0, 1], CNTVCT: [0, 2], CNTP_TVAL: [2, 0], CNTP_CTL: [2, 1], CNTP_CVAL: [2, 2],
  CNTV_TVAL: [3, 0], CNTV_CTL: [3, 1], CNTV_CVAL: [3, 2],
} as const;
type Name = keyof typeof names;

function setup() {
  const clock = new MockClock();
  const arena = new Arena(1 << 16, true);
  const lines = new Map<number, boolean>();
  const deadlines: (bigint | undefined)[] = [];
  const shared = new VmTimers(arena);
  const timers = new Timers(arena, clock, shared, (which, level) => { lines.set(shared.ppis[which]!, level); });
  timers.setAlarm({ at: deadline => { deadlines.push(deadline); } });
  const registers = timers.registers();
  const register = (name: Name) => {
    const [CRm, op2] = names[name];
    return registers.get(sysregKey(3, 3, 14, CRm, op2))!;
  };
  return {
    clock, arena, timers, deadlines,
    get: (name: Name): bigint => register(name).read!(),
    set: (name: Name, value: bigint): void => register(name).write!(value),
    register,
    level: (intid: number): boolean => lines.get(intid) ?? false,
    ring: (): void => { Atomics.store(arena.i32, timers.expiredWord, 1); timers.poll(); },
  };
}

describe('C1.6 timer rules', () => {
  test('the counter runs at 62.5 MHz with the clock', () => {
    const t = setup();
    expect(t.get('CNTFRQ')).toBe(BigInt(CNTFRQ));
    t.clock.advance(1_000_000_000);
    expect(t.get('CNTPCT')).toBe(62_500_000n);
    expect(t.get('CNTVCT')).toBe(62_500_000n);
    expect(t.register('CNTPCT').write).toBeUndefined();
    expect(t.register('CNTFRQ').write).toBeUndefined();
  });

  test.each([['CNTV_CTL', 'CNTV_CVAL', VIRTUAL_PPI], ['CNTP_CTL', 'CNTP_CVAL', PHYSICAL_PPI]] as const)(
    '%s: the line is ISTATUS and not IMASK, a level', (CTL, CVAL, ppi) => {
      const t = setup();
      t.set(CVAL, 100n);
      expect(t.level(ppi)).toBe(false);
      t.set(CTL, 1n);
      expect(t.get(CTL)).toBe(1n);
      expect(t.level(ppi)).toBe(false);
      t.clock.advance(1599);
      t.timers.update();
      expect(t.level(ppi)).toBe(false);
      t.clock.advance(1);
      expect(t.get(CTL)).toBe(5n);
      t.timers.update();
      expect(t.level(ppi)).toBe(true);
      t.set(CTL, 3n);
      expect(t.get(CTL)).toBe(7n);
      expect(t.level(ppi)).toBe(false);
      t.set(CTL, 1n);
      expect(t.level(ppi)).toBe(true);
      t.set(CVAL, 200n);
      expect(t.get(CTL)).toBe(1n);
      expect(t.level(ppi)).toBe(false);
      t.set(CVAL, 50n);
      expect(t.level(ppi)).toBe(true);
      t.set(CTL, 0n);
      expect(t.get(CTL)).toBe(0n); // ISTATUS is UNKNOWN while disabled: 0 here
      expect(t.level(ppi)).toBe(false);
    });

  test('TVAL: a write is CVAL = count + signed 32 bits, a read what is left in 32 bits', () => {
    const t = setup();
    t.clock.advance(16_000);
    t.set('CNTV_TVAL', 500n);
    expect(t.get('CNTV_CVAL')).toBe(1500n);
    expect(t.get('CNTV_TVAL')).toBe(500n);
    t.clock.advance(16_000);
    expect(t.get('CNTV_TVAL')).toBe(0xffff_fe0cn);
    t.set('CNTV_TVAL', 0xffff_ffffn);
    expect(t.get('CNTV_CVAL')).toBe(1999n);
    t.set('CNTV_TVAL', 0xffff_ffff_8000_0000n);
    expect(t.get('CNTV_CVAL')).toBe(BigInt.asUintN(64, 2000n - 0x8000_0000n));
  });

  test('CVAL is compared unsigned in 64 bits', () => {
    const t = setup();
    t.set('CNTV_CVAL', 0xffff_ffff_ffff_ffffn);
    t.set('CNTV_CTL', 1n);
    expect(t.level(VIRTUAL_PPI)).toBe(false);
    expect(t.timers.deadline()).toBeUndefined();
  });

  test('the deadline is the first of both timers, in nanoseconds; masked and expired ones have none', () => {
    const t = setup();
    expect(t.timers.deadline()).toBeUndefined();
    t.clock.advance(7); // between two ticks
    t.set('CNTV_CVAL', 100n);
    t.set('CNTV_CTL', 1n);
    expect(t.timers.deadline()).toBe(1600n);
    t.set('CNTP_CVAL', 50n);
    t.set('CNTP_CTL', 1n);
    expect(t.timers.deadline()).toBe(800n);
    t.set('CNTP_CTL', 3n);
    expect(t.timers.deadline()).toBe(1600n);
    t.clock.advance(5000);
    expect(t.timers.deadline()).toBe(1600n); // until somebody has looked
    t.timers.update();
    expect(t.timers.deadline()).toBeUndefined();
  });

  test('the alarm is set once for a deadline, and again after it rang too early', () => {
    const t = setup();
    t.set('CNTV_CVAL', 100n);
    t.set('CNTV_CTL', 1n);
    t.timers.update();
    expect(t.deadlines).toEqual([1600n]);
    t.clock.advance(1500);
    t.ring();
    expect(t.level(VIRTUAL_PPI)).toBe(false);
    expect(t.deadlines).toEqual([1600n, 1600n]);
    t.clock.advance(100);
    t.ring();
    expect(t.level(VIRTUAL_PPI)).toBe(true);
    t.set('CNTV_CTL', 0n);
    expect(t.level(VIRTUAL_PPI)).toBe(false);
    t.set('CNTV_TVAL', 10n);
    t.set('CNTV_CTL', 1n);
    expect(t.deadlines.at(-1)).toBe(1760n);
    t.set('CNTV_CTL', 0n);
    expect(t.deadlines.at(-1)).toBeUndefined();
  });

  test('setCounter moves one counter and its timer, not the other', () => {
    const t = setup();
    t.clock.advance(1600);
    t.timers.setCounter(0, 5000n);
    expect([t.get('CNTVCT'), t.get('CNTPCT')]).toEqual([5000n, 100n]);
    t.set('CNTV_CVAL', 5010n);
    t.set('CNTV_CTL', 1n);
    expect(t.timers.deadline()).toBe(1760n);
    t.timers.setCounter(0, 0n);
    expect(t.get('CNTVCT')).toBe(0n);
    expect(t.deadlines.at(-1)).toBe(1600n + 5010n * 16n);
    t.timers.reset();
    expect(t.level(VIRTUAL_PPI)).toBe(false);
    expect(t.get('CNTV_CVAL')).toBe(0n);
  });
});
