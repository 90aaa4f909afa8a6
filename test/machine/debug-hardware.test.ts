/** The pool of hardware breakpoints and watchpoints: reference A1.3 to A1.27. */
import { describe, expect, it } from 'vitest';
import { ACCESS_READ, ACCESS_WRITE, HardwareBreakpoints, type Watch } from '../../src/machine/debug/hardware.ts';
import { code } from '../kvm/error-code.ts';

const pool = (breakpoints = 6, watchpoints = 4): HardwareBreakpoints => new HardwareBreakpoints(breakpoints, watchpoints);
const watch = (address: bigint, length: number, access: Watch['access'] = ACCESS_WRITE): Watch => ({ address, length, access });
const WCR = (w: Watch): bigint[] => {
  const p = pool();
  p.insertWatchpoint(w);
  const { dbg_wcr, dbg_wvr } = p.registers();
  return dbg_wcr.flatMap((wcr, n) => (wcr ? [wcr, dbg_wvr[n]!] : []));
};
const A = 0x1000n;

describe('breakpoints', () => {
  it('A1.2 A1.25 A1.26 nothing at first; the lists are emptied; one of either kind is active', () => {
    const p = pool();
    expect(p.active).toBe(false);
    p.removeAll();
    p.insertBreakpoint(A);
    expect(p.active).toBe(true);
    p.removeAll();
    p.insertWatchpoint(watch(A, 4));
    expect(p.active).toBe(true);
    p.removeAll();
    expect(p.active).toBe(false);
  });

  it('A1.3 A1.8 ENOBUFS where there is no room, and nothing changed', () => {
    expect(code(() => pool(0).insertBreakpoint(A))).toBe('ENOBUFS');
    expect(code(() => pool(6, 0).insertWatchpoint(watch(A, 4)))).toBe('ENOBUFS');
    const p = pool(2);
    p.insertBreakpoint(A);
    p.insertBreakpoint(A + 4n);
    const before = p.registers();
    expect(code(() => p.insertBreakpoint(A))).toBe('ENOBUFS');
    expect(p.registers()).toEqual(before);
  });

  it('A1.4 A1.5 A1.27 the control value, the sign of an address; all sixteen registers, what isn\'t used 0', () => {
    const p = pool();
    for (const address of [0xffff_8000_0800_0000n, 0x001f_8000_0800_0000n, 0x40_0000n]) p.insertBreakpoint(address);
    const { dbg_bcr, dbg_bvr, dbg_wcr, dbg_wvr } = p.registers();
    expect(dbg_bcr).toEqual([0x1e7n, 0x1e7n, 0x1e7n, ...Array<bigint>(13).fill(0n)]);
    expect(dbg_bvr.slice(0, 4)).toEqual([0xffff_8000_0800_0000n, 0xffff_8000_0800_0000n, 0x40_0000n, 0n]);
    expect([dbg_bvr.length, dbg_wcr.length, dbg_wvr.length]).toEqual([16, 16, 16]);
  });

  it('A1.6 [D] an address that no instruction has is refused', () => {
    expect(code(() => pool().insertBreakpoint(A + 2n))).toBe('EINVAL');
  });

  it('A1.7 A1.9 A1.10 [D] each insertion has its register, each removal takes one, by any spelling of the address; else ENOENT', () => {
    const p = pool();
    for (const address of [A, 0x001f_8000_0800_0000n, A]) p.insertBreakpoint(address);
    p.removeBreakpoint(A);
    expect(p.registers().dbg_bvr.slice(0, 3)).toEqual([0xffff_8000_0800_0000n, A, 0n]);
    p.removeBreakpoint(0x001f_8000_0800_0000n);
    expect(p.findBreakpoint(A)).toBe(true);
    p.removeBreakpoint(A);
    expect(code(() => p.removeBreakpoint(A))).toBe('ENOENT');
    expect(p.findBreakpoint(A)).toBe(false);
  });
});

describe('watchpoints', () => {
  it('A1.11 A1.13 A1.14 up to eight bytes by BAS', () => {
    expect(WCR(watch(A, 4))).toEqual([0x1f7n, A]);
    expect(WCR(watch(A, 4, ACCESS_READ))).toEqual([0x1efn, A]);
    expect(WCR(watch(A, 4, 3))).toEqual([0x1ffn, A]);
    expect(WCR(watch(A + 4n, 4))).toEqual([0x1e17n, A]);
    expect(WCR(watch(A, 8))).toEqual([0x1ff7n, A]);
    expect(WCR(watch(A + 7n, 1))).toEqual([0x1017n, A]);
  });

  it('A1.15 [D] a range in two blocks of eight has two registers, that come and go together', () => {
    expect(WCR(watch(A + 6n, 4))).toEqual([0x1817n, A, 0x77n, A + 8n]);
    const p = pool();
    p.insertWatchpoint(watch(A + 6n, 4));
    p.insertWatchpoint(watch(A + 16n, 4));
    p.removeWatchpoint(A + 8n);
    expect([p.findWatchpoint(A + 6n), p.findWatchpoint(A + 9n), p.findWatchpoint(A + 16n)?.length]).toEqual([undefined, undefined, 4]);
    const small = pool(6, 1);
    expect(code(() => small.insertWatchpoint(watch(A + 6n, 4)))).toBe('ENOBUFS');
    expect(small.active).toBe(false);
  });

  it('A1.16 [D] nothing can\'t be watched', () => {
    expect([0, -1, 1.5].map(length => code(() => pool().insertWatchpoint(watch(A, length))))).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
  });

  it('A1.17 A1.18 [D] powers of two above by MASK, all five bits of it, up to 2 GiB', () => {
    expect(WCR(watch(A + 4n, 16))).toEqual([0x0400_1ff7n, A]);
    expect(WCR(watch(0x1_2345n, 0x1_0000))).toEqual([0x1000_1ff7n, 0x1_0000n]);
    expect(WCR(watch(0n, 2 ** 31))).toEqual([0x1f00_1ff7n, 0n]);
    expect(code(() => pool().insertWatchpoint(watch(0n, 2 ** 32)))).toBe('ENOBUFS');
  });

  it('A1.19 other lengths ENOBUFS, which also comes first where all are used', () => {
    expect([9, 12, 24].map(length => code(() => pool().insertWatchpoint(watch(A, length))))).toEqual(['ENOBUFS', 'ENOBUFS', 'ENOBUFS']);
    const p = pool(6, 1);
    p.insertWatchpoint(watch(A, 4));
    expect(code(() => p.insertWatchpoint(watch(A, 0)))).toBe('ENOBUFS');
  });

  it('A1.20 the first that has the address goes, whatever its length; else ENOENT', () => {
    const p = pool();
    p.insertWatchpoint(watch(A, 8));
    p.insertWatchpoint(watch(A + 4n, 4, ACCESS_READ));
    p.removeWatchpoint(A + 5n);
    expect(p.registers().dbg_wcr[0]).toBe(0x1e0fn);
    p.removeWatchpoint(A + 7n);
    expect(code(() => p.removeWatchpoint(A + 7n))).toBe('ENOENT');
  });

  it('A1.21 [D] A1.22 [D] A1.12 each byte that is watched is found, and none behind', () => {
    const p = pool();
    const long = watch(A, 64);
    const short = watch(A + 0x102n, 3, ACCESS_READ);
    p.insertWatchpoint(long);
    p.insertWatchpoint(short);
    expect([A - 1n, A, A + 63n, A + 64n].map(at => p.findWatchpoint(at)?.length)).toEqual([undefined, 64, 64, undefined]);
    expect([1n, 2n, 4n, 5n].map(n => p.findWatchpoint(A + 0x100n + n)?.address)).toEqual([undefined, A + 0x102n, A + 0x102n, undefined]);
    expect(p.findWatchpoint(A + 0x103n)).toMatchObject(short);
  });

  it('A1.23 an access that begins below the range, too; one that begins in another comes first', () => {
    const p = pool();
    p.insertWatchpoint(watch(A + 8n, 4));
    p.insertWatchpoint(watch(A, 4));
    expect([p.findWatchpoint(A - 4n, 4), p.findWatchpoint(A - 4n, 5)?.address, p.findWatchpoint(A + 2n, 16)?.address]).toEqual([undefined, A, A]);
    expect(p.findWatchpoint(A + 5n, 8)?.address).toBe(A + 8n);
  });
});
