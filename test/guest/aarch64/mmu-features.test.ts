/** What the MMU has beyond Armv8.0: 52-bit addresses, small tables, hardware management of flags, E0PD, HPD, PAN3. */
import { describe, expect, test } from 'vitest';
import { max } from '../../../src/guest/aarch64/model/max.ts';
import type { AccessKind } from '../../../src/isa/arch.ts';
import { exceptionOf, RAM, RAM_SIZE } from './machine.ts';
import { AF, AP_EL0, AP_RO, type Granule, PXN, Tables, UXN, VALID } from './tables.ts';

const DS = 1n << 59n;
const HA = 1n << 39n;
const HD = 1n << 40n;
const DBM = 1n << 51n;
const PS_52 = 6;
const kinds: readonly AccessKind[] = ['read', 'write', 'fetch'];
const EC = { read: 0x24, write: 0x24, fetch: 0x20 } as const;
const inAbort = (status: number, kind: AccessKind): object => ({ ec: EC[kind], iss: status | (kind === 'write' ? 0x40 : 0) });
const shiftOf = (granule: Granule, level: number): number => granule + (granule - 3) * (3 - level);

test('max has 52 bits of physical address, and says so', () => {
  const t = new Tables({ granule: 12 });
  expect(max.paBits).toBe(52);
  expect((t.m.cpu.model.ID.ID_AA64MMFR0_EL1 as bigint) & 0xfn).toBe(6n);
});

/** Where a descriptor has bits 51..48 of an address. */
const spread = (granule: Granule, pa: number): bigint => {
  const high = BigInt(Math.floor(pa / 2 ** 48));
  const low = BigInt(pa) & 0xffff_ffff_ffffn;
  return granule === 16 ? low | (high << 12n) : low | ((high & 3n) << 48n) | ((high >> 2n) << 8n);
};
const FAULTS: readonly (readonly [what: 'translation' | 'size' | 'external', minusOne: number, base: number])[] = [
  ['translation', 0x2b, 0x04],
  ['size', 0x29, 0x00],
  ['external', 0x13, 0x14],
];

describe.each([12, 14, 16] as const)('LPA2 and LPA: granule 2^%i, addresses of 52 bits', granule => {
  const first = granule === 12 ? -1 : granule === 14 ? 0 : 1;
  const firstBlock = granule === 12 ? 0 : 1;
  const PA = 2 ** 51 + 2 ** 50 + 2 ** 48 + 0x1234 * 2 ** 24;
  const make = (IPS = PS_52): Tables => new Tables({ granule, IPS, TnSZ: 12, controls: granule === 16 ? 0n : DS });

  for (const VA of [0x000d_5a5a_1234_0000n, 0xfff7_5a5a_1234_0000n]) {
    const where = VA >> 63n ? 'TTBR1' : 'TTBR0';
    test(`${where}: a page far up in memory`, () => {
      const t = make();
      t.map(VA, 0, { attributes: AF });
      t.set(VA, 3, spread(granule, PA) | AF | 3n);
      expect(t.m.cpu.translate(VA + 0x123n, 'read', false)).toMatchObject({ pa: PA + 0x123, pageBits: granule });
    });

    for (let level = first; level <= 3; level++) {
      const status = (base: number, minusOne: number): number => (level < 0 ? minusOne : base | level);
      test.each(FAULTS)(`${where}: level ${level}, %s fault`, (what, minusOne, base) => {
        const t = make(what === 'size' ? 4 : PS_52);
        t.map(VA, 0, { attributes: AF });
        if (what === 'translation') t.set(VA, level, 0n);
        else if (what === 'external') t.moveTable(VA, level, 2 ** 40);
        else t.set(VA, level, t.get(VA, level) | spread(granule, 2 ** 51));
        for (const kind of kinds) {
          expect(exceptionOf(() => t.m.cpu.translate(VA, kind, false))).toEqual({ ...inAbort(status(base, minusOne), kind), far: VA });
        }
      });

      if (level === 3) continue;
      test(`${where}: ${level < firstBlock ? 'no block' : 'a block'} at level ${level}`, () => {
        const t = make();
        t.map(VA, 0, { attributes: AF });
        const shift = shiftOf(granule, level);
        const size = 2 ** shift;
        const at = size > 2 ** 47 ? 0 : 2 ** 51 + size;
        t.set(VA, level, spread(granule, at) | AF | VALID);
        const found = (): object => t.m.cpu.translate(VA, 'read', false);
        if (level < firstBlock) expect(exceptionOf(found).iss).toBe(status(0x04, 0x2b));
        else expect(found()).toMatchObject({ pa: at + Number(VA & BigInt(size - 1)), pageBits: shift });
      });
    }
  }

  test('the table base has bits 51..48 in 5..2 of TTBR, and is aligned to 64 bytes at least', () => {
    const t = make();
    const VA = 0x1000_0000n;
    t.map(VA, 0x5_0000, { attributes: AF });
    t.m.state.TTBR0_EL1 |= 3n;
    expect(t.m.cpu.translate(VA, 'read', false).pa).toBe(0x5_0000);
    t.m.state.TTBR0_EL1 |= 0x3cn;
    expect(exceptionOf(() => t.m.cpu.translate(VA, 'read', false)).iss).toBe(first < 0 ? 0x13 : 0x14 | first);
  });

  test('sizes that there are not are Translation faults of level 0', () => {
    for (const TnSZ of [11, granule === 16 ? 48 : 49]) {
      const t = new Tables({ granule, IPS: PS_52, controls: granule === 16 ? 0n : DS });
      t.map(0x1_0000n, 0, { attributes: AF });
      t.TCR = (t.TCR & ~0x3fn) | BigInt(TnSZ);
      t.enable();
      expect(exceptionOf(() => t.m.cpu.translate(0x1_0000n, 'read', false)).iss).toBe(0x04);
    }
  });
});

describe('without TCR_EL1.DS', () => {
  test('4K and 16K have 48 bits: TnSZ below 16 faults, and descriptors have shareability in bits 9 and 8', () => {
    for (const granule of [12, 14] as const) {
      const t = new Tables({ granule, IPS: PS_52 });
      t.map(0x4000n, 0x8000, { attributes: AF | (3n << 8n) });
      expect(t.m.cpu.translate(0x4000n, 'read', false).pa).toBe(0x8000);
      t.TCR -= 1n;
      t.enable();
      expect(exceptionOf(() => t.m.cpu.translate(0x4000n, 'read', false)).iss).toBe(0x04);
    }
  });

  test('a CPU without LPA2 has no such bit', () => {
    const t = new Tables({ granule: 12, model: 'cortex-a57' });
    t.m.state.x[0] = t.TCR | DS | HA | HD | (3n << 55n);
    t.atEL1(0xd518_2040); // msr tcr_el1, x0
    expect(t.m.state.TCR_EL1).toBe(t.TCR);
  });

  test('AT gives the shareability of TCR_EL1 with it', () => {
    const t = new Tables({ granule: 12, TnSZ: 12, IPS: PS_52, controls: DS | (3n << 12n) });
    t.map(0x4000n, 0x8000, { attributes: AF });
    t.set(0x4000n, 3, spread(12, 2 ** 50 + 0x8000) | AF | 3n);
    t.m.state.x[0] = 0x4000n;
    t.atEL1(0xd508_7800);
    expect(t.m.state.PAR_EL1).toBe((0xffn << 56n) | (1n << 50n) | 0x8000n | (1n << 11n) | (1n << 9n) | (3n << 7n));
  });
});

describe('TTST', () => {
  test.each([
    [12, 40, 24],
    [12, 48, 16],
    [14, 48, 16],
    [16, 47, 17],
    [12, 43, 21],
  ] as const)('granule 2^%i, TnSZ %i: %i bits', (granule, TnSZ, inputBits) => {
    const t = new Tables({ granule, TnSZ });
    const page = 1n << BigInt(granule);
    const top = (1n << BigInt(inputBits)) - page;
    const bottom = -(1n << BigInt(inputBits)) & 0xffff_ffff_ffff_ffffn;
    t.map(top, 2 ** granule * 5, { attributes: AF });
    t.map(bottom, 2 ** granule * 7, { attributes: AF });
    expect(t.m.cpu.translate(top + 8n, 'read', false).pa).toBe(2 ** granule * 5 + 8);
    expect(t.m.cpu.translate(bottom, 'read', false).pa).toBe(2 ** granule * 7);
    for (const va of [top + page, bottom - page]) expect(exceptionOf(() => t.m.cpu.translate(va, 'read', false)).iss).toBe(4);
  });

  test('a CPU without it has 25 bits at least', () => {
    const t = new Tables({ granule: 12, TnSZ: 40, model: 'cortex-a57' });
    t.map(0x1000n, 0x5000, { attributes: AF });
    expect(exceptionOf(() => t.m.cpu.translate(0x1000n, 'read', false)).iss).toBe(4);
  });
});

describe('HAFDBS', () => {
  const VA = 0x4000n;
  const make = (attributes: bigint, controls: bigint): Tables => {
    const t = new Tables({ granule: 12, controls });
    t.map(VA, 0x8000, { attributes });
    return t;
  };
  const descriptor = (t: Tables): bigint => t.get(VA, 3) & (AF | AP_RO);
  const status = (t: Tables, kind: AccessKind): number => exceptionOf(() => t.m.cpu.translate(VA, kind, false)).iss;

  test.each(kinds)('HA: a %s sets the access flag; without it, it faults', kind => {
    const without = make(0n, 0n);
    expect(status(without, kind) & 0x3f).toBe(0x0b);
    expect(descriptor(without)).toBe(0n);
    const t = make(0n, HA);
    expect(t.m.cpu.translate(VA, kind, false).pa).toBe(0x8000);
    expect(descriptor(t)).toBe(AF);
  });

  test('a refused access leaves the descriptor', () => {
    const t = make(AP_RO | PXN, HA | HD);
    for (const kind of ['write', 'fetch'] as const) expect(status(t, kind) & 0x3f).toBe(0x0f);
    expect(descriptor(t)).toBe(AP_RO);
  });

  test('HD: DBM makes a page writable; only a write makes it dirty, and no entry lets one past that', () => {
    const t = make(AF | AP_RO | DBM, HA | HD);
    expect(t.m.cpu.translate(VA, 'read', false).writable).toBe(false);
    expect(descriptor(t)).toBe(AF | AP_RO);
    expect(t.m.cpu.translate(VA, 'write', false).writable).toBe(true);
    expect(descriptor(t)).toBe(AF);
  });

  test.each([
    ['without HD', HA],
    ['HD without HA', HD],
  ])('%s DBM says nothing', (_name, controls) => {
    const t = make(AF | AP_RO | DBM, controls);
    expect(status(t, 'write')).toBe(0x4f);
    expect(descriptor(t)).toBe(AF | AP_RO);
  });

  test('what the tables above forbid stays forbidden and clean', () => {
    const t = make(AF | AP_RO | DBM, HA | HD);
    t.set(VA, 2, t.get(VA, 2) | (1n << 62n));
    expect(status(t, 'write')).toBe(0x4f);
    expect(descriptor(t)).toBe(AF | AP_RO);
  });

  test('a page that may become dirty is writable for WXN and for what EL1 may execute', () => {
    const t = make(AF | AP_RO | DBM | AP_EL0, HA | HD);
    expect(status(t, 'fetch')).toBe(0x0f);
    t.set(VA, 3, 0x8000n | AF | AP_RO | DBM | 3n);
    expect(t.m.cpu.translate(VA, 'fetch', false).pa).toBe(0x8000);
    t.SCTLR |= 1n << 19n;
    t.enable();
    expect(status(t, 'fetch')).toBe(0x0f);
  });

  test('AT sets no dirty state, and gives no access flag fault', () => {
    const t = make(AP_RO | DBM, HA | HD);
    t.m.state.x[0] = VA;
    t.atEL1(0xd508_7820); // at s1e1w
    expect(t.m.state.PAR_EL1 & 1n).toBe(0n);
    expect(descriptor(t)).toBe(AF | AP_RO);
  });

  test('cache maintenance makes nothing dirty; DC ZVA does', () => {
    for (const [word, dirty] of [
      [0xd508_7620, false], // dc ivac
      [0xd50b_7e20, false], // dc civac
      [0xd50b_7420, true], // dc zva
    ] as const) {
      const t = make(AF | AP_RO | DBM, HA | HD);
      t.set(VA, 3, BigInt(RAM + RAM_SIZE - 0x1000) | AF | AP_RO | DBM | 3n);
      t.m.state.x[0] = VA;
      t.atEL1(word);
      expect(descriptor(t)).toBe(dirty ? AF : AF | AP_RO);
    }
  });

  test('tables that are big-endian', () => {
    const t = make(AP_RO | DBM, HA | HD);
    t.swapAll();
    t.SCTLR |= 1n << 25n;
    t.enable();
    t.m.cpu.translate(VA, 'write', false);
    t.swapAll();
    expect(descriptor(t)).toBe(AF);
  });

  test('tables that can be read only: an unsupported atomic update', () => {
    const t = make(0n, HA);
    t.m.readOnly = true;
    for (const kind of kinds) expect(exceptionOf(() => t.m.cpu.translate(VA, kind, false))).toMatchObject(inAbort(0x31, kind));
  });

  test('a block is one descriptor', () => {
    const t = make(AF, HA | HD);
    t.set(VA, 2, AP_RO | DBM | VALID);
    t.m.cpu.translate(VA + 0x1_0000n, 'write', false);
    expect(t.get(VA, 2)).toBe(AF | DBM | VALID);
  });
});

describe('E0PD', () => {
  test.each([
    [0, 55n, 0x1000n],
    [1, 56n, 0xffff_ffff_ffff_e000n],
  ])('E0PD%i: what is unprivileged faults at level 0, and nothing else', (_n, bit, va) => {
    const t = new Tables({ granule: 12 });
    t.map(va, 0x5000, { attributes: AF | AP_EL0 });
    const { cpu } = t.m;
    const check = (faults: boolean): void => {
      for (const [pstate, kind, unprivileged, EL0] of [
        [0, 'read', false, true],
        [0, 'fetch', false, true],
        [5, 'write', true, true],
        [5, 'read', false, false],
      ] as const) {
        cpu.pstate = pstate;
        const attempt = (): number => cpu.translate(va, kind, unprivileged).pa;
        if (faults && EL0) expect(exceptionOf(attempt)).toEqual({ ...inAbort(0x04, kind), far: va });
        else expect(attempt()).toBe(0x5000);
      }
    };
    check(false);
    t.TCR |= 1n << bit;
    t.enable();
    check(true);
    t.m.state.x[0] = va;
    t.atEL1(0xd508_7840); // at s1e0r
    expect(t.m.state.PAR_EL1).toBe((1n << 11n) | (4n << 1n) | 1n);
  });
});

describe('HPDS', () => {
  test.each([
    [0, 41n, 0x1000n],
    [1, 42n, 0xffff_ffff_ffff_e000n],
  ])('HPD%i: table descriptors restrict nothing', (_n, bit, va) => {
    const t = new Tables({ granule: 12 });
    t.map(va, 0x5000, { attributes: AF });
    const restricting = (1n << 62n) | (1n << 59n);
    for (const level of [0, 1, 2]) t.set(va, level, t.get(va, level) | restricting);
    for (const kind of ['write', 'fetch'] as const) expect(exceptionOf(() => t.m.cpu.translate(va, kind, false)).iss & 0x3f).toBe(0x0f);
    t.TCR |= 1n << bit;
    t.enable();
    for (const kind of kinds) expect(t.m.cpu.translate(va, kind, false).pa).toBe(0x5000);
  });
});

describe('PAN3', () => {
  const EPAN = 1n << 57n;
  const PAN = 5 | (1 << 22);
  test.each([
    ['execute-only for EL0', 0n, true],
    ['nothing for EL0', UXN, false],
    ['readable for EL0', AP_EL0 | UXN, true],
  ])('with PAN, a page that is %s', (_what, attributes, refused) => {
    const t = new Tables({ granule: 12 });
    t.map(0x4000n, 0x8000, { attributes: AF | attributes });
    t.SCTLR |= EPAN;
    t.enable();
    t.m.cpu.pstate = PAN;
    for (const kind of ['read', 'write'] as const) {
      const attempt = (): number => t.m.cpu.translate(0x4000n, kind, false).pa;
      if (refused) expect(exceptionOf(attempt)).toMatchObject(inAbort(0x0f, kind));
      else expect(attempt()).toBe(0x8000);
    }
    t.m.cpu.pstate = 5;
    expect(t.m.cpu.translate(0x4000n, 'read', false).pa).toBe(0x8000);
  });
});

describe('TLBI by range with TCR_EL1.DS', () => {
  test('the base counts 64K', () => {
    const t = new Tables({ granule: 12, TnSZ: 12, IPS: PS_52, controls: DS });
    t.m.state.x[0] = (1n << 46n) | 0x4567n;
    t.m.calls.flushes.length = 0;
    t.atEL1(0xd508_8620); // tlbi rvae1, x0
    expect(t.m.calls.flushes).toEqual([0, 1].map(n => [0x4567_0000n + BigInt(n * 0x1000), 12, false]));
  });
});
