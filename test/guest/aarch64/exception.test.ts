/** Every class of exception to EL1: ELR, SPSR, ESR, FAR, vector, and PSTATE afterwards. */
import { describe, expect, test } from 'vitest';
import { noOuterDebug } from '../../../src/guest/aarch64/debug/unit.ts';
import { breakpoint, softwareStep, spAlignment, takeException, watchpoint } from '../../../src/guest/aarch64/exception.ts';
import { type CpuModel, cpuModel, type CpuModelName } from '../../../src/guest/aarch64/index.ts';
import { SP } from '../../../src/guest/aarch64/state.ts';
import { Machine, RAM } from './machine.ts';

const VBAR = 0xffff_8000_0000_0800n;
const PC = BigInt(RAM);
const IL = 0x0200_0000;
const EL0t = 0;
const EL1t = 4;
const EL1h = 5;
const DAIF = 0x3c0;

function machine(pstate: number, model: CpuModelName | CpuModel = 'cortex-a57', options = {}): Machine {
  const m = new Machine(model, options);
  m.state.VBAR_EL1 = VBAR;
  m.state.CPACR_EL1 = 3n << 20n;
  m.state.FAR_EL1 = 0x1234n;
  m.cpu.pstate = pstate;
  return m;
}

/** Runs one word at RAM and says what the exception left. */
function taken(m: Machine, word: number): { esr: number; elr: bigint; spsr: number; offset: bigint; far: bigint } {
  expect(m.run(word)).toBeUndefined();
  const { state } = m;
  expect(m.cpu.pstate).toBe((state.nzcv | DAIF | EL1h) >>> 0);
  return { esr: Number(state.ESR_EL1), elr: state.ELR_EL1, spsr: Number(state.SPSR_EL1), offset: state.pc - VBAR, far: state.FAR_EL1 };
}

const NZCV = 0xa000_0000;
const unchangedFAR = 0x1234n;

describe('vectors', () => {
  test.each([
    [EL1t, 0x000n],
    [EL1h, 0x200n],
    [EL0t, 0x400n],
  ])('from mode %i', (mode, offset) => {
    expect(taken(machine(mode | NZCV), 0xd4000001)).toEqual({
      esr: 0x5600_0000,
      elr: PC + 4n,
      spsr: (mode | NZCV) >>> 0,
      offset,
      far: unchangedFAR,
    });
  });

  test('VBAR_EL1 is 2 KiB aligned, whatever is written', () => {
    const m = machine(EL1h);
    m.state.x[0] = 0x1234_5fffn;
    m.run(0xd518c000); // msr vbar_el1, x0
    expect(m.state.VBAR_EL1).toBe(0x1234_5800n);
  });
});

describe('instructions that raise', () => {
  test.each([
    ['SVC #0x1234', 0xd4024681, 0x5600_1234, PC + 4n],
    ['BRK #0x800', 0xd4210000, 0xf200_0800, PC],
    ['UDF #7', 0x00000007, IL, PC],
    ['an unallocated word', 0xffffffff, IL, PC],
    ['HLT #1', 0xd4400020, IL, PC],
    ['HLT #0xf000 without semihosting', 0xd45e0000, IL, PC],
    ['DCPS1', 0xd4a00001, IL, PC],
    ['HVC at EL0', 0xd4000002, IL, PC],
    ['SMC at EL0', 0xd4000003, IL, PC],
    ['ERET at EL0', 0xd69f03e0, IL, PC],
    ['MRS of an EL1 register at EL0', 0xd5381000, IL, PC],
    ['MRS TPIDR_EL1 at EL0', 0xd538d080, IL, PC],
    ['MRS SP_EL0 at EL0', 0xd5384100, IL, PC],
    ['MSR SPSel at EL0', 0xd50041bf, IL, PC],
    ['MRS of a register that nobody has', 0xd53bffe0, IL, PC],
    ['MSR of an ID register', 0xd5180000, IL, PC],
    ['TLBI at EL0', 0xd508871f, IL, PC],
    ['AT at EL0', 0xd5087800, IL, PC],
    ['DC ISW at EL0', 0xd5087640, IL, PC],
    ['a system instruction that nobody has', 0xd50b7ee0, IL, PC],
    ['SYSL', 0xd5287600, IL, PC],
    ['LSE on a Cortex-A57', 0xb8200000, IL, PC],
    ['PAN on a Cortex-A57', 0xd500419f, IL, PC],
    ['MSR DAIFSet at EL0', 0xd50342df, 0x6200_0000 | (6 << 17) | (3 << 14) | (4 << 10) | (31 << 5) | (2 << 1), PC],
    ['MSR DAIFClr at EL0', 0xd50342ff, 0x6200_0000 | (7 << 17) | (3 << 14) | (4 << 10) | (31 << 5) | (2 << 1), PC],
    ['MRS X5, DAIF at EL0', 0xd53b4225, 0x6200_0000 | (3 << 20) | (1 << 17) | (3 << 14) | (4 << 10) | (5 << 5) | (2 << 1) | 1, PC],
    ['MSR DAIF, X5 at EL0', 0xd51b4225, 0x6200_0000 | (3 << 20) | (1 << 17) | (3 << 14) | (4 << 10) | (5 << 5) | (2 << 1), PC],
    ['MRS X3, CTR_EL0 at EL0', 0xd53b0023, 0x6200_0000 | (3 << 20) | (1 << 17) | (3 << 14) | (3 << 5) | 1, PC],
    ['DC ZVA, X3 at EL0', 0xd50b7423, 0x6200_0000 | (1 << 20) | (1 << 17) | (3 << 14) | (7 << 10) | (3 << 5) | (4 << 1), PC],
    ['DC CVAU, X3 at EL0', 0xd50b7b23, 0x6200_0000 | (1 << 20) | (1 << 17) | (3 << 14) | (7 << 10) | (3 << 5) | (11 << 1), PC],
    ['IC IVAU, X3 at EL0', 0xd50b7523, 0x6200_0000 | (1 << 20) | (1 << 17) | (3 << 14) | (7 << 10) | (3 << 5) | (5 << 1), PC],
    ['MRS X2, PMCR_EL0 at EL0', 0xd53b9c02, 0x6200_0000 | (3 << 20) | (3 << 14) | (9 << 10) | (2 << 5) | (12 << 1) | 1, PC],
    ['WFI at EL0', 0xd503207f, 0x07e0_0000, PC],
    ['WFE at EL0', 0xd503205f, 0x07e0_0001, PC],
  ])('%s', (_name, word, esr, elr) => {
    const m = machine(EL0t);
    m.state.SCTLR_EL1 = 0n; // nothing is open to EL0
    expect(taken(m, word)).toEqual({ esr: esr >>> 0, elr, spsr: 0, offset: 0x400n, far: unchangedFAR });
  });

  test('from EL1 the same SVC and BRK have the same class', () => {
    expect(taken(machine(EL1h), 0xd4000001).esr).toBe(0x5600_0000);
    expect(taken(machine(EL1h), 0xd4200000).esr).toBe(0xf200_0000);
  });

  test('what is not there is logged by name', () => {
    const m = machine(EL1h);
    m.run(0xd53bffe0);
    expect(m.log).toEqual(['unimp: read of S3_3_C15_C15_7 (S3_3_C15_C15_7) at 0x40000000 EL1']);
  });
});

describe('FP access, by CPACR_EL1.FPEN', () => {
  const FMOV = 0x9e670000; // fmov d0, x0
  test.each([
    [0n, EL0t, true],
    [0n, EL1h, true],
    [1n, EL0t, true],
    [1n, EL1h, false],
    [2n, EL0t, true],
    [2n, EL1h, true],
    [3n, EL0t, false],
    [3n, EL1h, false],
  ])('FPEN %i in mode %i', (FPEN, mode, traps) => {
    for (const word of [FMOV, 0xd53b4400 /* mrs x0, fpcr */, 0xd51b4420 /* msr fpsr, x0 */]) {
      const m = machine(mode);
      m.state.CPACR_EL1 = FPEN << 20n;
      m.run(word);
      expect(m.state.ESR_EL1).toBe(traps ? 0x1fe0_0000n : 0n);
      expect(m.state.ELR_EL1).toBe(traps ? PC : 0n);
    }
  });
});

describe('memory and alignment', () => {
  const LDR = 0xf9400020; // ldr x0, [x1]
  const STR = 0xf9000020;
  const at = (m: Machine, address: bigint): Machine => {
    m.state.x[1] = address;
    return m;
  };

  test.each([
    [EL0t, 0x9200_0010, 0x9200_0050],
    [EL1h, 0x9600_0010, 0x9600_0050],
  ])('external abort of data in mode %i', (mode, read, write) => {
    expect(taken(at(machine(mode), 0x1000n), LDR)).toMatchObject({ esr: read, elr: PC, far: 0x1000n });
    expect(taken(at(machine(mode), 0x1008n), STR)).toMatchObject({ esr: write, elr: PC, far: 0x1008n });
  });

  test.each([
    [EL0t, 0x8200_0010n],
    [EL1h, 0x8600_0010n],
  ])('external abort of a fetch in mode %i', (mode, esr) => {
    const m = machine(mode);
    m.state.pc = 0x2000n;
    m.step();
    expect([m.state.ESR_EL1, m.state.ELR_EL1, m.state.FAR_EL1]).toEqual([esr, 0x2000n, 0x2000n]);
  });

  test.each([EL0t, EL1h])('misaligned PC in mode %i', mode => {
    const m = machine(mode);
    m.state.pc = PC + 2n;
    m.step();
    expect([m.state.ESR_EL1, m.state.ELR_EL1, m.state.FAR_EL1]).toEqual([0x8a00_0000n, PC + 2n, PC + 2n]);
  });

  test('alignment fault', () => {
    const m = machine(EL0t);
    expect(m.cpu.deliver(m.cpu.alignmentFault(0x4001n, 'write', false))).toBeUndefined();
    expect([m.state.ESR_EL1, m.state.FAR_EL1]).toEqual([0x9200_0061n, 0x4001n]);
    m.cpu.deliver(m.cpu.alignmentFault(0x4003n, 'read', false));
    expect([m.state.ESR_EL1, m.state.FAR_EL1]).toEqual([0x9600_0021n, 0x4003n]);
  });

  test('the privilege of an unprivileged access does not make its class that of EL0', () => {
    const m = at(machine(EL1h), 0x3000n);
    expect(taken(m, 0xf8400820 /* ldtr x0, [x1] */)).toMatchObject({ esr: 0x9600_0010, far: 0x3000n });
  });
});

describe('debug and stack classes', () => {
  test.each([
    ['SP alignment', spAlignment(), 0x9a00_0000, 0x9a00_0000, unchangedFAR],
    ['breakpoint', breakpoint(), 0xc200_0022, 0xc600_0022, unchangedFAR],
    ['step', softwareStep(true, false), 0xcb00_0022, 0xcf00_0022, unchangedFAR],
    ['step over a load-exclusive', softwareStep(true, true), 0xcb00_0062, 0xcf00_0062, unchangedFAR],
    ['watchpoint, write', watchpoint(0x77n, true), 0xd200_0062, 0xd600_0062, 0x77n],
    ['watchpoint, maintenance', watchpoint(0x77n, true, true), 0xd200_0162, 0xd600_0162, 0x77n],
  ])('%s', (_name, event, fromEL0, fromEL1, far) => {
    for (const [mode, esr] of [
      [EL0t, fromEL0],
      [EL1h, fromEL1],
    ] as const) {
      const m = machine(mode);
      takeException(m.cpu, event, PC);
      expect([Number(m.state.ESR_EL1), m.state.FAR_EL1, m.state.ELR_EL1]).toEqual([esr, far, PC]);
    }
  });

  test('BRK goes to a debugger outside that asked for it', () => {
    const m = machine(EL1h);
    m.cpu.debug.configure({ ...noOuterDebug, BRK: true });
    expect(m.run(0xd4200020)).toEqual({ kind: 'debug', esr: 0xf200_0001n, far: 0n });
    expect(m.state.pc).toBe(PC);
    expect(m.state.ESR_EL1).toBe(0n);
  });
});

describe('illegal execution state', () => {
  const ERET = 0xd69f03e0;
  test.each([
    ['EL2', 9],
    ['EL3', 0xd],
    ['User mode without AArch32', 0x10], ['Supervisor mode of AArch32', 0x13],
    ['M[1]', 6],
    ['EL0h', 1],
  ])('ERET to %s', (name, mode) => {
    const m = machine(EL1h, name.includes('without AArch32') ? cpuModel('cortex-a57', { aarch32: false }) : 'cortex-a57');
    m.state.x[SP] = 0x5550n;
    m.state.SPSR_EL1 = BigInt((0x6000_0000 | mode) >>> 0);
    m.state.ELR_EL1 = PC + 0x100n;
    m.run(ERET);
    expect([m.state.pc, m.cpu.pstate, m.state.x[SP]]).toEqual([PC + 0x100n, 0x6010_0000 | EL1h, 0x5550n]);
    expect(m.cpu.mmuIndex(false)).toBe(3);
    m.code(RAM + 0x100, 0xd503201f);
    m.step();
    expect(m.state).toMatchObject({ ESR_EL1: 0x3a00_0000n, ELR_EL1: PC + 0x100n, IL: 0, pc: VBAR + 0x200n });
    expect(Number(m.state.SPSR_EL1)).toBe((0x6010_0000 | EL1h) >>> 0);
    expect(m.state.FAR_EL1).toBe(unchangedFAR);
  });
});

describe('ERET', () => {
  const ERET = 0xd69f03e0;
  test('to EL0 restores PSTATE and the stack pointer, and opens the exclusive monitor', () => {
    const m = machine(EL1h);
    m.state.x[SP] = 0x1111n;
    m.state.spBank[0] = 0x2222n;
    m.state.monitorAddress = 0x40n;
    m.state.SPSR_EL1 = 0xf000_0000n;
    m.state.ELR_EL1 = 0x8888n;
    m.run(ERET);
    expect(m.state).toMatchObject({ pc: 0x8888n, currentEL: 0, daif: 0, nzcv: 0xf000_0000, monitorAddress: 0xffff_ffff_ffff_ffffn });
    expect([m.state.x[SP], m.state.spBank[1]]).toEqual([0x2222n, 0x1111n]);
  });

  test('drops what this CPU has not', () => {
    const m = machine(EL1h);
    m.state.SPSR_EL1 = 0xffff_ffffn & ~0x1fn;
    m.run(ERET);
    expect(m.cpu.pstate).toBe((0xf000_0000 | (1 << 20) | DAIF) >>> 0);
    const newer = machine(EL1h, 'max');
    newer.state.SPSR_EL1 = 0xffff_ffffn & ~0x1fn;
    newer.run(ERET);
    expect(newer.cpu.pstate).toBe((0xf000_0000 | (1 << 24) | (1 << 23) | (1 << 22) | (1 << 20) | (1 << 12) | (3 << 10) | DAIF) >>> 0);
  });

  test('takes the tag off a target in a half with TBI', () => {
    const m = machine(EL1h);
    m.state.TCR_EL1 = 1n << 37n;
    m.state.ELR_EL1 = 0xab00_0000_1234_5678n;
    m.run(ERET);
    expect(m.state.pc).toBe(0x1234_5678n);
    m.cpu.pstate = EL1h;
    m.state.ELR_EL1 = 0xabff_0000_1234_5678n;
    m.run(ERET);
    expect(m.state.pc).toBe(0xabff_0000_1234_5678n);
  });
});

describe('PSTATE on entry', () => {
  test('PAN follows SCTLR_EL1.SPAN; UAO, IL and SS are cleared; SSBS is DSSBS', () => {
    for (const [SPAN, PAN] of [
      [0n, 1],
      [1n, 0],
    ] as const) {
      const m = machine(EL0t, 'max');
      m.state.SCTLR_EL1 = (SPAN << 23n) | (1n << 44n);
      m.run(0xd4000001);
      expect(m.cpu.pstate).toBe((PAN << 22) | (1 << 12) | DAIF | EL1h);
    }
    const m = machine(EL1h | (1 << 22) | (1 << 23), 'max');
    m.state.SCTLR_EL1 = 1n << 23n;
    m.run(0xd4000001);
    expect(m.cpu.pstate).toBe((1 << 22) | DAIF | EL1h);
    expect(m.state.SPSR_EL1).toBe(BigInt((1 << 23) | (1 << 22) | EL1h));
  });

  test('stack pointers are banked', () => {
    const m = machine(EL0t);
    m.state.x[SP] = 0x10n;
    m.state.spBank[1] = 0x20n;
    m.run(0xd4000001);
    expect([m.state.x[SP], m.state.spBank[0]]).toEqual([0x20n, 0x10n]);
    m.run(0xd50040bf); // msr spsel, #0
    expect([m.state.x[SP], m.state.spBank[1], m.cpu.pstate & 0xf]).toEqual([0x10n, 0x20n, EL1t]);
  });
});

describe('interrupts', () => {
  const at = (m: Machine): Machine => {
    m.state.pc = PC;
    return m;
  };
  test.each([
    ['IRQ', 1, 7, 0x480n],
    ['FIQ', 2, 6, 0x500n],
    ['SError', 4, 8, 0x580n],
  ])('%s from EL0', (_name, lines, bit, offset) => {
    const m = at(machine(EL0t));
    m.platform.up = lines;
    expect(m.cpu.takeInterrupt()).toBe(true);
    expect(m.state).toMatchObject({ pc: VBAR + offset, ELR_EL1: PC, SPSR_EL1: 0n, daif: DAIF });
    const masked = at(machine(EL0t | (1 << bit)));
    masked.platform.up = lines;
    expect(masked.cpu.takeInterrupt()).toBe(false);
    expect(masked.state).toMatchObject({ pc: PC, interruptHeld: 1 });
  });

  test('from EL1, and FIQ before IRQ', () => {
    const m = at(machine(EL1h));
    m.platform.up = 3;
    m.cpu.takeInterrupt();
    expect(m.state.pc).toBe(VBAR + 0x300n);
    expect(m.cpu.takeInterrupt()).toBe(false);
    m.cpu.pstate = EL1t | (1 << 6);
    m.cpu.takeInterrupt();
    expect(m.state.pc).toBe(VBAR + 0x080n);
  });

  test('an interrupt leaves ESR and FAR as they are; an SError sets ESR and is taken once', () => {
    const m = at(machine(EL1h));
    m.state.ESR_EL1 = 5n;
    m.platform.up = 1;
    m.cpu.takeInterrupt();
    expect([m.state.ESR_EL1, m.state.FAR_EL1]).toEqual([5n, unchangedFAR]);
    m.platform.up = 0;
    m.cpu.pendSError(0x12_3456);
    m.cpu.pstate = EL1h;
    expect([m.cpu.takeInterrupt(), m.cpu.takeInterrupt()]).toEqual([true, false]);
    expect(m.state.ESR_EL1).toBe(0xbe12_3456n);
  });

  test.each([
    ['MSR DAIFClr', 0xd50342ff],
    ['MSR DAIF', 0xd51b4220],
    ['ERET', 0xd69f03e0],
  ])('A2.9 %s asks again for an interrupt that was held back, and only then', (_name, word) => {
    const m = machine(EL1h | DAIF);
    m.state.SPSR_EL1 = BigInt(EL1h);
    const before = m.calls.interruptsChanged;
    m.run(word);
    expect(m.calls.interruptsChanged).toBe(before);
    m.cpu.pstate = EL1h | DAIF;
    m.platform.up = 1;
    m.cpu.takeInterrupt();
    m.state.x[0] = 0n;
    m.run(word);
    expect(m.calls.interruptsChanged).toBe(before + 1);
  });
});

describe('exits', () => {
  test('A2.11 HVC and SMC at EL1, with PC behind them', () => {
    const m = machine(EL1h);
    expect(m.run(0xd4000022)).toEqual({ kind: 'hvc', immediate: 1 });
    expect(m.state.pc).toBe(PC + 4n);
    expect(m.run(0xd41fffe3)).toEqual({ kind: 'smc', immediate: 0xffff });
    expect(m.state.pc).toBe(PC + 4n);
  });

  test('semihosting where it is on, at EL0 only if that is wanted', () => {
    for (const [mode, semihosting] of [[EL1h, true], [EL0t, 'userspace'], [EL1h, 'userspace']] as const) {
      const m = machine(mode, 'cortex-a57', { semihosting });
      expect(m.run(0xd45e0000)).toEqual({ kind: 'semihost' });
      expect(m.state.pc).toBe(PC + 4n);
      expect(m.run(0xd4400020)).toBeUndefined();
      expect(m.state.ESR_EL1).toBe(BigInt(IL));
    }
    const m = machine(EL0t, 'cortex-a57', { semihosting: true });
    expect(m.run(0xd45e0000)).toBeUndefined();
    expect(m.state.ESR_EL1).toBe(BigInt(IL));
  });

  test('WFI waits unless something is pending, masked or not', () => {
    const m = machine(EL1h | DAIF);
    expect(m.run(0xd503207f)).toEqual({ kind: 'wfi' });
    expect(m.state.pc).toBe(PC + 4n);
    m.platform.up = 1;
    expect(m.run(0xd503207f)).toBeUndefined();
    expect(m.state.pc).toBe(PC + 4n);
  });

  test('WFE goes on after an event, once', () => {
    const m = machine(EL1h);
    m.run(0xd50320bf); // sevl
    expect(m.run(0xd503205f)).toBeUndefined();
    expect(m.run(0xd503205f)).toEqual({ kind: 'wfe' });
    m.run(0xd503209f); // sev
    expect(m.run(0xd503205f)).toBeUndefined();
  });

  test('EL0 may wait where SCTLR_EL1.nTWI and nTWE say so', () => {
    const m = machine(EL0t);
    m.state.SCTLR_EL1 = (1n << 16n) | (1n << 18n);
    expect(m.run(0xd503207f)).toEqual({ kind: 'wfi' });
    expect(m.run(0xd503205f)).toEqual({ kind: 'wfe' });
  });
});
