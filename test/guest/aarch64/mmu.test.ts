/** Stage 1 translation: every kind of fault, level and granule; attributes and address spaces. */
import { describe, expect, test } from 'vitest';
import type { AccessKind } from '../../../src/isa/arch.ts';
import { exceptionOf, Machine } from './machine.ts';
import { AF, AP_EL0, AP_RO, nG, PXN, Tables, type Granule, UXN, VALID } from './tables.ts';

const DATA = 0x12_3456_7000;
const inAbort = (status: number, kind: AccessKind, EL1 = false): { ec: number; iss: number } => ({
  ec: kind === 'fetch' ? 0x20 : 0x24,
  iss: status | (kind === 'write' ? 0x40 : 0),
  ...(EL1 ? {} : {}),
});

function faultOf(t: Tables, va: bigint, kind: AccessKind, unprivileged = false): { ec: number; iss: number; far: bigint | undefined } {
  return exceptionOf(() => t.m.cpu.translate(va, kind, unprivileged));
}

const granules: readonly Granule[] = [12, 14, 16];
/** Bits of the address that a level's index has as its lowest. */
const shiftOf = (granule: Granule, level: number): number => granule + (granule - 3) * (3 - level);
/** The first level of a walk of 48 bits. */
const firstLevel = (granule: Granule): number => (granule === 16 ? 1 : 0);
const kinds: readonly AccessKind[] = ['read', 'write', 'fetch'];

describe.each(granules)('granule 2^%i', granule => {
  for (const upper of [false, true]) {
    const VA = upper ? 0xffff_5a5a_1234_0000n : 0x0000_5a5a_1234_0000n;
    const where = upper ? 'TTBR1' : 'TTBR0';

    test(`${where}: a page translates, with the offset in it`, () => {
      const t = new Tables({ granule });
      t.map(VA, DATA - (DATA % 2 ** granule), { attributes: AF });
      const { pa, pageBits, device, writable } = t.m.cpu.translate(VA + 0x123n, 'read', false);
      expect({ pa, pageBits, device, writable }).toEqual({
        pa: DATA - (DATA % 2 ** granule) + 0x123,
        pageBits: granule,
        device: false,
        writable: true,
      });
    });

    for (let level = firstLevel(granule); level <= 3; level++) {
      test(`${where}: translation fault at level ${level}`, () => {
        const t = new Tables({ granule });
        t.map(VA, DATA - (DATA % 2 ** granule), { attributes: AF });
        t.set(VA, level, 0n);
        for (const kind of kinds) expect(faultOf(t, VA, kind)).toEqual({ ...inAbort(0x04 | level, kind), far: VA });
      });

      test(`${where}: address size fault at level ${level}`, () => {
        const t = new Tables({ granule, IPS: 2 }); // 40 bits
        t.map(VA, 0, { attributes: AF });
        t.set(VA, level, t.get(VA, level) | (1n << 40n));
        for (const kind of kinds) expect(faultOf(t, VA, kind)).toEqual({ ...inAbort(level, kind), far: VA });
      });

      test(`${where}: external abort on the walk at level ${level}`, () => {
        const t = new Tables({ granule });
        t.map(VA, 0, { attributes: AF });
        t.moveTable(VA, level, 0x10_0000_0000);
        for (const kind of kinds) expect(faultOf(t, VA, kind)).toEqual({ ...inAbort(0x14 | level, kind), far: VA });
      });

      const block = level === 2 || (level === 1 && granule !== 14);
      test(`${where}: ${block ? 'a block' : level === 3 ? 'the reserved descriptor' : 'no block'} at level ${level}`, () => {
        const t = new Tables({ granule });
        t.map(VA, 0, { attributes: AF });
        const size = 2 ** shiftOf(granule, level);
        t.set(VA, level, BigInt(size) | AF | VALID);
        if (!block) expect(faultOf(t, VA, 'read')).toEqual({ ...inAbort(0x04 | level, 'read'), far: VA });
        else
          expect(t.m.cpu.translate(VA, 'read', false)).toMatchObject({
            pa: size + Number(VA & BigInt(size - 1)),
            pageBits: shiftOf(granule, level),
          });
      });

      if (block || level === 3) {
        test(`${where}: access flag and permission faults at level ${level}`, () => {
          const t = new Tables({ granule });
          t.map(VA, 0, { attributes: 0n });
          const leaf = (attributes: bigint): void => t.set(VA, level, VALID | (level === 3 ? 2n : 0n) | attributes);
          leaf(0n);
          for (const kind of kinds) expect(faultOf(t, VA, kind)).toEqual({ ...inAbort(0x08 | level, kind), far: VA });
          leaf(AF | AP_RO | PXN);
          for (const kind of ['write', 'fetch'] as const) expect(faultOf(t, VA, kind)).toEqual({ ...inAbort(0x0c | level, kind), far: VA });
          expect(t.m.cpu.translate(VA, 'read', false).writable).toBe(false);
        });
      }
    }
  }
});

describe('which half, and its size', () => {
  test.each([
    [16, 48],
    [25, 39],
    [28, 36],
    [31, 33],
    [33, 31],
    [39, 25],
  ])('TnSZ %i: addresses of %i bits', (TnSZ, inputBits) => {
    const t = new Tables({ granule: 12, TnSZ });
    const top = (1n << BigInt(inputBits)) - 0x1000n;
    const bottom = -(1n << BigInt(inputBits)) & 0xffff_ffff_ffff_ffffn;
    t.map(top, 0x5000, { attributes: AF });
    t.map(bottom, 0x7000, { attributes: AF });
    expect(t.m.cpu.translate(top + 8n, 'read', false).pa).toBe(0x5008);
    expect(t.m.cpu.translate(bottom, 'read', false).pa).toBe(0x7000);
    for (const va of [top + 0x1000n, bottom - 0x1000n]) expect(faultOf(t, va, 'read')).toEqual({ ec: 0x24, iss: 4, far: va });
  });

  test.each([
    [0, 7n, 0x1000n],
    [1, 23n, 0xffff_ffff_ffff_e000n],
  ])('EPD%i', (_n, bit, va) => {
    const t = new Tables({ granule: 12 });
    t.map(va, 0x5000, { attributes: AF });
    t.TCR |= 1n << bit;
    t.enable();
    expect(faultOf(t, va, 'write')).toEqual({ ec: 0x24, iss: 0x44, far: va });
  });

  test.each([
    [0, 37n, 0x1000n, 0xab00_0000_0000_1000n],
    [1, 38n, 0xffff_ffff_ffff_e000n, 0xabff_ffff_ffff_e000n],
  ])('TBI%i', (_n, bit, va, tagged) => {
    const t = new Tables({ granule: 12 });
    t.map(va, 0x5000, { attributes: AF | AP_RO });
    expect(faultOf(t, tagged, 'read')).toEqual({ ec: 0x24, iss: 4, far: tagged });
    t.TCR |= 1n << bit;
    t.enable();
    expect(t.m.cpu.translate(tagged, 'read', false).pa).toBe(0x5000);
    expect(faultOf(t, tagged, 'write')).toEqual({ ec: 0x24, iss: 0x4f, far: tagged });
  });

  test('16K granule on a CPU without it is taken as 4K', () => {
    const t = new Tables({ granule: 12, model: 'cortex-a57' });
    t.map(0x5000n, 0x9000, { attributes: AF });
    t.TCR = (t.TCR & ~(3n << 14n)) | (2n << 14n);
    t.enable();
    expect(t.m.cpu.translate(0x5000n, 'read', false)).toMatchObject({ pa: 0x9000, pageBits: 12 });
  });

  test('a table base above the output size', () => {
    const t = new Tables({ granule: 12, IPS: 0 });
    t.m.state.TTBR0_EL1 = 1n << 32n;
    expect(faultOf(t, 0x1000n, 'read')).toEqual({ ec: 0x24, iss: 0, far: 0x1000n });
  });

  test('IPS beyond what the CPU has is cut off', () => {
    const t = new Tables({ granule: 12, IPS: 5, model: 'cortex-a57' });
    t.map(0x1000n, 2 ** 44, { attributes: AF });
    expect(faultOf(t, 0x1000n, 'read')).toMatchObject({ iss: 3 });
    t.map(0x1000n, 2 ** 43, { attributes: AF });
    expect(t.m.cpu.translate(0x1000n, 'read', false).pa).toBe(2 ** 43);
  });
});

describe('permissions', () => {
  const VA = 0x4000n;
  /** Of read, write and fetch those that are allowed: at EL0, at EL1. */
  function allowed(t: Tables): string {
    const of = (pstate: number): string => {
      t.m.cpu.pstate = pstate;
      return kinds
        .map((kind, i) => {
          try {
            t.m.cpu.translate(VA, kind, false);
            return 'rwx'[i];
          } catch {
            return '-';
          }
        })
        .join('');
    };
    return `${of(0)} ${of(5)}`;
  }

  test.each([
    ['', 0n, '--x rwx'],
    ['EL0', AP_EL0, 'rwx rw-'],
    ['RO', AP_RO, '--x r-x'],
    ['EL0 RO', AP_EL0 | AP_RO, 'r-x r-x'],
    ['UXN', UXN, '--- rwx'],
    ['PXN', PXN, '--x rw-'],
    ['EL0 UXN', AP_EL0 | UXN, 'rw- rw-'],
    ['EL0 RO PXN', AP_EL0 | AP_RO | PXN, 'r-x r--'],
    ['EL0 RO UXN PXN', AP_EL0 | AP_RO | PXN | UXN, 'r-- r--'],
  ])('page with %s', (_name, attributes, expected) => {
    const t = new Tables({ granule: 12 });
    t.map(VA, 0, { attributes: AF | attributes });
    expect(allowed(t)).toBe(expected);
  });

  test.each([
    ['APTable[0]', 1n << 61n, 'EL0', AP_EL0, '--x rwx'],
    ['APTable[1]', 1n << 62n, 'EL0', AP_EL0, 'r-x r-x'],
    ['UXNTable', 1n << 60n, 'EL0 RO', AP_EL0 | AP_RO, 'r-- r-x'],
    ['PXNTable', 1n << 59n, 'EL0 RO', AP_EL0 | AP_RO, 'r-x r--'],
  ])('%s at each level', (_name, bit, _page, attributes, expected) => {
    for (let level = 0; level < 3; level++) {
      const t = new Tables({ granule: 12 });
      t.map(VA, 0, { attributes: AF | attributes });
      t.set(VA, level, t.get(VA, level) | bit);
      expect(allowed(t)).toBe(expected);
    }
  });

  test.each([
    ['', 0n, '--x rw-'],
    ['EL0', AP_EL0, 'rw- rw-'],
    ['RO', AP_RO, '--x r-x'],
    ['EL0 RO', AP_EL0 | AP_RO, 'r-x r-x'],
  ])('WXN with %s', (_name, attributes, expected) => {
    const t = new Tables({ granule: 12 });
    t.map(VA, 0, { attributes: AF | attributes });
    t.SCTLR |= 1n << 19n;
    t.enable();
    expect(allowed(t)).toBe(expected);
  });

  test('PAN keeps EL1 off what EL0 can access; LDTR is not concerned; UAO makes LDTR privileged', () => {
    const t = new Tables({ granule: 12 });
    const { cpu } = t.m;
    t.map(VA, 0, { attributes: AF | AP_EL0 | AP_RO });
    const PAN = 1 << 22;
    const UAO = 1 << 23;
    cpu.pstate = 5 | PAN;
    expect([cpu.mmuIndex(false), cpu.mmuIndex(true)]).toEqual([2, 0]);
    for (const kind of ['read', 'write'] as const) expect(faultOf(t, VA, kind)).toMatchObject(inAbort(0x0f, kind));
    expect(cpu.translate(VA, 'fetch', false).pa).toBe(0);
    expect(cpu.translate(VA, 'read', true).pa).toBe(0);
    cpu.pstate = 5 | PAN | UAO;
    expect(cpu.mmuIndex(true)).toBe(2);
    expect(faultOf(t, VA, 'read', true)).toMatchObject(inAbort(0x0f, 'read'));
    cpu.pstate = 5 | UAO;
    expect([cpu.mmuIndex(false), cpu.mmuIndex(true)]).toEqual([1, 1]);
    cpu.pstate = 5;
    t.map(VA, 0, { attributes: AF });
    expect(faultOf(t, VA, 'read', true)).toMatchObject(inAbort(0x0f, 'read'));
    cpu.pstate = 0;
    expect(cpu.mmuIndex(false)).toBe(0);
  });
});

describe('memory types and the MMU off', () => {
  test('MAIR_EL1 says which pages are device memory; instructions come from either', () => {
    const t = new Tables({ granule: 12 });
    t.m.state.MAIR_EL1 = 0x00_04_44_ffn;
    t.enable();
    for (const [index, device] of [
      [0, false],
      [1, false],
      [2, true],
      [3, true],
    ] as const) {
      t.map(0x1000n, 0, { attributes: AF | (BigInt(index) << 2n) });
      expect(t.m.cpu.translate(0x1000n, 'read', false).device).toBe(device);
      expect(t.m.cpu.translate(0x1000n, 'fetch', false).device).toBe(false);
    }
  });

  test('off: addresses are physical, data is device memory, and beyond the address size is an address size fault of level 0', () => {
    const m = new Machine();
    expect(m.cpu.translate(0x1234_5678n, 'write', false)).toMatchObject({ pa: 0x1234_5678, pageBits: 12, writable: true, device: true });
    expect(m.cpu.translate(0x1234_5678n, 'fetch', false).device).toBe(false);
    for (const va of [1n << 44n, 0xffff_ffff_ffff_f000n]) {
      expect(exceptionOf(() => m.cpu.translate(va, 'write', false))).toEqual({ ec: 0x24, iss: 0x40, far: va });
      expect(exceptionOf(() => m.cpu.translate(va, 'fetch', false))).toEqual({ ec: 0x20, iss: 0, far: va });
    }
  });

  test('big-endian tables with SCTLR_EL1.EE', () => {
    const t = new Tables({ granule: 12 });
    t.map(0x1000n, 0x8000, { attributes: AF });
    t.swapAll();
    t.SCTLR |= 1n << 25n;
    t.enable();
    expect(t.m.cpu.translate(0x1000n, 'read', false).pa).toBe(0x8000);
  });

  test('contiguous pages translate as the pages that they are', () => {
    const t = new Tables({ granule: 12 });
    for (let n = 0; n < 16; n++) t.map(0x1_0000n + BigInt(n * 0x1000), 0x5_0000 + n * 0x1000, { attributes: AF | (1n << 52n) });
    for (let n = 0; n < 16; n++) expect(t.m.cpu.translate(0x1_0000n + BigInt(n * 0x1000), 'read', false).pa).toBe(0x5_0000 + n * 0x1000);
  });
});

describe('address spaces', () => {
  test('the same tables, ASID and controls are the same space, and nothing else is', () => {
    const m = new Machine();
    const { state, cpu } = m;
    const write = (word: number, value: bigint): bigint => {
      state.x[0] = value;
      m.run(word);
      return cpu.spaceKey();
    };
    const TTBR0 = 0xd5182000;
    const TTBR1 = 0xd5182020;
    const first = write(TTBR0, 0x4000_1000n);
    const second = write(TTBR0, 0x0001_0000_4000_1000n);
    expect(second).not.toBe(first);
    expect(write(TTBR0, 0x4000_1000n)).toBe(first);
    const third = write(TTBR1, 0x4000_2000n);
    expect([first, second]).not.toContain(third);
    expect(write(0xd518a200 /* mair_el1 */, 0x1234n)).not.toBe(third);
    const keys = new Set(Array.from({ length: 100 }, (_, n) => write(TTBR0, BigInt(n) << 48n)));
    expect(keys.size).toBe(100);
    expect(keys.has(write(TTBR0, 0n))).toBe(false); // long forgotten: a new name, so nothing stale is found under it
  });
});

test('nG makes no difference to a translation', () => {
  const t = new Tables({ granule: 12 });
  t.map(0x1000n, 0x8000, { attributes: AF | nG });
  expect(t.m.cpu.translate(0x1000n, 'read', false).pa).toBe(0x8000);
});
