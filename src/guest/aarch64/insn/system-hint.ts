/** Hints and barriers: ARM DDI 0487, C4.1.66. */
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { SEND_EVENT, type Arm64Cpu } from '../cpu.ts';
import { takeStreamEvents } from '../event-stream.ts';
import { BarrierEvent, ExitEvent, wfxTrap } from '../exception.ts';
import { hex } from '../names.ts';
import { fields } from '../state.ts';

const SCTLR_nTWI = 1n << 16n;
const SCTLR_nTWE = 1n << 18n;

/** The bytes of the instruction, 2 or 4, as the other one's. */
export const waitForInterrupt = defineHelper('WFI', ['i32'], 'void', { touches: 'all', raises: true }, (cpu: Arm64Cpu, bytes) => {
  // A pending interrupt ends the wait even where it is masked.
  if (cpu.lines() !== 0) return;
  if (cpu.state.currentEL === 0 && !(cpu.state.SCTLR_EL1 & SCTLR_nTWI)) throw wfxTrap(0, bytes === 2n);
  throw new ExitEvent({ kind: 'wfi' }, true, bytes === 2n ? 2 : 4);
});

export const waitForEvent = defineHelper('WFE', ['i32'], 'void', { touches: 'all', raises: true }, (cpu: Arm64Cpu, bytes) => {
  const { state } = cpu;
  const fromStream = takeStreamEvents(state, cpu.platform);
  // Unlike WFI's, its wait isn't ended by an interrupt that is masked (D1.6.1).
  if (state.eventRegister || fromStream || cpu.interruptible()) {
    state.eventRegister = 0;
    return;
  }
  if (state.currentEL === 0 && !(state.SCTLR_EL1 & SCTLR_nTWE)) throw wfxTrap(1, bytes === 2n);
  throw new ExitEvent({ kind: 'wfe' }, true, bytes === 2n ? 2 : 4);
});

export const sendEvent = defineHelper('SEV', [], 'void', {}, (cpu: Arm64Cpu) => cpu.env.broadcast?.(SEND_EVENT, 0n));

/** What is said to be a spin's turn is a good time to let another CPU have its, where both share a thread. */
export const yieldTurn = defineHelper('YIELD', ['i32'], 'void', { touches: 'all', raises: true }, (cpu: Arm64Cpu, bytes) => {
  if (cpu.platform.crowded?.()) throw new ExitEvent({ kind: 'yield' }, true, bytes === 2n ? 2 : 4);
});

// It touches nothing: called under a condition, it must not have state stored on its path alone.
export const waitForOthers = defineHelper('DSB', [], 'void', { raises: true }, () => {
  throw new BarrierEvent();
});

/** AArch64.ESBOperation: an SError that would be taken here if it weren't masked is put off into DISR_EL1. */
export const errorSynchronization = defineHelper('ESB', [], 'void', { touches: 'all' }, (cpu: Arm64Cpu) => cpu.deferSError());

/** Those with a name, by CRm:op2. All but those below do nothing: what they hint at isn't there. */
const hintNames: Readonly<Record<number, string>> = {
  0: 'nop',
  1: 'yield',
  2: 'wfe',
  3: 'wfi',
  4: 'sev',
  5: 'sevl',
  6: 'dgh',
  7: 'xpaclri',
  8: 'pacia1716',
  10: 'pacib1716',
  12: 'autia1716',
  14: 'autib1716',
  16: 'esb',
  17: 'psb\tcsync',
  18: 'tsb\tcsync',
  20: 'csdb',
  22: 'clearbhb',
  24: 'paciaz',
  25: 'paciasp',
  26: 'pacibz',
  27: 'pacibsp',
  28: 'autiaz',
  29: 'autiasp',
  30: 'autibz',
  31: 'autibsp',
  32: 'bti',
  34: 'bti\tc',
  36: 'bti\tj',
  38: 'bti\tjc',
};

const HINT = insn('HINT', '11010101000000110010 CRm:4 op2:3 11111', {
  asm: f => hintNames[(f.CRm << 3) | f.op2] ?? `hint\t${hex((f.CRm << 3) | f.op2)}`,
  exec: () => {},
});
const WFE = insn('WFE', '11010101000000110010 0000 010 11111', {
  overrides: ['HINT'],
  asm: () => 'wfe',
  exec(b) {
    b.call(waitForEvent, b.i32(4));
    b.synchronize();
  },
});
const WFI = insn('WFI', '11010101000000110010 0000 011 11111', {
  overrides: ['HINT'],
  asm: () => 'wfi',
  exec(b) {
    b.call(waitForInterrupt, b.i32(4));
    b.synchronize();
  },
});
const YIELD = insn('YIELD', '11010101000000110010 0000 001 11111', {
  overrides: ['HINT'],
  asm: () => 'yield',
  exec: b => b.call(yieldTurn, b.i32(4)),
});
const SEV = insn('SEV', '11010101000000110010 0000 100 11111', {
  overrides: ['HINT'],
  asm: () => 'sev',
  exec(b) {
    b.call(sendEvent);
    b.set(fields.eventRegister, b.i32(1));
  },
});
const SEVL = insn('SEVL', '11010101000000110010 0000 101 11111', {
  overrides: ['HINT'],
  asm: () => 'sevl',
  exec: b => b.set(fields.eventRegister, b.i32(1)),
});

const ESB = insn('ESB', '11010101000000110010 0010 000 11111', {
  overrides: ['HINT'],
  feature: 'RAS',
  asm: () => 'esb',
  exec(b) {
    b.call(errorSynchronization);
    b.synchronize();
  },
});

const barrierOptions: Readonly<Record<number, string>> = {
  1: 'oshld',
  2: 'oshst',
  3: 'osh',
  5: 'nshld',
  6: 'nshst',
  7: 'nsh',
  9: 'ishld',
  10: 'ishst',
  11: 'ish',
  13: 'ld',
  14: 'st',
  15: 'sy',
};
const option = (CRm: number): string => barrierOptions[CRm] ?? `#0x${CRm.toString(16).padStart(2, '0')}`;
const unlessAll = (name: string, CRm: number): string => (CRm === 15 ? name : `${name}\t${hex(CRm)}`);

const CLREX = insn('CLREX', '11010101000000110011 CRm:4 010 11111', {
  asm: f => unlessAll('clrex', f.CRm),
  exec: b => b.set(fields.monitorAddress, b.i64(-1)),
});
/** Whoever shares the thread sees accesses at once and in order; for other threads there is the fence. */
const DSB = insn('DSB', '11010101000000110011 CRm:4 100 11111', {
  asm: f => (f.CRm === 0 ? 'ssbb' : f.CRm === 4 ? 'pssbb' : `dsb\t${option(f.CRm)}`),
  exec(b) {
    b.fence();
    // TLB and instruction cache maintenance is complete behind it (D8.14.6).
    b.when(b.get(fields.broadcasts), () => b.call(waitForOthers));
  },
});
const DMB = insn('DMB', '11010101000000110011 CRm:4 101 11111', {
  asm: f => `dmb\t${option(f.CRm)}`,
  exec: b => b.fence(),
});
const ISB = insn('ISB', '11010101000000110011 CRm:4 110 11111', {
  asm: f => unlessAll('isb', f.CRm),
  exec: b => b.synchronize(),
});
const SB = insn('SB', '11010101000000110011 0000 111 11111', {
  feature: 'SB',
  asm: () => 'sb',
  exec: () => {},
});

export const hintInsns: readonly Insn[] = [HINT, YIELD, WFE, WFI, SEV, SEVL, ESB, CLREX, DSB, DMB, ISB, SB];
