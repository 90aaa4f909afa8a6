/** System registers of EL0 and EL1: values, access rules, and what writing does. */
import { describe, expect, test } from 'vitest';
import { cpuModels, type CpuModelName } from '../../../src/guest/aarch64/index.ts';
import { sysregKey } from '../../../src/guest/aarch64/platform.ts';
import { SP } from '../../../src/guest/aarch64/state.ts';
import type { Encoding } from '../../../src/guest/aarch64/sysreg/register.ts';
import { getRegister, setRegister, systemRegisters } from '../../../src/guest/aarch64/sysreg/table.ts';
import { Machine } from './machine.ts';

const EL1h = 5;
const UNDEFINED = 0x0200_0000n;

const word = (encoding: Encoding, read: boolean, Rt = 0): number =>
  (0xd500_0000 | (read ? 1 << 21 : 0) | (sysregKey(...encoding) << 5) | Rt) >>> 0;

function machine(pstate = EL1h, model: CpuModelName = 'cortex-a57', options = {}): Machine {
  const m = new Machine(model, options);
  m.state.CPACR_EL1 = 3n << 20n;
  m.cpu.pstate = pstate;
  return m;
}

/** MRS; undefined where it raised. */
function mrs(m: Machine, encoding: Encoding): bigint | undefined {
  const before = m.cpu.pstate;
  m.run(word(encoding, true));
  if (m.state.pc === 0x4000_0004n) return m.state.x[0];
  m.cpu.pstate = before;
  return undefined;
}

/** MSR; whether it didn't raise. */
function msr(m: Machine, encoding: Encoding, value: bigint): boolean {
  m.state.x[0] = value;
  const before = m.cpu.pstate;
  m.run(word(encoding, false));
  if (m.state.pc === 0x4000_0004n) return true;
  m.cpu.pstate = before;
  return false;
}

describe('C1.7 identification of a Cortex-A57', () => {
  test.each([
    ['MIDR_EL1', [3, 0, 0, 0, 0], 0x411fd070n],
    ['MPIDR_EL1', [3, 0, 0, 0, 5], 0x8000_0103n],
    ['REVIDR_EL1', [3, 0, 0, 0, 6], 0n],
    ['CTR_EL0', [3, 3, 0, 0, 1], 0x8444c004n],
    ['CLIDR_EL1', [3, 1, 0, 0, 1], 0x0a200023n],
    ['DCZID_EL0', [3, 3, 0, 0, 7], 4n],
    ['ID_AA64DFR0_EL1', [3, 0, 0, 5, 0], 0x10305106n],
    ['ID_AA64ISAR0_EL1', [3, 0, 0, 6, 0], 0x00011120n],
    ['ID_AA64MMFR0_EL1', [3, 0, 0, 7, 0], 0x1124n],
    ['ID_PFR0_EL1', [3, 0, 0, 1, 0], 0x131n],
    ['ID_PFR1_EL1, without EL2 and EL3', [3, 0, 0, 1, 1], 0x10001n],
    ['ID_DFR0_EL1, without EL3', [3, 0, 0, 1, 2], 0x03010006n],
    ['ID_MMFR0_EL1', [3, 0, 0, 1, 4], 0x10101105n],
    ['ID_ISAR5_EL1', [3, 0, 0, 2, 5], 0x00011121n],
    ['MVFR0_EL1', [3, 0, 0, 3, 0], 0x10110222n],
    ['SCTLR_EL1 at reset', [3, 0, 1, 0, 0], 0x00c50838n],
    ['PMCR_EL0 at reset', [3, 3, 9, 12, 0], 0x41013000n],
    ['CurrentEL', [3, 0, 4, 2, 2], 4n],
    ['OSLSR_EL1', [2, 0, 1, 1, 4], 10n],
  ] as [string, Encoding, bigint][])('%s', (_name, encoding, value) => {
    expect(mrs(machine(EL1h, 'cortex-a57', { mpidr: 0x103n }), encoding)).toBe(value);
  });

  test('ID_AA64PFR0_EL1: both execution states, and GICv3 where the platform has it', () => {
    expect(mrs(machine(), [3, 0, 0, 4, 0])).toBe(0x22n);
    expect(mrs(machine(EL1h, 'cortex-a57', { gicSystemRegisters: true }), [3, 0, 0, 4, 0])).toBe(0x0100_0022n);
  });

  test('the rest of the ID space reads as zero', () => {
    const m = machine();
    const zero: Encoding[] = [
      [3, 0, 0, 4, 1],
      [3, 0, 0, 4, 7],
      [3, 0, 0, 5, 1],
      [3, 0, 0, 6, 1],
      [3, 0, 0, 7, 2],
      [3, 0, 0, 7, 7],
      [3, 0, 0, 3, 7],
    ];
    for (const encoding of zero) expect(mrs(m, encoding)).toBe(0n);
  });

  test('CCSIDR_EL1 by CSSELR_EL1', () => {
    const m = machine();
    for (const [level, size] of [
      [0n, 0x701fe00an],
      [1n, 0x201fe012n],
      [2n, 0x70ffe07an],
      [3n, 0n],
      [14n, 0n],
    ] as const) {
      msr(m, [3, 2, 0, 0, 0], level | 0xf0n);
      expect([mrs(m, [3, 2, 0, 0, 0]), mrs(m, [3, 1, 0, 0, 0])]).toEqual([level, size]);
    }
  });
});

describe('max says what there is', () => {
  const field = (register: string, lo: number): number => Number(((cpuModels.max.ID[register] ?? 0n) >> BigInt(lo)) & 15n);
  test.each([
    ['AES', 'ID_AA64ISAR0_EL1', 4, 1],
    ['PMULL', 'ID_AA64ISAR0_EL1', 4, 2],
    ['SHA256', 'ID_AA64ISAR0_EL1', 12, 1],
    ['CRC32', 'ID_AA64ISAR0_EL1', 16, 1],
    ['LSE', 'ID_AA64ISAR0_EL1', 20, 2],
    ['RDM', 'ID_AA64ISAR0_EL1', 28, 1],
    ['DotProd', 'ID_AA64ISAR0_EL1', 44, 1],
    ['RNG', 'ID_AA64ISAR0_EL1', 60, 1],
    ['I8MM', 'ID_AA64ISAR1_EL1', 52, 1],
    ['PAN', 'ID_AA64MMFR1_EL1', 20, 1],
    ['UAO', 'ID_AA64MMFR2_EL1', 4, 1],
    ['DIT', 'ID_AA64PFR0_EL1', 48, 1],
    ['SSBS', 'ID_AA64PFR1_EL1', 4, 2],
    ['PACQARMA5', 'ID_AA64ISAR1_EL1', 4, 1],
    ['PACQARMA5', 'ID_AA64ISAR1_EL1', 24, 1],
    ['BTI', 'ID_AA64PFR1_EL1', 0, 1],
    ['SVE', 'ID_AA64PFR0_EL1', 32, 1],
  ])('%s', (feature, register, lo, value) => {
    expect(field(register, lo) >= value).toBe(cpuModels.max.features.has(feature));
  });

  test("what nobody wrote instructions for isn't there", () => {
    expect(['SVE2', 'MTE'].filter(f => cpuModels.max.features.has(f))).toEqual([]);
    expect([field('ID_AA64ZFR0_EL1', 0), field('ID_AA64PFR1_EL1', 8)]).toEqual([0, 0]);
  });

  test('RNDR gives entropy and clears NZCV; a Cortex-A57 has none', () => {
    const m = machine(EL1h | 0xf000_0000, 'max');
    m.platform.entropy = 0x1122_3344_5566_7788n;
    expect(mrs(m, [3, 3, 2, 4, 0])).toBe(0x1122_3344_5566_7788n);
    expect(m.state.nzcv).toBe(0);
    expect(mrs(machine(), [3, 3, 2, 4, 0])).toBeUndefined();
  });
});

describe('write masks', () => {
  const all = 0xffff_ffff_ffff_ffffn;
  test.each([
    ['SCTLR_EL1', [3, 0, 1, 0, 0], 0x37dd_dbbfn],
    ['ACTLR_EL1', [3, 0, 1, 0, 1], 0n],
    ['CPACR_EL1', [3, 0, 1, 0, 2], 3n << 20n],
    ['TTBR0_EL1', [3, 0, 2, 0, 0], all - 1n],
    ['TTBR1_EL1', [3, 0, 2, 0, 1], all - 1n],
    ['TCR_EL1', [3, 0, 2, 0, 2], 0x77_ffff_ffbfn],
    ['MAIR_EL1', [3, 0, 10, 2, 0], all],
    ['VBAR_EL1', [3, 0, 12, 0, 0], all - 0x7ffn],
    ['CONTEXTIDR_EL1', [3, 0, 13, 0, 1], 0xffff_ffffn],
    ['ELR_EL1', [3, 0, 4, 0, 1], all],
    ['SPSR_EL1', [3, 0, 4, 0, 0], 0xffff_ffffn],
    ['ESR_EL1', [3, 0, 5, 2, 0], 0xffff_ffffn],
    ['FAR_EL1', [3, 0, 6, 0, 0], all],
    ['AFSR0_EL1', [3, 0, 5, 1, 0], 0n],
    ['TPIDR_EL0', [3, 3, 13, 0, 2], all],
    ['TPIDRRO_EL0', [3, 3, 13, 0, 3], all],
    ['TPIDR_EL1', [3, 0, 13, 0, 4], all],
    ['SP_EL0', [3, 0, 4, 1, 0], all],
    ['NZCV', [3, 3, 4, 2, 0], 0xf000_0000n],
    ['DAIF', [3, 3, 4, 2, 1], 0x3c0n],
    ['FPCR', [3, 3, 4, 4, 0], 0x07c0_0000n],
    ['FPSR', [3, 3, 4, 4, 1], 0xf800_009fn],
    ['CNTKCTL_EL1', [3, 0, 14, 1, 0], 0x3ffn],
    ['DBGBCR5_EL1', [2, 0, 0, 5, 5], 0x00ff_e1e7n],
    ['DBGWVR3_EL1', [2, 0, 0, 3, 6], all - 3n],
    ['MDSCR_EL1', [2, 0, 0, 2, 2], 0x6ce0_f041n],
    ['PMSELR_EL0', [3, 3, 9, 12, 5], 0x1fn],
    ['PMUSERENR_EL0', [3, 3, 9, 14, 0], 0xfn],
    ['PMCCFILTR_EL0', [3, 3, 14, 15, 7], 0xc000_0000n],
    ['CPUECTLR_EL1', [3, 1, 15, 2, 1], 0n],
  ] as [string, Encoding, bigint][])('%s', (_name, encoding, mask) => {
    const m = machine();
    expect(msr(m, encoding, all)).toBe(true);
    expect(getRegister(m.cpu, sysregKey(...encoding)) ?? mrs(m, encoding)).toBe(mask);
  });

  test('breakpoints 0 to 5 and watchpoints 0 to 3 exist, as ID_AA64DFR0_EL1 says', () => {
    const m = machine();
    expect([0, 5, 6, 15].map(n => mrs(m, [2, 0, 0, n, 4]) !== undefined)).toEqual([true, true, false, false]);
    expect([0, 3, 4, 15].map(n => mrs(m, [2, 0, 0, n, 7]) !== undefined)).toEqual([true, true, false, false]);
  });

  test("registers of the core are a Cortex-A57's only", () => {
    expect(mrs(machine(EL1h, 'max'), [3, 1, 15, 2, 1])).toBeUndefined();
  });
});

describe('access from EL0', () => {
  const EL0: readonly [string, Encoding, boolean, boolean][] = [
    ['TPIDR_EL0', [3, 3, 13, 0, 2], true, true],
    ['TPIDRRO_EL0', [3, 3, 13, 0, 3], true, false],
    ['TPIDR_EL1', [3, 0, 13, 0, 4], false, false],
    ['NZCV', [3, 3, 4, 2, 0], true, true],
    ['FPCR', [3, 3, 4, 4, 0], true, true],
    ['FPSR', [3, 3, 4, 4, 1], true, true],
    ['CurrentEL', [3, 0, 4, 2, 2], false, false],
    ['DCZID_EL0', [3, 3, 0, 0, 7], true, false],
    ['SCTLR_EL1', [3, 0, 1, 0, 0], false, false],
    ['MIDR_EL1', [3, 0, 0, 0, 0], false, false],
    ['ELR_EL1', [3, 0, 4, 0, 1], false, false],
    ['PMINTENSET_EL1', [3, 0, 9, 14, 1], false, false],
    ['ICC_PMR_EL1', [3, 0, 4, 6, 0], false, false],
  ];
  test.each(EL0)('%s', (_name, encoding, read, write) => {
    const m = machine(0);
    m.platform.registers.set(sysregKey(3, 0, 4, 6, 0), 0n);
    expect(mrs(m, encoding) !== undefined).toBe(read);
    if (!read) expect(m.state.ESR_EL1).toBe(UNDEFINED);
    expect(msr(m, encoding, 0n)).toBe(write);
    if (!write) expect(m.state.ESR_EL1).toBe(UNDEFINED);
  });

  test.each([
    ['CTR_EL0', [3, 3, 0, 0, 1], 15n],
    ['DAIF', [3, 3, 4, 2, 1], 9n],
  ] as [string, Encoding, bigint][])('%s, where a bit of SCTLR_EL1 opens it', (_name, encoding, bit) => {
    const m = machine(0);
    m.state.SCTLR_EL1 = 0n;
    expect(mrs(m, encoding)).toBeUndefined();
    expect(m.state.ESR_EL1 >> 26n).toBe(0x18n);
    m.state.SCTLR_EL1 = 1n << bit;
    expect(mrs(m, encoding)).toBeDefined();
  });

  test.each([
    ['CNTFRQ_EL0', [3, 3, 14, 0, 0], 3n],
    ['CNTPCT_EL0', [3, 3, 14, 0, 1], 1n],
    ['CNTVCT_EL0', [3, 3, 14, 0, 2], 2n],
    ['CNTP_CTL_EL0', [3, 3, 14, 2, 1], 0x200n],
    ['CNTP_CVAL_EL0', [3, 3, 14, 2, 2], 0x200n],
    ['CNTV_TVAL_EL0', [3, 3, 14, 3, 0], 0x100n],
    ['CNTV_CTL_EL0', [3, 3, 14, 3, 1], 0x100n],
    ['CNTV_CVAL_EL0', [3, 3, 14, 3, 2], 0x100n],
  ] as [string, Encoding, bigint][])('%s by CNTKCTL_EL1', (_name, encoding, open) => {
    const m = machine(0);
    m.platform.registers.set(sysregKey(...encoding), 77n);
    m.state.CNTKCTL_EL1 = 0x3ffn & ~open;
    expect(mrs(m, encoding)).toBeUndefined();
    expect(m.state.ESR_EL1 >> 26n).toBe(0x18n);
    for (let bit = 0n; bit < 10n; bit++) {
      if (!((open >> bit) & 1n)) continue;
      m.state.CNTKCTL_EL1 = 1n << bit;
      expect(mrs(m, encoding)).toBe(77n);
    }
    m.state.CNTKCTL_EL1 = 0n;
    m.cpu.pstate = EL1h;
    expect(mrs(m, encoding)).toBe(77n);
    m.platform.registers.clear();
    expect(mrs(m, encoding)).toBeUndefined();
    expect(m.state.ESR_EL1).toBe(UNDEFINED);
  });

  test('PMUSERENR_EL0 opens counters bit by bit', () => {
    const open = (bits: number, encoding: Encoding): [read: boolean, write: boolean] => {
      const m = machine(0);
      m.state.PMUSERENR_EL0 = bits;
      return [mrs(m, encoding) !== undefined, msr(m, encoding, 0n)];
    };
    const PMCCNTR: Encoding = [3, 3, 9, 13, 0];
    const PMXEVCNTR: Encoding = [3, 3, 9, 13, 2];
    const PMSELR: Encoding = [3, 3, 9, 12, 5];
    const PMCR: Encoding = [3, 3, 9, 12, 0];
    expect([0, 1, 4, 8].map(bits => open(bits, PMCCNTR))).toEqual([
      [false, false],
      [true, true],
      [true, false],
      [false, false],
    ]);
    expect([0, 1, 4, 8].map(bits => open(bits, PMXEVCNTR))).toEqual([
      [false, false],
      [true, true],
      [false, false],
      [true, false],
    ]);
    expect([0, 1, 4, 8].map(bits => open(bits, PMSELR)[0])).toEqual([false, true, false, true]);
    expect([0, 1, 2, 14].map(bits => open(bits, PMCR)[0])).toEqual([false, true, false, false]);
  });
});

describe('what writing does', () => {
  test('the engine is told of what changes code or translations, and of nothing else', () => {
    const m = machine();
    const told = (encoding: Encoding, value: bigint): boolean => {
      const before = m.calls.modeChanged;
      msr(m, encoding, value);
      return m.calls.modeChanged !== before;
    };
    expect(told([3, 0, 2, 0, 0], 0x5000n)).toBe(true); // TTBR0_EL1
    expect(told([3, 0, 2, 0, 1], 0x6000n)).toBe(true); // TTBR1_EL1
    expect(told([3, 0, 2, 0, 2], 0x10n)).toBe(true); // TCR_EL1
    expect(told([3, 0, 1, 0, 2], 0n)).toBe(true); // CPACR_EL1
    expect(told([3, 0, 13, 0, 4], 5n)).toBe(false); // TPIDR_EL1
    expect(told([3, 0, 12, 0, 0], 0x800n)).toBe(false); // VBAR_EL1
    expect(told([3, 0, 1, 0, 2], 0n)).toBe(false); // CPACR_EL1 as it was
  });

  test('mode keys tell apart EL, stack pointer, FP access, alignment checks and byte order', () => {
    const m = machine();
    const keys = [
      m.cpu.modeKey(),
      ((m.cpu.pstate = 4), m.cpu.modeKey()),
      ((m.cpu.pstate = 0), m.cpu.modeKey()),
      ((m.state.CPACR_EL1 = 1n << 20n), m.cpu.modeKey()),
      ((m.state.SCTLR_EL1 |= 2n), m.cpu.modeKey()),
      ((m.state.SCTLR_EL1 |= 1n << 24n), m.cpu.modeKey()),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toBeLessThan(0x1_0000);
  });

  test('fpFast is on while rounding is plain and inexact is recorded', () => {
    const m = machine();
    const fast = (FPCR: bigint, FPSR: bigint): number => {
      msr(m, [3, 3, 4, 4, 0], FPCR);
      msr(m, [3, 3, 4, 4, 1], FPSR);
      return m.state.fpFast;
    };
    expect(fast(0n, 0n)).toBe(0);
    expect(fast(0n, 0x10n)).toBe(1);
    expect(fast(1n << 25n, 0x10n)).toBe(1); // DN
    for (const FPCR of [1n << 22n, 1n << 23n, 1n << 24n]) expect(fast(FPCR, 0x1fn)).toBe(0);
    m.state.FPCR = 0;
    m.state.FPSR = 0x10;
    m.cpu.fpChanged();
    expect(m.state.fpFast).toBe(1);
  });

  test('SPSel and SP_EL0', () => {
    const m = machine();
    m.state.x[SP] = 0x100n;
    msr(m, [3, 0, 4, 1, 0], 0x200n);
    expect(mrs(m, [3, 0, 4, 1, 0])).toBe(0x200n);
    msr(m, [3, 0, 4, 2, 0], 0n);
    expect([m.state.x[SP], mrs(m, [3, 0, 4, 2, 0])]).toEqual([0x200n, 0n]);
    expect(mrs(m, [3, 0, 4, 1, 0])).toBeUndefined(); // UNDEFINED while it is the one in use
  });

  test('PAN, UAO, DIT and SSBS as registers and by immediate', () => {
    const m = machine(EL1h, 'max');
    for (const [encoding, bit, immediate] of [
      [[3, 0, 4, 2, 3], 22n, 0xd500409f],
      [[3, 0, 4, 2, 4], 23n, 0xd500407f],
      [[3, 3, 4, 2, 5], 24n, 0xd503405f],
      [[3, 3, 4, 2, 6], 12n, 0xd503403f],
    ] as const) {
      msr(m, encoding, (1n << 64n) - 1n);
      expect(mrs(m, encoding)).toBe(1n << bit);
      m.run(immediate);
      expect(mrs(m, encoding)).toBe(0n);
      m.run(immediate | 0x100);
      expect(mrs(m, encoding)).toBe(1n << bit);
      expect(m.cpu.pstate & Number(1n << bit)).not.toBe(0);
    }
  });

  test('the OS lock', () => {
    const m = machine();
    expect(mrs(m, [2, 0, 1, 1, 4])).toBe(10n);
    expect(msr(m, [2, 0, 1, 0, 4], 0n)).toBe(true);
    expect(mrs(m, [2, 0, 1, 1, 4])).toBe(8n);
    expect(mrs(m, [2, 0, 1, 0, 4])).toBeUndefined(); // write-only
  });

  test('ISR_EL1 shows what pends', () => {
    const m = machine(EL1h | 0x3c0);
    expect(mrs(m, [3, 0, 12, 1, 0])).toBe(0n);
    m.platform.up = 3;
    m.cpu.pendSError(0);
    expect(mrs(m, [3, 0, 12, 1, 0])).toBe(0x1c0n);
  });
});

describe('performance monitors', () => {
  const PMCR: Encoding = [3, 3, 9, 12, 0];
  const SET: Encoding = [3, 3, 9, 12, 1];
  const CLR: Encoding = [3, 3, 9, 12, 2];
  const PMCCNTR: Encoding = [3, 3, 9, 13, 0];

  test('the cycle counter counts while it is enabled and stands otherwise', () => {
    const m = machine();
    const tick = (n: bigint): void => {
      m.platform.now = n;
    };
    tick(100n);
    msr(m, PMCCNTR, 5n);
    expect(mrs(m, PMCCNTR)).toBe(5n);
    msr(m, SET, 1n << 31n);
    msr(m, PMCR, 1n);
    tick(110n);
    expect(mrs(m, PMCCNTR)).toBe(15n);
    msr(m, CLR, 1n << 31n);
    tick(200n);
    expect(mrs(m, PMCCNTR)).toBe(15n);
    msr(m, PMCR, 5n); // C: reset
    expect([mrs(m, PMCCNTR), mrs(m, PMCR)]).toEqual([0n, 0x41013001n]);
  });

  test('set and clear registers; software increments overflow', () => {
    const m = machine();
    msr(m, SET, (1n << 64n) - 1n);
    expect([mrs(m, SET), mrs(m, CLR)]).toEqual([0x8000_003fn, 0x8000_003fn]);
    msr(m, CLR, 0x3en);
    expect(mrs(m, SET)).toBe(0x8000_0001n);
    msr(m, PMCR, 1n);
    msr(m, [3, 3, 9, 12, 5], 0n); // PMSELR_EL0
    msr(m, [3, 3, 9, 13, 2], 0xffff_fffen); // PMXEVCNTR_EL0
    const increment = (): void => {
      msr(m, [3, 3, 9, 12, 4], 3n);
    };
    increment();
    expect([mrs(m, [3, 3, 14, 8, 0]), mrs(m, [3, 3, 14, 8, 1])]).toEqual([0xffff_ffffn, 0n]);
    increment();
    expect([mrs(m, [3, 3, 14, 8, 0]), mrs(m, [3, 3, 9, 12, 3])]).toEqual([0n, 1n]);
  });
});

describe('saving and restoring', () => {
  test.each(['cortex-a57', 'max'] as const)('A1.63 what is read from %s can be written back and reads the same', model => {
    const m = machine(EL1h, model);
    for (const n of [1, 2]) {
      for (const r of systemRegisters) setRegister(m.cpu, r.key, BigInt.asUintN(64, 0x9e37_79b9_7f4a_7c15n * BigInt(r.key + n)));
      const before = new Map(systemRegisters.map(r => [r.name, getRegister(m.cpu, r.key)]));
      for (const r of systemRegisters) {
        const value = before.get(r.name);
        if (value !== undefined) setRegister(m.cpu, r.key, value);
      }
      expect(new Map(systemRegisters.map(r => [r.name, getRegister(m.cpu, r.key)]))).toEqual(before);
    }
  });

  test('encodings are all different', () => {
    expect(new Set(systemRegisters.map(r => r.key)).size).toBe(systemRegisters.length);
    // What is IMPLEMENTATION DEFINED has the same name on one core and another encoding on the next.
    expect(new Set(systemRegisters.map(r => `${r.name} ${r.feature}`)).size).toBe(systemRegisters.length);
  });
});
