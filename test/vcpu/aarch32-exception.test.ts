/** What AArch32 at EL0 raises to EL1, and ERET back to it: reference A2.10 and A2.11; ARM DDI 0487, D1.3, D17.2.37, C5.2.18. */
import { describe, expect, test } from 'vitest';
import { cpuModel } from '../../src/guest/aarch64/index.ts';
import { bytesIn, type Code, enterUser, ERET, FROM_AARCH32, put, T32, tookSync, USER_MODE, userPages, userRig } from './aarch32.ts';
import { CODE, DATA, HOLE, Rig, tiers } from './rig.ts';

const IL = 1n << 25n;
const [CV, COND_AL] = [1 << 24, 0xe << 20];
const esr = (ec: number, iss = 0, narrow = false): bigint => (BigInt(ec) << 26n) | (narrow ? 0n : IL) | BigInt(iss >>> 0);
const trap = (ec: number, iss: number, narrow = false): bigint => esr(ec, CV | COND_AL | iss, narrow);
const Z = 1 << 30;

interface Raising extends Code {
  readonly syndrome: bigint;
  /** The preferred return address is behind it. */
  readonly behind?: boolean;
  /** R7, where its address goes; 4-byte aligned unless said. */
  readonly at?: number;
  readonly far?: number;
  readonly flags?: number;
  /** Register fields of state and their values. */
  readonly state?: Readonly<Record<string, bigint | number>>;
}

const TDCC = { MDSCR_EL1: 1n << 12n };
const closed = { CNTKCTL_EL1: 0n };
const nTWI_clear = { SCTLR_EL1: 1n | (1n << 26n) };
const align = 0x21;
const translation = 7;
const WnR = 1 << 6;

const raising: Readonly<Record<string, Raising>> = {
  'SVC: 16 bits of its 24': { a32: [0xef012345], syndrome: esr(0x11, 0x2345), behind: true },
  'SVCNE': { a32: [0x1f000001], syndrome: esr(0x11, 1), behind: true },
  'BKPT': { a32: [0xe1212374], syndrome: esr(0x38, 0x1234) },
  'UDF': { a32: [0xe7f000f0], syndrome: esr(0) },
  'no instruction': { a32: [0xffffffff], syndrome: esr(0) },
  'LDR that can\'t be': { a32: [0xe5971000], at: HOLE + 4, far: HOLE + 4, syndrome: esr(0x24, translation) },
  'STR that can\'t be': { a32: [0xe5871000], at: HOLE, far: HOLE, syndrome: esr(0x24, WnR | translation) },
  'LDM not of words': { a32: [0xe8970006], at: DATA + 2, far: DATA + 2, syndrome: esr(0x24, align) },
  'LDM into a page that isn\'t there': { a32: [0xe8970006], at: HOLE - 4, far: HOLE, syndrome: esr(0x24, translation) },
  'LDRD not of words': { a32: [0xe1c720d0], at: DATA + 2, far: DATA + 2, syndrome: esr(0x24, align) },
  'LDREX not of words': { a32: [0xe1971f9f], at: DATA + 2, far: DATA + 2, syndrome: esr(0x24, align) },
  'MRRC CNTVCT': { a32: [0xec521f1e], syndrome: trap(0x04, (1 << 16) | (2 << 10) | (1 << 5) | (14 << 1) | 1), state: closed },
  'MRC CNTV_CTL': { a32: [0xee1e1f33], syndrome: trap(0x03, (1 << 17) | (14 << 10) | (1 << 5) | (3 << 1) | 1), state: closed },
  'MCR PMCR': { a32: [0xee091f1c], syndrome: trap(0x03, (9 << 10) | (1 << 5) | (12 << 1)) },
  'MRC DBGDSCRint': { a32: [0xee101e11], syndrome: trap(0x05, (1 << 5) | (1 << 1) | 1), state: TDCC },
  'MRC DBGDSCRint into the flags': { a32: [0xee10fe11], syndrome: trap(0x05, (31 << 5) | (1 << 1) | 1), state: TDCC },
  'LDC': { a32: [0xecb65e01], syndrome: trap(0x06, (1 << 12) | (6 << 5) | (1 << 4) | (1 << 1) | 1), state: TDCC },
  'STC': { a32: [0xed865e02], syndrome: trap(0x06, (2 << 12) | (6 << 5) | (1 << 4) | (2 << 1)), state: TDCC },
  'MRRC DBGDRAR': { a32: [0xec521e01], syndrome: trap(0x0c, (2 << 10) | (1 << 5) | (1 << 1) | 1), state: TDCC },
  'VADD while FP is off': { a32: [0xee300a00], syndrome: trap(0x07, 0), state: { CPACR_EL1: 0n } },
  'MRC of an EL1 register': { a32: [0xee101f10], syndrome: esr(0) },
  'CP15DMB without SCTLR_EL1.CP15BEN': { a32: [0xee071fba], syndrome: esr(0) },
  'SETEND with SCTLR_EL1.SED': { a32: [0xf1010200], syndrome: esr(0), state: { SCTLR_EL1: 1n | (1n << 8n) } },
  'WFI': { a32: [0xe320f003], syndrome: trap(0x01, 0), state: nTWI_clear },
  'WFE': { a32: [0xe320f002], syndrome: trap(0x01, 1), state: nTWI_clear },

  'T16 SVC': { t32: [0xdf03], syndrome: esr(0x11, 3, true), behind: true },
  'T16 BKPT': { t32: [0xbe09], syndrome: esr(0x38, 9, true) },
  'T16 UDF': { t32: [0xde00], syndrome: esr(0) },
  'T16 LDR that can\'t be': { t32: [0x6839], at: HOLE, far: HOLE, syndrome: esr(0x24, translation) },
  'T32 LDM not of words': { t32: [0xe897, 0x0006], at: DATA + 1, far: DATA + 1, syndrome: esr(0x24, align) },
  'T32 MRRC CNTVCT': { t32: [0xec52, 0x1f1e], syndrome: trap(0x04, (1 << 16) | (2 << 10) | (1 << 5) | (14 << 1) | 1), state: closed },
  'T32 VADD while FP is off': { t32: [0xee30, 0x0a00], syndrome: trap(0x07, 0), state: { CPACR_EL1: 0n } },
  'T32 CP15DMB without SCTLR_EL1.CP15BEN': { t32: [0xee07, 0x1fba], syndrome: esr(0) },
  'T32 CP15DSB without SCTLR_EL1.CP15BEN': { t32: [0xee07, 0x1f9a], syndrome: esr(0) },
  'T32 CP15ISB without SCTLR_EL1.CP15BEN': { t32: [0xee07, 0x1f95], syndrome: esr(0) },
  'T16 WFI': { t32: [0xbf30], syndrome: trap(0x01, 0, true), state: nTWI_clear },
  'T32 WFI': { t32: [0xf3af, 0x8003], syndrome: trap(0x01, 0), state: nTWI_clear },
  'T16 WFE': { t32: [0xbf20], syndrome: trap(0x01, 1, true), state: nTWI_clear },
  'T16 SETEND with SCTLR_EL1.SED': { t32: [0xb658], syndrome: esr(0), state: { SCTLR_EL1: 1n | (1n << 8n) } },
};

/** add r0, r0, #1; str r0, [r6] … add r5, r5, #1. */
const around = ({ a32, t32 }: Code): readonly [Code, Code] =>
  (a32 ? [{ a32: [0xe2800001, 0xe5860000] }, { a32: [0xe2855001] }] : t32 ? [{ t32: [0x3001, 0x6030] }, { t32: [0x3501] }] : [{}, {}]);

describe.each(tiers)('%s', (_name, tier) => {
  let shared: Rig | undefined;
  test.each(Object.entries(raising))('A2.10, A2.11: %s', (_kind, how) => {
    const r = (shared ??= userRig(tier));
    const [before, behind] = around(how);
    const at = put(r, CODE, before);
    const end = put(r, put(r, at, how), behind);
    put(r, end, how.a32 ? { a32: [0xef000000] } : { t32: [0xdf00] });
    for (let round = 0; round < 4; round++) {
      r.reset();
      r.state.MDSCR_EL1 = 0n;
      Object.assign(r.state, how.state ?? {});
      r.cpu.guest.stateChanged();
      userPages(r).setX({ 0: 10, 5: 20, 6: DATA, 7: how.at ?? DATA });
      r.poke64(DATA, 0n);
      enterUser(r, CODE, how.t32 ? T32 : 0);
      expect(r.toExit()).toBe(tookSync);
      expect(r.state.ESR_EL1).toBe(how.syndrome);
      expect(r.state.ELR_EL1).toBe(BigInt(how.behind ? at + bytesIn(how) : at));
      // ADDS of T32 leaves the flags 0, too.
      expect(r.state.SPSR_EL1).toBe(BigInt(USER_MODE | (how.t32 ? T32 : 0)));
      if (how.far !== undefined) expect(r.state.FAR_EL1).toBe(BigInt(how.far));
      expect([r.x(0), r.x(5), r.peek64(DATA)]).toEqual([11n, 20n, 11n]);
      expect([r.state.nRW, r.state.T, r.state.currentEL]).toEqual([0, 0, 1]);
    }
  });

  test('SVCs in an IT block are gone on with behind them', () => {
    const r = userRig(tier);
    // itett ne; svcne 5; nopeq; svcne 7; nopne; svc 3
    put(r, CODE, { t32: [0xbf17, 0xdf05, 0xbf00, 0xdf07, 0xbf00, 0xdf03] });
    const IT = (ITSTATE: number): bigint => BigInt(((ITSTATE & 3) << 25) | ((ITSTATE >> 2) << 10));
    for (let round = 0; round < 4; round++) {
      enterUser(r, CODE, T32);
      for (const [immediate, offset, ITSTATE] of [[5, 4, 0x0e], [7, 8, 0x18], [3, 12, 0]] as const) {
        expect(r.toExit()).toBe(tookSync);
        expect(r.state.ESR_EL1).toBe(esr(0x11, immediate, true));
        expect(r.state.ELR_EL1).toBe(BigInt(CODE + offset));
        expect(r.state.SPSR_EL1).toBe(BigInt(USER_MODE | T32) | IT(ITSTATE));
        expect(r.state.ITSTATE).toBe(0);
        r.state.pc = BigInt(ERET);
      }
      // Where the condition fails nothing of it happens.
      enterUser(r, CODE, T32 | Z);
      expect(r.toExit()).toBe(tookSync);
      expect(r.state.ELR_EL1).toBe(BigInt(CODE + 12));
    }
  });

  test('what EL1 doesn\'t trap goes on: WFI and WFE leave behind themselves, in an IT block with the next condition', () => {
    const r = userRig(tier);
    r.state.SCTLR_EL1 |= (1n << 16n) | (1n << 18n);
    r.cpu.guest.stateChanged();
    // ite eq; wfieq; addne r0, #1; adds r0, #2; svc 0
    put(r, CODE, { t32: [0xbf0c, 0xbf30, 0x3001, 0x3002, 0xdf00] });
    for (let round = 0; round < 4; round++) {
      r.setX({ 0: 0 });
      enterUser(r, CODE, T32 | Z);
      expect(r.toExit()).toBe('wfi');
      expect([r.state.pc, r.state.ITSTATE]).toEqual([BigInt(CODE + 4), 0x18]);
      expect(r.toExit()).toBe(tookSync);
      expect(r.x(0)).toBe(2n);
      enterUser(r, CODE, T32);
      expect(r.toExit()).toBe(tookSync);
      expect(r.x(0)).toBe(5n);
    }
  });

  test('an interrupt has its vector, and saves where it was', () => {
    const r = userRig(tier);
    put(r, CODE, { t32: [0xe7fe] });
    enterUser(r, CODE, T32);
    r.raise();
    expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_AARCH32.irq}`);
    expect([r.state.ELR_EL1, r.state.SPSR_EL1]).toEqual([BigInt(CODE), BigInt(USER_MODE | T32)]);
  });

  test('SETEND: data is big-endian, code is not', () => {
    const r = userRig(tier);
    // setend be; ldr r1, [r7]; ldrd r2, r3, [r7]; ldm r7, {r8, r9}; str r1, [r6]; setend le; ldr r5, [r6]; svc 0
    put(r, CODE, { a32: [0xf1010200, 0xe5971000, 0xe1c720d0, 0xe8970300, 0xe5861000, 0xf1010000, 0xe5965000, 0xef000000] });
    r.poke64(DATA + 16, 0x8877_6655_4433_2211n);
    for (let round = 0; round < 4; round++) {
      r.setX({ 1: 0, 2: 0, 3: 0, 5: 0, 6: DATA, 7: DATA + 16, 8: 0, 9: 0 });
      enterUser(r, CODE);
      expect(r.toExit()).toBe(tookSync);
      const [first, second] = [0x1122_3344n, 0x5566_7788n];
      expect([1, 2, 3, 5, 8, 9].map(n => r.x(n))).toEqual([first, first, second, 0x4433_2211n, first, second]);
      expect(r.state.SPSR_EL1).toBe(BigInt(USER_MODE));
    }
    put(r, CODE, { a32: [0xf1010200, 0xef000000] });
    enterUser(r, CODE);
    expect(r.toExit()).toBe(tookSync);
    expect(r.state.SPSR_EL1).toBe(BigInt(USER_MODE | (1 << 9)));
    expect(r.state.E).toBe(0);
  });

  test('BX and loads into the PC change between the instruction sets', () => {
    const r = userRig(tier);
    // A32: add r0, #1; bx r8 → T32: adds r0, #2; pop {pc} → A32: add r0, #1; ldr pc, [r7] → T32: adds r0, #2; svc 0
    const thumb = put(r, CODE, { a32: [0xe2800001, 0xe12fff18] });
    const arm = put(r, thumb, { t32: [0x3002, 0xbd00] });
    const last = put(r, arm, { a32: [0xe2800001, 0xe597f000] });
    const end = put(r, last, { t32: [0x3002, 0xdf00] });
    r.poke64(DATA, BigInt(arm));
    r.poke64(DATA + 8, BigInt(last + 1));
    for (let round = 0; round < 4; round++) {
      r.setX({ 0: 0, 7: DATA + 8, 8: thumb + 1, 13: DATA });
      enterUser(r, CODE);
      expect(r.toExit()).toBe(tookSync);
      expect([r.x(0), r.x(13), r.state.ELR_EL1]).toEqual([6n, BigInt(DATA + 4), BigInt(end)]);
      expect(r.state.SPSR_EL1 & 0x30n).toBe(BigInt(USER_MODE | T32));
    }
  });

  test('registers of CP14 and CP15 that need no exception', () => {
    const r = userRig(tier);
    r.state.SCTLR_EL1 |= 1n << 5n;
    r.cpu.guest.stateChanged();
    // mrc TPIDRURO, r1; mcr TPIDRURW, r2; mrc TPIDRURW, r3; mcr CP15ISB, CP15DSB, CP15DMB; mrc DBGDIDR, r4; mrc PMUSERENR, r5; svc 0
    put(r, CODE, {
      a32: [0xee1d1f70, 0xee0d2f50, 0xee1d3f50, 0xee070f95, 0xee070f9a, 0xee070fba, 0xee104e10, 0xee195f1e, 0xef000000],
    });
    for (let round = 0; round < 4; round++) {
      Object.assign(r.state, { TPIDRRO_EL0: 0x1_1234_5678n, TPIDR_EL0: 0x9_0000_0000n });
      r.setX({ 2: 0x8765_4321 });
      enterUser(r, CODE);
      expect(r.toExit()).toBe(tookSync);
      expect(r.state.ESR_EL1).toBe(esr(0x11));
      expect([r.x(1), r.x(3), r.x(5)]).toEqual([0x1234_5678n, 0x8765_4321n, 0n]);
      expect(r.state.TPIDR_EL0).toBe(0x9_8765_4321n);
      const { watchpoints, breakpoints, contextBreakpoints } = r.cpu.guest.model;
      expect(r.x(4) >> 20n).toBe(BigInt(((watchpoints - 1) << 8) | ((breakpoints - 1) << 4) | (contextBreakpoints - 1)));
    }
  });
});

describe('ERET', () => {
  const [, tier] = tiers[0]!;

  test('puts all of the PSR into PSTATE, and an exception all of it back', () => {
    const r = userRig(tier);
    put(r, CODE, { t32: [0xdf00] });
    // N C, Q, DIT, SSBS, GE 5, IT in a block of AL, E, A, F, T.
    for (const spsr of [0xa805_0250, 0x5181_0330, 0xf90f_0170]) {
      const T = (spsr >> 5) & 1;
      put(r, CODE, T ? { t32: [0xdf00] } : { a32: [0xef000000] });
      r.state.ELR_EL1 = BigInt(CODE + 1);
      r.state.SPSR_EL1 = BigInt(spsr >>> 0);
      r.enter(ERET);
      expect(r.toExit()).toBe(tookSync);
      expect(r.state.SPSR_EL1).toBe(BigInt(spsr >>> 0));
      expect(r.state.ELR_EL1).toBe(BigInt(CODE + (T ? 2 : 4)));
    }
  });

  test.each([
    ...[0x11, 0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1f]
      .map(mode => [`mode 0x${mode.toString(16)} is an illegal return`, mode, true] as const),
    ['User mode is one where there is no AArch32', 0x10, false] as const,
  ])('%s', (_name, mode, there) => {
    const r = there ? userRig(tier) : userPages(new Rig({ ...tier, model: cpuModel('max', { aarch32: false }) }));
    // What EL0 may write, EL1 can't execute.
    r.state.ELR_EL1 = BigInt(ERET);
    r.state.SPSR_EL1 = BigInt(mode);
    r.enter(ERET);
    expect(r.toExit()).toBe(`hvc ${0x1000 + 0x200}`);
    expect(r.state.ESR_EL1).toBe(esr(0x0e));
    expect(r.state.SPSR_EL1 & 0x10_001fn).toBe(0x10_0005n);
  });
});
