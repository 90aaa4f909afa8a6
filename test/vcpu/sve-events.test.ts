/**
 * SVE's loads and stores where not only memory answers: devices, watchpoints, Device memory, big-endian data; on every tier
 * (ARM DDI 0487, C8.2 and D2.10).
 */
import { describe, expect, test } from 'vitest';
import { cpuModel } from '../../src/guest/aarch64/index.ts';
import { FFR } from '../../src/guest/aarch64/state.ts';
import { Assembler, word } from './assembler.ts';
import { CODE, DATA, DEVICE, FROM_EL0, HOLE, Rig, RAM_END, reportingVectors, tiers, tookSync } from './rig.ts';

const model = cpuModel('max', { sve: true });
const CPACR_FPEN_ZEN = (3n << 20n) | (3n << 16n);
const [BASE, ZT, PG] = [1, 4, 3];
const at = { Pg: PG, Rn: BASE, Zt: ZT };
const [LOAD, STORE] = [1, 2];
const MDE_KDE = 0xa000n;
const E_PAC = 7;
const EL0_ACCESS = 1n << 6n;
const PAGE = 3n | (1n << 10n);
const DEVICE_MEMORY = 1n << 2n;

const ld1w = word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 10 });
const st1h = word('SVE ST1 (scalar plus immediate)', { ...at, msz: 1, esz: 1 });
const st3w = word('SVE ST2-ST4 (scalar plus immediate)', { ...at, msz: 2, opc: 2 });
const gather = word('SVE LD1 (gather, vector plus immediate, 64-bit)', { msz: 2, imm5: 1, U: 0, ff: 0, Pg: PG, Zn: ZT, Zt: ZT });
const scatter = word('SVE ST1 (scatter, vector plus immediate)', { msz: 1, words: 1, imm5: 0, Zn: 5, Pg: PG, Zt: ZT });
const ldff1b = word('SVE LDFF1 (scalar plus scalar)', { ...at, dtype: 0, Rm: 31 });
const ldnf1b = word('SVE LDNF1 (scalar plus immediate)', { ...at, dtype: 0 });

const lanes = (bits: number, values: readonly bigint[]): bigint => values.reduce((all, v, i) => all | BigInt.asUintN(bits, v) << BigInt(i * bits), 0n);
const COUNTING = lanes(8, Array.from({ length: 16 }, (_, i) => BigInt(0xa0 + i)));

describe.each(tiers)('%s', (_name, tier) => {
  const make = (): Rig => {
    const r = new Rig({ ...tier, model });
    r.state.CPACR_EL1 = CPACR_FPEN_ZEN;
    r.cpu.guest.stateChanged();
    return r.load(reportingVectors(), false);
  };
  const prepare = (r: Rig, encoded: number, base: number, p: number): Rig => {
    setV(r, ZT, COUNTING);
    r.state.p[PG] = p;
    r.state.p[FFR] = 0xffff;
    return r.load(new Assembler(CODE).add(9, 9, 1).raw(encoded).add(9, 9, 1).hvc(1)).setX({ [BASE]: base, 9: 0 });
  };
  const setV = (r: Rig, n: number, bits: bigint): void => {
    r.state.v[2 * n] = BigInt.asUintN(64, bits);
    r.state.v[2 * n + 1] = bits >> 64n;
  };
  /** Runs on with devices that answer with their address, and gives what they were asked. */
  const asked = (r: Rig): [string, number, number, bigint][] => {
    const seen: [string, number, number, bigint][] = [];
    expect(r.withDevice(({ pa, bytes, write, data }) => {
      seen.push([write ? 'write' : 'read', pa, bytes, data]);
      return BigInt(pa);
    })).toBe('hvc 1');
    expect(r.x(9)).toBe(2n);
    return seen;
  };

  test('a device is asked for active elements, each once and by itself', () => {
    const r = make();
    for (let round = 0; round < 4; round++) {
      expect(asked(prepare(r, ld1w, DEVICE + 16, 0x1011))).toEqual([0, 4, 12].map(o => ['read', DEVICE + 16 + o, 4, 0n]));
      expect(r.v(ZT)).toBe(lanes(32, [BigInt(DEVICE + 16), BigInt(DEVICE + 20), 0n, BigInt(DEVICE + 28)]));
      expect(asked(prepare(r, st1h, DEVICE, 0x4101))).toEqual([0, 8, 14].map(o => ['write', DEVICE + o, 2, BigInt(0xa1a0 + o * 0x101)]));
    }
  });

  test('a gather from devices and memory whose destination holds its addresses', () => {
    const r = make();
    r.poke64(DATA, 0x8765_4321_0fed_cba9n);
    for (const [first, second] of [[DEVICE, DATA], [DATA, DEVICE], [DEVICE + 8, DEVICE]] as const) {
      prepare(r, gather, 0, 0xffff);
      setV(r, ZT, lanes(64, [BigInt(first), BigInt(second)]));
      const devices = [first, second].filter(base => base < DATA);
      expect(asked(r)).toEqual(devices.map(base => ['read', base + 4, 4, 0n]));
      expect(r.v(ZT)).toBe(lanes(64, [first, second].map(base => (base === DATA ? -0x789a_bcdfn : BigInt(base + 4)))));
    }
  });

  test('a scatter to devices and memory, and structures half in memory that isn\'t there', () => {
    const r = make();
    prepare(r, scatter, 0, 0xf0ff);
    r.poke64(DATA, 0n);
    setV(r, 5, lanes(32, [BigInt(DEVICE + 6), BigInt(DATA + 2), 0n, BigInt(DEVICE)]));
    expect(asked(r)).toEqual([['write', DEVICE + 6, 2, 0xa1a0n], ['write', DEVICE, 2, 0xadacn]]);
    expect(r.peek64(DATA)).toBe(0xa5a4_0000n);
    prepare(r, st3w, RAM_END - 20, 0x1101);
    for (const n of [5, 6]) setV(r, n, COUNTING);
    // Elements 0, 2 and 3: the first one's three words are in RAM, the others' behind it.
    expect(asked(r)).toEqual([4, 8, 12, 16, 20, 24].map((o, i) => ['write', RAM_END + o, 4, i < 3 ? 0xabaa_a9a8n : 0xafae_adacn]));
  });

  test('a device that aborts leaves the destination', () => {
    const r = make();
    prepare(r, ld1w, DEVICE, 0xffff);
    let n = 0;
    expect(r.withDevice(() => (n++ === 2 ? 'aborted' : 7n))).toBe(tookSync);
    expect([r.state.ESR_EL1, Number(r.state.FAR_EL1), r.v(ZT), r.x(9)]).toEqual([0x9600_0010n, DEVICE + 8, COUNTING, 1n]);
  });

  const watch = (r: Rig, byte: number, LSC: number): void => {
    const { state, cpu: { guest } } = r;
    state.MDSCR_EL1 = MDE_KDE;
    state.OSLSR_EL1 = 8n;
    state.DBGWVR[0] = BigInt(byte & ~7);
    state.DBGWCR[0] = LSC === 0 ? 0n : BigInt(E_PAC | LSC << 3 | 1 << (5 + (byte & 7)));
    guest.debug.update();
  };

  test('a watchpoint is met by active elements only', () => {
    const r = make();
    for (let element = 0; element < 8; element++) {
      for (const [p, hit] of [[0xffff, true], [0xffff & ~(3 << (element * 2)), false]] as const) {
        for (let n = 0; n < 4; n++) r.poke64(DATA + 8 * n, 0n);
        watch(r, DATA + 2 * element + 1, STORE);
        prepare(r, st1h, DATA, p);
        expect([element, p, r.toExit()]).toEqual([element, p, hit ? tookSync : 'hvc 1']);
        const stored = Array.from(r.bytes(DATA, 16), (byte, i) => (byte === 0xa0 + i ? 1 : byte === 0 ? 0 : 2));
        expect(stored).toEqual(Array.from({ length: 16 }, (_, i) => (hit ? Number(i < 2 * element) : (p >> (i & ~1)) & 1)));
        if (hit) expect([r.state.ESR_EL1, Number(r.state.FAR_EL1)]).toEqual([0xd600_0062n, DATA + 2 * element + 1]);
      }
    }
    watch(r, 0, 0);
  });

  test('a watchpoint ends a first-fault load, and hits its first active element', () => {
    const r = make();
    for (const [encoded, element, p, FFRs] of [
      [ldff1b, 5, 0xffff, 0x1f], [ldff1b, 5, 0xffe0, undefined], [ldff1b, 5, 0xffdf, 0xffff], [ldnf1b, 5, 0xffe0, 0x1f], [ldnf1b, 0, 0xffff, 0],
    ] as const) {
      prepare(r, encoded, DATA, p);
      watch(r, DATA + element, LOAD);
      expect([element, p, r.toExit()]).toEqual([element, p, FFRs === undefined ? tookSync : 'hvc 1']);
      expect(r.state.p[FFR]).toBe(FFRs ?? 0xffff);
    }
    watch(r, 0, 0);
  });

  test('LDFF1 of a device takes the first active element only, LDNF1 none; Device memory is as a device', () => {
    const r = make();
    expect(asked(prepare(r, ldff1b, DEVICE, 0xfff8))).toEqual([['read', DEVICE + 3, 1, 0n]]);
    expect([r.state.p[FFR], r.v(ZT)]).toEqual([0xf, 3n << 24n]);
    expect(asked(prepare(r, ldnf1b, DEVICE, 0xfff8))).toEqual([]);
    expect([r.state.p[FFR], r.v(ZT)]).toEqual([7, 0n]);
    r.map(HOLE, BigInt(HOLE) | PAGE | DEVICE_MEMORY);
    r.cpu.flushTlb();
    expect(asked(prepare(r, ldff1b, HOLE - 6, 0xffff))).toEqual([]);
    expect(r.state.p[FFR]).toBe(0x3f);
  });

  test('big-endian data: bytes of each element are the other way round, elements aren\'t, and LDR\'s bytes neither', () => {
    const r = make();
    for (const page of [CODE, DATA]) r.map(page, BigInt(page) | PAGE | EL0_ACCESS);
    r.state.SCTLR_EL1 |= 1n << 24n;
    r.cpu.guest.stateChanged();
    r.cpu.flushTlb();
    const bytes = Array.from({ length: 16 }, (_, i) => BigInt(0x10 + i * 3));
    const run = (encoded: number, p: number, base = DATA): bigint => {
      for (let n = 0; n < 16; n++) r.bytes(DATA, 16)[n] = Number(bytes[n]);
      // Twice, so that it misses and hits the TLB.
      for (let n = 0; n < 2; n++) {
        prepare(r, encoded, base, p);
        expect(r.enterEL0(CODE).toExit()).toBe(`hvc ${0x1000 + FROM_EL0.sync}`);
        expect(Number(r.state.ELR_EL1)).toBe(CODE + 12);
      }
      return r.v(ZT);
    };
    const reversed = (size: number): bigint => lanes(8, bytes.map((_, i) => bytes[i ^ (size - 1)]!));
    expect(run(word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 5 }), 0xffff)).toBe(reversed(2));
    expect(run(ld1w, 0x00f0)).toBe(reversed(4) & 0xffff_ffff_0000_0000n);
    expect(run(word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 15 }), 0xffff)).toBe(reversed(8));
    expect(run(word('SVE LDR (vector)', { imm9h: 0, imm9l: 0, Rn: BASE, Zt: ZT }), 0)).toBe(lanes(8, bytes));
    run(st1h, 0x0104);
    expect(Array.from(r.bytes(DATA, 16), BigInt)).toEqual(bytes.map((b, i) => ([2, 3, 8, 9].includes(i) ? BigInt(0xa0 + (i ^ 1)) : b)));
  });
});
