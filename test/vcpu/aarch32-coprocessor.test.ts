/**
 * CP15 of AArch32 at EL0 (DDI 0487, G8): what of AArch64's registers it is, what EL1 opens (CNTKCTL_EL1, PMUSERENR_EL0), and
 * that the upper halves of what is longer there stay.
 */
import { describe, expect, it } from 'vitest';
import { enterUser, put, tookSync, userRig } from './aarch32.ts';
import { CODE, Rig, tiers } from './rig.ts';

type Register = readonly [CRn: number, CRm: number, opc2: number];
/** With R1, and R2. */
const mrc = ([CRn, CRm, opc2]: Register): number => (0xee10_1f10 | (CRn << 16) | (opc2 << 5) | CRm) >>> 0;
const mcr = (r: Register): number => (mrc(r) & ~(1 << 20)) >>> 0;
const mrrc = (opc1: number, CRm: number): number => (0xec52_1f00 | (opc1 << 4) | CRm) >>> 0;
const mcrr = (opc1: number, CRm: number): number => (mrrc(opc1, CRm) & ~(1 << 20)) >>> 0;
const SVC = 0xef00_0000;

const TRAP = 0x03n;
const TRAP_64 = 0x04n;
const UNDEFINED = 0n;
const DONE = 0x11n;

const [, tier] = tiers[0]!;

/** Runs one instruction: the class of the exception that comes of it, SVC's if none. */
function run(r: Rig, word: number, values: Readonly<Record<number, bigint | number>> = {}): bigint {
  put(r, CODE, { a32: [word, SVC] });
  enterUser(r, CODE).setX({ 1: 0, 2: 0, ...values });
  expect(r.toExit()).toBe(tookSync);
  return r.state.ESR_EL1 >> 26n;
}

const PMCR: Register = [9, 12, 0];
const PMCNTENSET: Register = [9, 12, 1];
const PMSWINC: Register = [9, 12, 4];
const PMSELR: Register = [9, 12, 5];
const PMCCNTR: Register = [9, 13, 0];
const PMXEVCNTR: Register = [9, 13, 2];
const PMUSERENR: Register = [9, 14, 0];
const PMINTENSET: Register = [9, 14, 1];
const PMCEID2: Register = [9, 14, 4];
const PMEVCNTR1: Register = [14, 8, 1];
const PMEVTYPER1: Register = [14, 12, 1];

describe('CP15 at EL0', () => {
  it('G8.4 the monitors by PMUSERENR_EL0: EN all, SW, CR and ER their own', () => {
    const r = userRig(tier);
    const all = [PMCR, PMCNTENSET, PMSELR, PMCCNTR, PMXEVCNTR, PMCEID2, PMEVCNTR1, PMEVTYPER1];
    const readable = (): readonly bigint[] => all.map(register => run(r, mrc(register)));
    expect(readable()).toEqual(all.map(() => TRAP));
    r.state.PMUSERENR_EL0 = 1;
    expect(readable()).toEqual(all.map(() => DONE));
    expect([run(r, mrc(PMUSERENR)), r.x(1)]).toEqual([DONE, 1n]);
    r.state.PMUSERENR_EL0 = 0xe;
    expect(readable()).toEqual([TRAP, TRAP, DONE, DONE, DONE, TRAP, DONE, TRAP]);
    expect([run(r, mcr(PMSWINC)), run(r, mcr(PMCCNTR)), run(r, mrrc(0, 9))]).toEqual([DONE, TRAP, DONE]);
    r.state.PMUSERENR_EL0 = 0;
    expect([run(r, mcr(PMSWINC)), run(r, mrrc(0, 9))]).toEqual([TRAP, TRAP_64]);
    // EL1's, whatever EL0 may; and nobody's.
    r.state.PMUSERENR_EL0 = 0xf;
    const others = [mrc(PMINTENSET), mcr(PMUSERENR), mrc([9, 14, 7]), mrrc(1, 9)];
    expect(others.map(word => run(r, word))).toEqual(others.map(() => UNDEFINED));
  });

  it('G8.4 writes of PMCCNTR and PMEVCNTRn leave the upper half', () => {
    const r = userRig(tier);
    Object.assign(r.state, { PMUSERENR_EL0: 1, PMCCNTR_EL0: 0x7_0000_0001n });
    expect([run(r, mcr(PMCCNTR), { 1: 0x89ab_cdef }), r.state.PMCCNTR_EL0]).toEqual([DONE, 0x7_89ab_cdefn]);
    expect([run(r, mcrr(0, 9), { 1: 0x11, 2: 0x22 }), r.state.PMCCNTR_EL0]).toEqual([DONE, 0x22_0000_0011n]);
    r.state.PMEVCNTR[1] = 0x5_0000_0000n;
    expect([run(r, mcr(PMEVCNTR1), { 1: 0x1234 }), r.state.PMEVCNTR[1]]).toEqual([DONE, 0x5_0000_1234n]);
    r.state.PMSELR_EL0 = 1;
    expect([run(r, mcr(PMXEVCNTR), { 1: 0x4321 }), r.state.PMEVCNTR[1]]).toEqual([DONE, 0x5_0000_4321n]);
  });

  it('G8.6 the timer by CNTKCTL_EL1', () => {
    const r = userRig(tier);
    const [CNTFRQ, CNTP_CTL, CNTV_CTL] = [[14, 0, 0], [14, 2, 1], [14, 3, 1]] as const;
    const closed = (): readonly bigint[] =>
      [mrc(CNTFRQ), mrc(CNTP_CTL), mrc(CNTV_CTL), ...[0, 1, 2, 3].map(opc1 => mrrc(opc1, 14)), mcrr(3, 14)].map(word => run(r, word));
    r.state.CNTKCTL_EL1 = 0n;
    expect(closed()).toEqual([TRAP, TRAP, TRAP, TRAP_64, TRAP_64, TRAP_64, TRAP_64, TRAP_64]);
    // The rig has no timer: what isn't trapped is UNDEFINED.
    r.state.CNTKCTL_EL1 = 0x302n;
    expect(closed()).toEqual([UNDEFINED, UNDEFINED, UNDEFINED, TRAP_64, UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED]);
    expect([run(r, mrrc(4, 14)), run(r, mrc([14, 0, 1])), run(r, mrc([14, 3, 2]))]).toEqual([UNDEFINED, UNDEFINED, UNDEFINED]);
  });

  it('SCTLR_EL1.EnRCTX: CFPRCTX, DVPRCTX, CPPRCTX', () => {
    const r = userRig(tier);
    const words = [4, 5, 7].map(opc2 => mcr([7, 3, opc2]));
    expect(words.map(word => run(r, word))).toEqual([TRAP, TRAP, TRAP]);
    r.state.SCTLR_EL1 |= 1n << 10n;
    expect([...words, mcr([7, 3, 6])].map(word => run(r, word))).toEqual([DONE, DONE, DONE, UNDEFINED]);
  });

  it('cache and TLB maintenance, identification and control are EL1\'s', () => {
    const r = userRig(tier);
    const written: readonly Register[] = [[7, 5, 1], [7, 14, 1], [8, 7, 0], [13, 0, 3]];
    const words = [...written.map(mcr), ...([[0, 0, 1], [1, 0, 0], [2, 0, 0], [13, 0, 4]] as const).map(mrc)];
    expect(words.map(word => run(r, word))).toEqual(words.map(() => UNDEFINED));
  });
});
