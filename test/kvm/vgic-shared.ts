/** A GICv3 of two CPUs in an arena that two threads have, and what each does with it. */
import type { Arena } from '../../src/base/arena.ts';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import { iccRegisters } from '../../src/kvm/arm64/icc.ts';
import type { SystemRegister } from '../../src/kvm/arm64/systemregisters.ts';
import { Vgic } from '../../src/kvm/arm64/vgic/vgic.ts';

/** Indices in the arena's i32 view: by CPU, how often its lines rose and how many interrupts it took; who has begun. */
export interface SharedPlaces {
  readonly signalled: readonly [number, number];
  readonly taken: readonly [number, number];
  readonly begun: number;
  /** Counted up by both, slowly and with the lock alone to keep them apart. */
  readonly counter: number;
}

export interface SharedGic {
  readonly arena: Arena;
  readonly vgic: Vgic;
  readonly registers: readonly Record<'IAR1' | 'EOIR1' | 'SGI1R' | 'PMR' | 'IGRPEN1', SystemRegister>[];
}

const icc = (CRn: number, CRm: number, op2: number): number => sysregKey(3, 0, CRn, CRm, op2);

export function makeShared(arena: Arena, { signalled }: SharedPlaces): SharedGic {
  const vgic = new Vgic(arena, 3);
  for (const n of [0, 1] as const) {
    vgic.addCpu({
      number: n, affinity: n,
      signal: () => {
        Atomics.add(arena.i32, signalled[n], 1);
        Atomics.notify(arena.i32, signalled[n]);
      },
    });
  }
  const registers = vgic.cpus.map(cpu => {
    const all = iccRegisters(vgic, cpu);
    const get = (key: number): SystemRegister => all.get(key)!;
    return { IAR1: get(icc(12, 12, 0)), EOIR1: get(icc(12, 12, 1)), SGI1R: get(icc(12, 11, 5)), PMR: get(icc(4, 6, 0)), IGRPEN1: get(icc(12, 12, 7)) };
  });
  return { arena, vgic, registers };
}

/** Raises and lowers a shared interrupt's line, as the other thread does with the next bit of the same words. */
export function toggle({ arena, vgic }: SharedGic, { begun, counter }: SharedPlaces, intid: number, rounds: number): void {
  Atomics.add(arena.i32, begun, 1);
  Atomics.notify(arena.i32, begun);
  while (Atomics.load(arena.i32, begun) < 2) Atomics.wait(arena.i32, begun, 1);
  for (let i = 0; i < rounds; i++) {
    vgic.setSpi(intid, true);
    vgic.setSpi(intid, false);
    vgic.lock.acquire();
    const before = arena.i32[counter]!;
    for (let pause = 0; pause < 50; pause++) Atomics.load(arena.i32, begun);
    arena.i32[counter] = before + 1;
    vgic.lock.release();
  }
  vgic.setSpi(intid, true);
}

/** Takes `count` SGIs as CPU `n` and answers each by one to the other CPU; sleeps where there is none. */
export function acknowledgeUntil({ arena: { i32 }, vgic, registers }: SharedGic, { signalled, taken }: SharedPlaces, n: 0 | 1, count: number): void {
  const { IAR1, EOIR1, SGI1R } = registers[n]!;
  for (let got = 0; got < count;) {
    const ticket = Atomics.load(i32, signalled[n]);
    if (vgic.cpus[n]!.lines() === 0) {
      Atomics.wait(i32, signalled[n], ticket);
      continue;
    }
    const intid = IAR1.read!();
    if (intid === 1023n) continue;
    EOIR1.write!(intid);
    got++;
    Atomics.add(i32, taken[n], 1);
    if (n === 1 || got < count) SGI1R.write!(3n << 24n | 1n << BigInt(1 - n));
  }
}
