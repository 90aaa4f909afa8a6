/** The thread that interrupts generated code, and the host's side of the run loop. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { createAlarms, type HostAlarm, type HostAlarms } from '../../src/host/node/alarm.ts';
import { hostClock } from '../../src/host/node/clock.ts';
import { createHostLoop } from '../../src/host/node/loop.ts';
import { VcpuControl } from '../../src/kvm/requests.ts';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../src/vcpu/cpu.ts';

const MS = 1_000_000n;
let alarms: HostAlarms | undefined;
afterEach(() => alarms?.close());

interface Cpu { readonly alarm: HostAlarm; readonly take: () => number; readonly expired: () => number; readonly control: VcpuControl }

function setUpAll(count: number): { readonly cpus: readonly Cpu[]; readonly clock: ReturnType<typeof hostClock> } {
  const arena = new Arena(1 << 20);
  const clock = hostClock();
  alarms = createAlarms(clock);
  const cpus = Array.from({ length: count }, () => {
    const requestWord = arena.alloc(4) / 4;
    const expired = arena.alloc(4) / 4;
    const control = VcpuControl.create(arena);
    const alarm = alarms!.create({ arena, requestWord, expired, control: control.places });
    return { alarm, control, take: () => Atomics.exchange(arena.i32, requestWord, 0), expired: () => Atomics.exchange(arena.i32, expired, 0) };
  });
  return { cpus, clock };
}

function setUp(): Cpu & { readonly clock: ReturnType<typeof hostClock> } {
  const { cpus, clock } = setUpAll(1);
  return { ...cpus[0]!, clock };
}

/** Waits as generated code does, without a turn of the event loop, until bits are set or a second has passed. */
function spin(take: () => number): number {
  const end = performance.now() + 10_000;
  for (;;) {
    const bits = take();
    if (bits !== 0 || performance.now() > end) return bits;
  }
}

describe('alarm', () => {
  it('a slice ends with a kick although the event loop has no turn, not before its time', () => {
    const { alarm: a, clock, take } = setUp();
    const start = clock.now();
    a.startSlice(20);
    expect(spin(take)).toBe(REQUEST_KICK);
    expect(clock.now() - start).toBeGreaterThanOrEqual(20n * MS);
  });

  it('a deadline rings once, and says so before it interrupts', () => {
    const { alarm: a, clock, take, expired } = setUp();
    const due = clock.now() + 15n * MS;
    a.at(due);
    expect(spin(take)).toBe(REQUEST_INTERRUPT);
    expect(clock.now()).toBeGreaterThanOrEqual(due);
    expect(expired()).toBe(1);
    a.startSlice(30);
    expect(spin(take)).toBe(REQUEST_KICK);
    expect(expired()).toBe(0);
  });

  it('the earlier of two comes first, whichever was set first; a replaced one never', () => {
    const { alarm: a, clock, take } = setUp();
    a.at(clock.now() + 3_600_000n * MS);
    a.startSlice(3_600_000);
    a.at(clock.now() + 10n * MS);
    expect(spin(take)).toBe(REQUEST_INTERRUPT);
    a.at(clock.now() + 30n * MS);
    a.at(undefined);
    a.startSlice(5);
    expect(spin(take)).toBe(REQUEST_KICK);
    a.startSlice(60);
    expect(spin(take)).toBe(REQUEST_KICK);
  });

  it('none is lost in a thousand', () => {
    const { alarm: a, clock, take } = setUp();
    for (let i = 0; i < 1000; i++) {
      a.at(clock.now() + BigInt(i % 7) * 50_000n);
      expect(spin(take)).toBe(REQUEST_INTERRUPT);
    }
  });
});

describe('alarms of several CPUs', () => {
  it('one thread serves all: each is told at its own times, and no other is', () => {
    const { cpus, clock } = setUpAll(8);
    const late = clock.now() + 3_600_000n * MS;
    for (const { alarm } of cpus) alarm.at(late);
    for (const cpu of [3, 0, 7, 5]) {
      cpus[cpu]!.alarm.at(clock.now() + 5n * MS);
      expect(spin(cpus[cpu]!.take)).toBe(REQUEST_INTERRUPT);
      expect(cpus.map(({ take, expired }) => [take(), expired()])).toEqual(cpus.map((_, n) => [0, n === cpu ? 1 : 0]));
    }
    cpus[1]!.alarm.startSlice(5);
    expect(spin(cpus[1]!.take)).toBe(REQUEST_KICK);
    expect(cpus.map(({ control }) => control.signalPending)).toEqual(cpus.map((_, n) => n === 1));
  });

  it('there can be 512', () => {
    expect(() => setUpAll(513)).toThrow(RangeError);
  });
});

describe('host loop', () => {
  it('wakes at its time and not before', async () => {
    vi.useFakeTimers();
    try {
      const loop = createHostLoop({ now: () => 5n * MS });
      let awake = false;
      void loop.sleep(24n * MS + 1n).then(() => { awake = true; });
      await vi.advanceTimersByTimeAsync(19);
      expect(awake).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(awake).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('wakes at a call, and at once after one that came before', async () => {
    let turns = 0;
    const loop = createHostLoop(hostClock(), () => { turns++; });
    setImmediate(() => loop.wake());
    await loop.sleep(undefined);
    loop.wake();
    await loop.sleep(undefined);
    await loop.yield();
    expect(turns).toBe(3);
  });
});

describe('clock', () => {
  it('starts at 0 and goes on; the time of day is what was asked for', () => {
    const clock = hostClock({ base: new Date(Date.UTC(2030, 0, 1)), clock: 'vm' });
    expect(Math.abs(clock.wallSeconds() - Date.UTC(2030, 0, 1) / 1000)).toBeLessThan(10);
    const first = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(first);
    expect(Math.abs(hostClock().wallSeconds() - Date.now() / 1000)).toBeLessThan(10);
  });
});
