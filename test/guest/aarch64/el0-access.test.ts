/**
 * What EL1 opens to EL0 and how the rest traps: bits of SCTLR_EL1, CNTKCTL_EL1, PMUSERENR_EL0, MDSCR_EL1 and CPACR_EL1 (ARM DDI
 * 0487, D17.2 and D17.5). For each: the whole syndrome where it is closed, the access where it is open, and EL1, which needs nothing.
 */
import { describe, expect, test } from 'vitest';
import { sysregKey } from '../../../src/guest/aarch64/platform.ts';
import type { Encoding } from '../../../src/guest/aarch64/sysreg/register.ts';
import { Machine } from './machine.ts';

const EL0t = 0;
const EL1h = 5;
const PC = 0x4000_0000n;
const VBAR = 0x4008_0000n;
const FAR = 0x1234n;

type Control = 'SCTLR_EL1' | 'CNTKCTL_EL1' | 'PMUSERENR_EL0' | 'MDSCR_EL1';
type Access = 'read' | 'write' | 'operation';

/** MSR, MRS or SYS with X3. */
const wordOf = (encoding: Encoding, access: Access): number => ((0xd500_0003 | (access === 'read' ? 1 << 21 : 0) | (sysregKey(...encoding) << 5)) >>> 0);

/** ESR_EL1 of a trapped access with this Rt: EC 0x18. */
function trap([op0, op1, CRn, CRm, op2]: Encoding, access: Access, Rt = 3): number {
  const ISS = (op0 << 20) | (op2 << 17) | (op1 << 14) | (CRn << 10) | (Rt << 5) | (CRm << 1) | (access === 'read' ? 1 : 0);
  return ((0x18 << 26) | (1 << 25) | ISS) >>> 0;
}

/** Bits that open it, each by itself; all others closed it stays, and all others open it stays, too. */
interface Row { readonly name: string; readonly encoding: Encoding; readonly access: Access; readonly control: Control; readonly opens: readonly number[] }

const row = (control: Control, opens: readonly number[], access: Access, ...named: readonly (readonly [string, Encoding])[]): Row[] =>
  named.map(([name, encoding]) => ({ name, encoding, access, control, opens }));

const sys = (op1: number, CRm: number, op2: number): Encoding => [1, op1, 7, CRm, op2];
const pmu = (CRm: number, op2: number): Encoding => [3, 3, 9, CRm, op2];
const timer = (CRm: number, op2: number): Encoding => [3, 3, 14, CRm, op2];

const [EN, SW, CR, ER] = [0, 1, 2, 3];
const counters: readonly (readonly [string, Encoding])[] = [['PMXEVCNTR_EL0', pmu(13, 2)], ['PMEVCNTR0_EL0', timer(8, 0)], ['PMEVCNTR5_EL0', timer(8, 5)]];
const plainMonitors: readonly (readonly [string, Encoding])[] = [
  ['PMCR_EL0', pmu(12, 0)], ['PMCNTENSET_EL0', pmu(12, 1)], ['PMCNTENCLR_EL0', pmu(12, 2)], ['PMOVSCLR_EL0', pmu(12, 3)], ['PMOVSSET_EL0', pmu(14, 3)],
  ['PMXEVTYPER_EL0', pmu(13, 1)], ['PMEVTYPER0_EL0', timer(12, 0)], ['PMEVTYPER5_EL0', timer(12, 5)], ['PMCCFILTR_EL0', timer(15, 7)],
];
const timers: readonly (readonly [string, Encoding, bit: number])[] = [
  ['CNTP_TVAL_EL0', timer(2, 0), 9], ['CNTP_CTL_EL0', timer(2, 1), 9], ['CNTP_CVAL_EL0', timer(2, 2), 9],
  ['CNTV_TVAL_EL0', timer(3, 0), 8], ['CNTV_CTL_EL0', timer(3, 1), 8], ['CNTV_CVAL_EL0', timer(3, 2), 8],
];
const channel: readonly (readonly [string, Encoding])[] = [['DBGDTR_EL0', [2, 3, 0, 4, 0]], ['DBGDTRRX_EL0', [2, 3, 0, 5, 0]]];

const rows: readonly Row[] = [
  ...row('SCTLR_EL1', [26], 'operation', ['UCI: IC IVAU', sys(3, 5, 1)], ['UCI: DC CVAC', sys(3, 10, 1)], ['UCI: DC CVAU', sys(3, 11, 1)],
    ['UCI: DC CVAP', sys(3, 12, 1)], ['UCI: DC CVADP', sys(3, 13, 1)], ['UCI: DC CIVAC', sys(3, 14, 1)]),
  ...row('SCTLR_EL1', [10], 'operation', ['EnRCTX: CFP RCTX', sys(3, 3, 4)], ['EnRCTX: DVP RCTX', sys(3, 3, 5)], ['EnRCTX: CPP RCTX', sys(3, 3, 7)]),
  ...row('SCTLR_EL1', [15], 'read', ['UCT: CTR_EL0', [3, 3, 0, 0, 1]]),
  ...row('SCTLR_EL1', [9], 'read', ['UMA: DAIF', [3, 3, 4, 2, 1]]),
  ...row('SCTLR_EL1', [9], 'write', ['UMA: DAIF', [3, 3, 4, 2, 1]]),
  ...row('CNTKCTL_EL1', [0, 1], 'read', ['CNTFRQ_EL0', timer(0, 0)]),
  ...row('CNTKCTL_EL1', [0], 'read', ['EL0PCTEN: CNTPCT_EL0', timer(0, 1)]),
  ...row('CNTKCTL_EL1', [1], 'read', ['EL0VCTEN: CNTVCT_EL0', timer(0, 2)]),
  ...timers.flatMap(([name, encoding, bit]) => (['read', 'write'] as const).flatMap(access => row('CNTKCTL_EL1', [bit], access, [name, encoding]))),
  ...(['read', 'write'] as const).flatMap(access => row('PMUSERENR_EL0', [EN], access, ...plainMonitors)),
  ...row('PMUSERENR_EL0', [EN], 'read', ['PMCEID0_EL0', pmu(12, 6)], ['PMCEID1_EL0', pmu(12, 7)]),
  ...row('PMUSERENR_EL0', [EN, SW], 'write', ['PMSWINC_EL0', pmu(12, 4)]),
  ...row('PMUSERENR_EL0', [EN, CR], 'read', ['PMCCNTR_EL0', pmu(13, 0)]),
  ...row('PMUSERENR_EL0', [EN], 'write', ['PMCCNTR_EL0', pmu(13, 0)]),
  ...row('PMUSERENR_EL0', [EN, ER], 'read', ['PMSELR_EL0', pmu(12, 5)], ...counters),
  ...row('PMUSERENR_EL0', [EN, ER], 'write', ['PMSELR_EL0', pmu(12, 5)]),
  ...row('PMUSERENR_EL0', [EN], 'write', ...counters),
];
/** Where a bit that is set closes. */
const closedBy: readonly Row[] = [
  ...row('SCTLR_EL1', [20], 'read', ['TSCXT: SCXTNUM_EL0', [3, 3, 13, 0, 7]]),
  ...row('SCTLR_EL1', [20], 'write', ['TSCXT: SCXTNUM_EL0', [3, 3, 13, 0, 7]]),
  ...row('MDSCR_EL1', [12], 'read', ['TDCC: MDCCSR_EL0', [2, 3, 0, 1, 0]], ...channel),
  ...row('MDSCR_EL1', [12], 'write', ...channel),
];

const BITS: Readonly<Record<Control, number>> = { SCTLR_EL1: 32, CNTKCTL_EL1: 10, PMUSERENR_EL0: 4, MDSCR_EL1: 16 };
/** Of what the other bits are tried with: translation, alignment, byte order and stack checks stay out of the way. */
const UNTOUCHED: Readonly<Record<Control, readonly number[]>> = { SCTLR_EL1: [0, 1, 3, 4, 19, 24, 25], CNTKCTL_EL1: [], PMUSERENR_EL0: [], MDSCR_EL1: [] };

function machine(control: Control, bits: readonly number[], pstate: number): Machine {
  const m = new Machine('max');
  const { state } = m;
  const value = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
  if (control === 'PMUSERENR_EL0') state.PMUSERENR_EL0 = Number(value);
  else state[control] = value;
  for (let CRm = 0; CRm < 4; CRm++) for (let op2 = 0; op2 < 3; op2++) m.platform.registers.set(sysregKey(3, 3, 14, CRm, op2), 5n);
  state.VBAR_EL1 = VBAR;
  state.FAR_EL1 = FAR;
  state.x[3] = PC;
  m.cpu.stateChanged();
  m.cpu.pstate = pstate;
  return m;
}

/** 'done', or what ESR_EL1 says with the rest of an exception from EL0 as it has to be. */
function outcome(control: Control, bits: readonly number[], word: number, pstate = EL0t): string {
  const m = machine(control, bits, pstate);
  const exit = m.run(word);
  const { state } = m;
  if (exit) return exit.kind;
  if (state.pc === PC + 4n) return 'done';
  expect([state.pc, state.ELR_EL1, state.SPSR_EL1, state.FAR_EL1, state.currentEL]).toEqual([VBAR + (pstate ? 0x200n : 0x400n), PC, BigInt(pstate), FAR, 1]);
  return Number(state.ESR_EL1).toString(16);
}

const others = (control: Control, bits: readonly number[]): number[] =>
  Array.from({ length: BITS[control] }, (_, n) => n).filter(n => !bits.includes(n) && !UNTOUCHED[control].includes(n));

describe('what a bit opens to EL0', () => {
  test.each(rows.map(r => [`${r.control} ${r.name} ${r.access}`, r] as const))('%s', (_name, { encoding, access, control, opens }) => {
    const word = wordOf(encoding, access);
    const trapped = trap(encoding, access).toString(16);
    expect(outcome(control, [], word)).toBe(trapped);
    expect(outcome(control, others(control, opens), word)).toBe(trapped);
    for (const bit of opens) expect(outcome(control, [bit], word)).toBe('done');
    expect(outcome(control, [], word, EL1h)).toBe('done');
  });

  test.each(closedBy.map(r => [`${r.control} ${r.name} ${r.access}`, r] as const))('%s, which a bit closes', (_name, { encoding, access, control, opens }) => {
    const word = wordOf(encoding, access);
    expect(outcome(control, opens, word)).toBe(trap(encoding, access).toString(16));
    expect(outcome(control, others(control, opens), word)).toBe('done');
    expect(outcome(control, opens, word, EL1h)).toBe('done');
  });
});

describe('other doors of SCTLR_EL1', () => {
  const DC_ZVA = 0xd50b_7423;
  test('DZE: DC ZVA traps, and DCZID_EL0.DZP says so before', () => {
    // Memory has to be Normal for it: translation is on in one flat block.
    const zva = (bits: readonly number[], pstate: number): string => {
      const m = machine('SCTLR_EL1', bits, pstate);
      const [table, block] = [0x4000_2000, 0x4000_3000];
      m.poke64(table, BigInt(block) | 3n);
      m.poke64(table + 8, BigInt(block) | 3n);
      for (const at of [0, 1]) m.poke64(block + at * 8, BigInt(at * 0x4000_0000) | (1n << 10n) | (pstate ? 0n : 1n << 6n) | 1n);
      Object.assign(m.state, { TTBR0_EL1: BigInt(table), TCR_EL1: 16n | (1n << 23n) | (2n << 32n), MAIR_EL1: 0xffn });
      m.state.SCTLR_EL1 |= 1n;
      m.state.x[3] = PC + 0x100n;
      m.cpu.stateChanged();
      // The tables' first level is level 0, whose first entry leads to level 1.
      m.run(DC_ZVA);
      return m.state.pc === PC + 4n ? 'done' : Number(m.state.ESR_EL1).toString(16);
    };
    expect(zva([], EL0t)).toBe(trap(sys(3, 4, 1), 'operation').toString(16));
    expect(zva([14], EL0t)).toBe('done');
    expect(zva([], EL1h)).toBe('done');
    const DZP = (bits: readonly number[], pstate: number): bigint => {
      const m = machine('SCTLR_EL1', bits, pstate);
      m.run(wordOf([3, 3, 0, 0, 7], 'read'));
      return m.state.x[3]! >> 4n;
    };
    expect([DZP([], EL0t), DZP([14], EL0t), DZP([], EL1h)]).toEqual([1n, 0n, 0n]);
  });

  test.each([['DAIFSet', 6, 0xd503_45df], ['DAIFClr', 7, 0xd503_45ff]])('UMA: MSR %s, #5', (_name, op2, word) => {
    const trapped = trap([0, 3, 4, 5, op2], 'write', 31).toString(16);
    expect(outcome('SCTLR_EL1', [], word)).toBe(trapped);
    expect(outcome('SCTLR_EL1', others('SCTLR_EL1', [9]), word)).toBe(trapped);
    expect(outcome('SCTLR_EL1', [9], word)).toBe('done');
    expect(outcome('SCTLR_EL1', [], word, EL1h)).toBe('done');
  });

  test.each([['nTWI', 16, 0xd503_207f, 0, 'wfi'], ['nTWE', 18, 0xd503_205f, 1, 'wfe']] as const)('%s', (_name, bit, word, TI, kind) => {
    const trapped = (((0x01 << 26) | (1 << 25) | (1 << 24) | (0xe << 20) | TI) >>> 0).toString(16);
    expect(outcome('SCTLR_EL1', [], word)).toBe(trapped);
    expect(outcome('SCTLR_EL1', others('SCTLR_EL1', [bit]), word)).toBe(trapped);
    expect(outcome('SCTLR_EL1', [bit], word)).toBe(kind);
    expect(outcome('SCTLR_EL1', [], word, EL1h)).toBe(kind);
  });

  test('neither traps where there is nothing to wait for', () => {
    const m = machine('SCTLR_EL1', [], EL0t);
    m.run(0xd503_20bf /* sevl */, 0xd503_205f);
    expect(m.state.pc).toBe(PC + 8n);
    m.platform.up = 1;
    m.cpu.pstate = EL0t | 0x3c0;
    expect(m.run(0xd503_207f)).toBeUndefined();
    expect(m.state.pc).toBe(PC + 4n);
    // WFE's wait isn't ended by an interrupt that is masked.
    m.cpu.pstate = 5 | 0x3c0;
    expect(m.run(0xd503_205f)?.kind).toBe('wfe');
    m.cpu.pstate = 5;
    expect(m.run(0xd503_205f)).toBeUndefined();
  });
});

describe('the event stream of CNTKCTL_EL1', () => {
  const WFE = 0xd503_205f;
  const CNTVCT = sysregKey(3, 3, 14, 0, 2);
  const [EVNTEN, EVNTDIR] = [1n << 2n, 1n << 3n];
  const CNTKCTL: Encoding = [3, 0, 14, 1, 0];

  function started(control: bigint, count: bigint): Machine {
    const m = machine('SCTLR_EL1', [], EL1h);
    m.platform.registers.set(CNTVCT, count);
    m.state.x[3] = control;
    m.run(wordOf(CNTKCTL, 'write'));
    return m;
  }
  const at = (m: Machine, count: bigint): string => {
    m.platform.registers.set(CNTVCT, count);
    return m.run(WFE)?.kind ?? 'goes on';
  };

  test('a bit of the virtual counter that becomes 1 is an event; it is there once, and kept until WFE asks', () => {
    const m = started(EVNTEN | (4n << 4n), 0x100n);
    expect([0x10fn, 0x110n, 0x111n, 0x11fn, 0x120n, 0x12fn, 0x130n, 0x1_0000n, 0x1_0000n].map(count => at(m, count))).toEqual(
      ['wfe', 'goes on', 'wfe', 'wfe', 'wfe', 'wfe', 'goes on', 'goes on', 'wfe'],
    );
  });

  test('with EVNTDIR one that becomes 0', () => {
    const m = started(EVNTEN | EVNTDIR | (4n << 4n), 0x100n);
    expect([0x10fn, 0x110n, 0x11fn, 0x120n, 0x13fn, 0x140n].map(count => at(m, count))).toEqual(['wfe', 'wfe', 'wfe', 'goes on', 'wfe', 'goes on']);
  });

  test.each([0n, 7n, 15n])('EVNTI %i has its period', EVNTI => {
    const period = 2n << EVNTI;
    const m = started(EVNTEN | (EVNTI << 4n), 0n);
    for (let n = 0n; n < 5n; n++) {
      expect(at(m, n * period + period / 2n)).toBe('goes on');
      expect(at(m, n * period + period - 1n)).toBe('wfe');
    }
  });

  test('without EVNTEN there is none, and none from before it was set; EVNTIS is RES0', () => {
    const off = started(4n << 4n, 0n);
    expect(at(off, 0x1_0000n)).toBe('wfe');
    const m = started(EVNTEN | (4n << 4n), 0x1_0000n);
    expect(at(m, 0x1_0008n)).toBe('wfe');
    m.state.x[3] = 1n << 17n;
    m.run(wordOf(CNTKCTL, 'write'));
    expect(m.state.CNTKCTL_EL1).toBe(0n);
  });

  test('EL0 that may not wait traps only where no event has come', () => {
    const m = started(EVNTEN | (4n << 4n), 0n);
    const fromEL0 = (count: bigint): bigint => {
      m.cpu.pstate = EL0t;
      m.state.ESR_EL1 = 0n;
      m.platform.registers.set(CNTVCT, count);
      m.run(WFE);
      return m.state.ESR_EL1 >> 26n;
    };
    expect([0x10n, 0x11n, 0x30n].map(fromEL0)).toEqual([0n, 1n, 0n]);
  });
});

describe('the OS lock', () => {
  const [OSLAR, OSLSR, OSDLR, MDSCR]: readonly Encoding[] = [[2, 0, 1, 0, 4], [2, 0, 1, 1, 4], [2, 0, 1, 3, 4], [2, 0, 0, 2, 2]];
  const UNDEFINED = (1 << 25).toString(16);

  test.each([['OSLAR_EL1', OSLAR!, false, true], ['OSLSR_EL1', OSLSR!, true, false], ['OSDLR_EL1', OSDLR!, true, true]] as const)(
    '%s: EL1 only, and which way', (_name, encoding, reads, writes) => {
      for (const [access, allowed] of [['read', reads], ['write', writes]] as const) {
        expect(outcome('SCTLR_EL1', [], wordOf(encoding, access), EL1h)).toBe(allowed ? 'done' : UNDEFINED);
        expect(outcome('SCTLR_EL1', others('SCTLR_EL1', []), wordOf(encoding, access))).toBe(UNDEFINED);
      }
    },
  );

  test('is set at reset; OSLAR_EL1 sets and clears it, OSLSR_EL1 shows it; OSDLR_EL1 keeps DLK', () => {
    const m = machine('SCTLR_EL1', [], EL1h);
    const put = (encoding: Encoding, value: bigint): void => {
      m.state.x[3] = value;
      m.run(wordOf(encoding, 'write'));
    };
    const get = (encoding: Encoding): bigint => {
      m.run(wordOf(encoding, 'read'));
      return m.state.x[3]!;
    };
    expect(get(OSLSR!)).toBe(0b1010n);
    put(OSLAR!, 0n);
    expect(get(OSLSR!)).toBe(0b1000n);
    put(OSLAR!, ~0n);
    expect(get(OSLSR!)).toBe(0b1010n);
    put(OSDLR!, ~0n);
    expect(get(OSDLR!)).toBe(1n);
    // What a debugger had there can be put back only while the lock is set.
    put(MDSCR!, 1n << 29n);
    expect(get(MDSCR!)).toBe(1n << 29n);
    put(OSLAR!, 0n);
    put(MDSCR!, 0n);
    expect(get(MDSCR!)).toBe(1n << 29n);
  });
});
