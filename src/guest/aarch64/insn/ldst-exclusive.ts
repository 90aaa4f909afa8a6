/**
 * Load-exclusive and store-exclusive: ARM DDI 0487, C4.1, "Load/store exclusive", and B2.12 for the monitors.
 * The monitor keeps the address and what was read; a store succeeds where memory still holds that. Accesses of
 * other CPUs that put the same value back go unseen, which programs can't rely upon either way.
 */
import type { Access, Builder, Bytes, I32, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, reg } from '../names.ts';
import { setX, X } from '../pseudocode.ts';
import { fields } from '../state.ts';
import { atomicAccess } from './aligned.ts';
import { baseAddress } from './base-address.ts';

export function setMonitor(b: Builder, address: I64, bytes: number, values: readonly I64[]): void {
  b.set(fields.monitorAddress, address);
  b.set(fields.monitorBytes, b.i32(bytes));
  values.forEach((value, i) => { b.setAt(fields.monitorValue, b.i32(i), value); });
}

export const clearMonitor = (b: Builder): void => b.set(fields.monitorAddress, b.i64(-1));
export const monitorValue = (b: Builder, i: number): I64 => b.getAt(fields.monitorValue, b.i32(i));

/** IsExclusiveLocal: whether the monitor was set by an access like this one. */
export function monitorMatches(b: Builder, address: I64, bytes: number): I32 {
  return b.and(b.eq(b.get(fields.monitorAddress), address), b.eq(b.get(fields.monitorBytes), b.i32(bytes)));
}

/** To us it reads, too: its faults are a store's all the same. */
export const exclusiveStore = (b: Builder, bytes: number): Access => ({ ...atomicAccess(b, bytes), faultsAsWrite: true });

const suffix = (size: number): string => ['b', 'h', '', ''][size] as string;

const LDXR = insn('LDXR/LDAXR', 'size!2 001000 010 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `ld${f.o0 ? 'a' : ''}xr${suffix(f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    const address = baseAddress(b, f.Rn);
    const data = b.load(address, bytes, atomicAccess(b, bytes));
    setMonitor(b, address, bytes, [data]);
    setX(b, f.Rt, data);
  },
});

const STXR = insn('STXR/STLXR', 'size!2 001000 000 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `st${f.o0 ? 'l' : ''}xr${suffix(f.size)}\t${reg(0, f.Rs)}, ${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    const address = baseAddress(b, f.Rn);
    const matches = monitorMatches(b, address, bytes);
    const expected = monitorValue(b, 0);
    // With the monitor open the access puts back what it finds: alignment and permission are checked all the same.
    const replacement = b.select(matches, X(b, f.Rt, 64), expected);
    const old = b.compareAndSwap(address, expected, replacement, bytes, exclusiveStore(b, bytes));
    clearMonitor(b);
    setX(b, f.Rs, b.eqz(b.and(matches, b.eq(old, expected))));
  },
});

const LDXP = insn('LDXP/LDAXP', '1 sz!1 001000 011 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `ld${f.o0 ? 'a' : ''}xp\t${reg(f.sz, f.Rt)}, ${reg(f.sz, f.Rt2)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = f.sz ? 8 : 4;
    const address = baseAddress(b, f.Rn);
    const [first, second] = b.loadPair(address, bytes, atomicAccess(b, 2 * bytes));
    setMonitor(b, address, 2 * bytes, [first, second]);
    // CONSTRAINED UNPREDICTABLE where Rt is Rt2: the second is kept.
    setX(b, f.Rt, first);
    setX(b, f.Rt2, second);
  },
});

const STXP = insn('STXP/STLXP', '1 sz!1 001000 001 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `st${f.o0 ? 'l' : ''}xp\t${reg(0, f.Rs)}, ${reg(f.sz, f.Rt)}, ${reg(f.sz, f.Rt2)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = f.sz ? 8 : 4;
    const address = baseAddress(b, f.Rn);
    const matches = monitorMatches(b, address, 2 * bytes);
    const expected: [I64, I64] = [monitorValue(b, 0), monitorValue(b, 1)];
    const replacement: [I64, I64] = [
      b.select(matches, X(b, f.Rt, 64), expected[0]),
      b.select(matches, X(b, f.Rt2, 64), expected[1]),
    ];
    const old = b.compareAndSwapPair(address, expected, replacement, bytes, exclusiveStore(b, 2 * bytes));
    const unchanged = b.and(b.eq(old[0], expected[0]), b.eq(old[1], expected[1]));
    clearMonitor(b);
    setX(b, f.Rs, b.eqz(b.and(matches, unchanged)));
  },
});

export const loadStoreExclusive: readonly Insn[] = [LDXR, STXR, LDXP, STXP];
