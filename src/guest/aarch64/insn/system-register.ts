/**
 * MRS and MSR: ARM DDI 0487, C6.2.230 to C6.2.232. Any register goes through a helper; those that kernels and programs
 * touch all the time have an entry of their own.
 */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { sysregKey } from '../platform.ts';
import { PSTATE_DAIF, selectStack } from '../pstate.ts';
import { hex, reg } from '../names.ts';
import { setX, X } from '../pseudocode.ts';
import { fields } from '../state.ts';
import { isImplementationDefined } from '../sysreg/implementation.ts';
import { type Encoding, encodingName } from '../sysreg/register.ts';
import { findRegister, readRegister, writeRegister } from '../sysreg/table.ts';

/** Register and Rt in one operand. */
const access = (key: number, Rt: number): number => key | (Rt << 16);
const keyOf = (packed: bigint): number => Number(packed & 0xffffn);
const RtOf = (packed: bigint): number => Number(packed >> 16n);

const readSystemRegister = defineHelper('MRS', ['i32'], 'i64', { touches: [fields.nzcv], raises: true }, (cpu: Arm64Cpu, packed) =>
  readRegister(cpu, keyOf(packed), RtOf(packed)),
);
const writeSystemRegister = defineHelper(
  'MSR',
  ['i32', 'i64'],
  'void',
  { touches: [fields.nzcv], raises: true },
  (cpu: Arm64Cpu, packed, value) => writeRegister(cpu, keyOf(packed), RtOf(packed), value),
);
const interruptsUnmasked = defineHelper('unmasked', [], 'void', {}, (cpu: Arm64Cpu) => cpu.unmasked());
const setSPSel = defineHelper('SPSel', ['i32'], 'void', { touches: 'all' }, (cpu: Arm64Cpu, value) => {
  selectStack(cpu.state, cpu.state.currentEL, Number(value & 1n));
  cpu.modeChanged();
});
const setFlag = (name: 'PAN' | 'UAO' | 'DIT' | 'SSBS') =>
  defineHelper(name, ['i32'], 'void', {}, (cpu: Arm64Cpu, value) => {
    cpu.state[name] = Number(value & 1n);
    cpu.modeChanged();
  });

/** objdump has no names for the registers of one core. */
function spelling(key: number): string {
  const r = findRegister(key);
  return (r && !isImplementationDefined(r) ? r.name : encodingName(key)).toLowerCase();
}

const field = (value: number, width: number): string => value.toString(2).padStart(width, '0');
const bitsOf = ([op0, op1, CRn, CRm, op2]: Encoding): string =>
  field(op0, 2) + field(op1, 3) + field(CRn, 4) + field(CRm, 4) + field(op2, 3);

const MRS = insn('MRS', '1101010100 1 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', {
  observer: true,
  derive: f => ({ access: access(sysregKey(2 + f.o0, f.op1, f.CRn, f.CRm, f.op2), f.Rt) }),
  asm: f => `mrs\t${reg(1, f.Rt)}, ${spelling(sysregKey(2 + f.o0, f.op1, f.CRn, f.CRm, f.op2))}`,
  exec: (b, f) => setX(b, f.Rt, b.call(readSystemRegister, b.operand(f.access))),
});

const MSR = insn('MSR (register)', '1101010100 0 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', {
  observer: true,
  derive: f => ({ access: access(sysregKey(2 + f.o0, f.op1, f.CRn, f.CRm, f.op2), f.Rt) }),
  asm: f => `msr\t${spelling(sysregKey(2 + f.o0, f.op1, f.CRn, f.CRm, f.op2))}, ${reg(1, f.Rt)}`,
  exec(b, f) {
    b.call(writeSystemRegister, b.operand(f.access), X(b, f.Rt, 64));
    b.synchronize();
  },
});

/** MRS of one register, without a helper. */
const readOf = (name: string, encoding: Encoding, requires: string | undefined, value: (b: Builder) => I64): Insn =>
  insn(`MRS ${name}`, `1101010100 1 ${bitsOf(encoding)} Rt:5` as 'Rt:5', {
    overrides: ['MRS'],
    ...(requires === undefined ? {} : { requires }),
    asm: f => `mrs\t${reg(1, f.Rt)}, ${name.toLowerCase()}`,
    exec: (b, f) => setX(b, f.Rt, value(b)),
  });

/** MSR of one register, without a helper that may raise. */
const writeOf = (name: string, encoding: Encoding, requires: string | undefined, write: (b: Builder, value: I64) => void): Insn =>
  insn(`MSR ${name}`, `1101010100 0 ${bitsOf(encoding)} Rt:5` as 'Rt:5', {
    overrides: ['MSR (register)'],
    ...(requires === undefined ? {} : { requires }),
    asm: f => `msr\t${name.toLowerCase()}, ${reg(1, f.Rt)}`,
    exec: (b, f) => write(b, X(b, f.Rt, 64)),
  });

type Plain = 'TPIDR_EL0' | 'TPIDRRO_EL0' | 'TPIDR_EL1' | 'ELR_EL1' | 'SPSR_EL1' | 'ESR_EL1' | 'FAR_EL1';
const read = (name: Plain, encoding: Encoding, requires?: string): Insn => readOf(name, encoding, requires, b => b.get(fields[name]));
const write = (name: Plain, encoding: Encoding, requires?: string): Insn =>
  writeOf(name, encoding, requires, (b, value) => b.set(fields[name], value));

/** PSTATE.DAIF was set: interrupts that were held back are seen before the next instruction. */
function synchronizeInterrupts(b: Builder): void {
  b.when(b.get(fields.interruptHeld), () => b.call(interruptsUnmasked));
  b.synchronize();
}

const flags = (b: Builder, value: I64, mask: number): I32 => b.and(b.wrap(value), b.i32(mask));
const SP_EL0: Encoding = [3, 0, 4, 1, 0];
const NZCV: Encoding = [3, 3, 4, 2, 0];
const DAIF: Encoding = [3, 3, 4, 2, 1];

const direct: readonly Insn[] = [
  read('TPIDR_EL0', [3, 3, 13, 0, 2]),
  write('TPIDR_EL0', [3, 3, 13, 0, 2]),
  read('TPIDRRO_EL0', [3, 3, 13, 0, 3]),
  write('TPIDRRO_EL0', [3, 3, 13, 0, 3], 'EL1'),
  read('TPIDR_EL1', [3, 0, 13, 0, 4], 'EL1'),
  write('TPIDR_EL1', [3, 0, 13, 0, 4], 'EL1'),
  read('ELR_EL1', [3, 0, 4, 0, 1], 'EL1'),
  write('ELR_EL1', [3, 0, 4, 0, 1], 'EL1'),
  read('SPSR_EL1', [3, 0, 4, 0, 0], 'EL1'),
  writeOf('SPSR_EL1', [3, 0, 4, 0, 0], 'EL1', (b, value) => b.set(fields.SPSR_EL1, b.extU(b.wrap(value)))),
  read('ESR_EL1', [3, 0, 5, 2, 0], 'EL1'),
  read('FAR_EL1', [3, 0, 6, 0, 0], 'EL1'),
  readOf('SP_EL0', SP_EL0, 'EL1h', b => b.getAt(fields.spBank, b.i32(0))),
  writeOf('SP_EL0', SP_EL0, 'EL1h', (b, value) => b.setAt(fields.spBank, b.i32(0), value)),
  readOf('CurrentEL', [3, 0, 4, 2, 2], 'EL1', b => b.extU(b.shl(b.get(fields.currentEL), b.i32(2)))),
  readOf('NZCV', NZCV, undefined, b => b.extU(b.get(fields.nzcv))),
  writeOf('NZCV', NZCV, undefined, (b, value) => b.set(fields.nzcv, flags(b, value, -0x1000_0000))),
  readOf('DAIF', DAIF, 'DAIF', b => b.extU(b.get(fields.daif))),
  writeOf('DAIF', DAIF, 'DAIF', (b, value) => {
    b.set(fields.daif, flags(b, value, PSTATE_DAIF));
    synchronizeInterrupts(b);
  }),
  // What memset asks before it uses DC ZVA: blocks of 64 bytes; at EL0 prohibited unless SCTLR_EL1.DZE.
  readOf('DCZID_EL0', [3, 3, 0, 0, 7], undefined, b => {
    const DZE = b.and(b.wrap(b.shrU(b.get(fields.SCTLR_EL1), b.i32(14))), b.i32(1));
    const prohibited = b.and(b.eqz(b.get(fields.currentEL)), b.eqz(DZE));
    return b.extU(b.or(b.i32(4), b.shl(prohibited, b.i32(4))));
  }),
  readOf('FPCR', [3, 3, 4, 4, 0], 'FP', b => b.extU(b.get(fields.FPCR))),
  readOf('FPSR', [3, 3, 4, 4, 1], 'FP', b => b.extU(b.get(fields.FPSR))),
  writeOf('SPSel', [3, 0, 4, 2, 0], 'EL1', (b, value) => {
    b.call(setSPSel, b.wrap(value));
    b.synchronize();
  }),
];

/** Of the immediate only bit 0 counts; objdump has no name for the others. */
const immediateSpelling = (name: string, op1: number, op2: number, CRm: number): string =>
  CRm > 1 ? `msr\ts0_${op1}_c4_c${CRm}_${op2}, xzr` : `msr\t${name.toLowerCase()}, ${hex(CRm)}`;

const DAIFSet = insn('MSR DAIFSet', '1101010100 0 00 011 0100 CRm:4 110 11111', {
  requires: 'DAIF',
  asm: f => `msr\tdaifset, ${hex(f.CRm)}`,
  exec: (b, f) => b.set(fields.daif, b.or(b.get(fields.daif), b.shl(b.operand(f.CRm), b.i32(6)))),
});

const DAIFClr = insn('MSR DAIFClr', '1101010100 0 00 011 0100 CRm:4 111 11111', {
  requires: 'DAIF',
  asm: f => `msr\tdaifclr, ${hex(f.CRm)}`,
  exec(b, f) {
    b.set(fields.daif, b.and(b.get(fields.daif), b.not(b.shl(b.operand(f.CRm), b.i32(6)))));
    synchronizeInterrupts(b);
  },
});

const SPSel = insn('MSR SPSel (immediate)', '1101010100 0 00 000 0100 CRm:4 101 11111', {
  requires: 'EL1',
  asm: f => immediateSpelling('SPSel', 0, 5, f.CRm),
  exec(b, f) {
    b.call(setSPSel, b.operand(f.CRm));
    b.synchronize();
  },
});

const flagNames = ['PAN', 'UAO', 'DIT', 'SSBS'] as const;
const flagBits = { PAN: ['000', '100'], UAO: ['000', '011'], DIT: ['011', '010'], SSBS: ['011', '001'] } as const;
const immediateFlags: readonly Insn[] = flagNames.map(name => {
  const [op1, op2] = flagBits[name];
  const helper = setFlag(name);
  return insn(`MSR ${name} (immediate)`, `1101010100 0 00 ${op1} 0100 CRm:4 ${op2} 11111` as 'CRm:4', {
    feature: name === 'SSBS' ? 'SSBS2' : name,
    ...(op1 === '000' ? { requires: 'EL1' } : {}),
    asm: f => immediateSpelling(name, Number.parseInt(op1, 2), Number.parseInt(op2, 2), f.CRm),
    exec(b, f) {
      b.call(helper, b.operand(f.CRm));
      b.synchronize();
    },
  });
});

export const systemRegisterInsns: readonly Insn[] = [MRS, MSR, ...direct, DAIFSet, DAIFClr, SPSel, ...immediateFlags];
