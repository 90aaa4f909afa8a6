/** Special-purpose registers: PSTATE's fields, stack pointers, FPCR and FPSR. ARM DDI 0487, C5.2. */
import type { Arm64Cpu } from '../cpu.ts';
import { maskNZCV, PSTATE_DAIF, readSP, selectStack, writeSP } from '../pstate.ts';
import { type Encoding, type Field32, register, type SystemRegister } from './register.ts';

const SCTLR_UMA = 1n << 9n;

const writeFPCR = (cpu: Arm64Cpu, value: bigint): void => {
  // AHP DN FZ RMode, and FZ16 where there is half precision. Traps of floating-point exceptions aren't implemented.
  const mask = 0x07c0_0000 | (cpu.model.features.has('FP16') ? 1 << 19 : 0);
  cpu.state.FPCR = Number(value & BigInt(mask));
  cpu.fpChanged();
};

/** QC and the cumulative flags; and NZCV where there is AArch32, whose they are. */
const writeFPSR = (cpu: Arm64Cpu, value: bigint): void => {
  const mask = cpu.model.features.has('AA32EL0') ? 0xf800_009fn : 0x0800_009fn;
  cpu.state.FPSR = Number(value & mask);
  cpu.fpChanged();
};

const writeDAIF = (cpu: Arm64Cpu, value: number): void => {
  cpu.state.daif = value & PSTATE_DAIF;
  cpu.unmasked();
};

/** One bit of PSTATE that MSR and MRS have at `bit`. */
function pstateBit(name: string, encoding: Encoding, field: Field32, bit: number, EL0: '' | 'RW', feature = name): SystemRegister {
  return register(name, encoding, {
    feature,
    EL0,
    saved: false,
    read: cpu => BigInt(cpu.state[field]) << BigInt(bit),
    write: (cpu, value) => {
      cpu.state[field] = Number((value >> BigInt(bit)) & 1n);
      cpu.modeChanged();
    },
  });
}

/** PSTATE and the stack pointers are saved as such, and not by these. */
export const specialPurpose: readonly SystemRegister[] = [
  register('NZCV', [3, 3, 4, 2, 0], {
    saved: false,
    EL0: 'RW',
    read: cpu => cpu.state.nzcv,
    write: (cpu, value) => {
      cpu.state.nzcv = maskNZCV(value);
    },
  }),
  register('DAIF', [3, 3, 4, 2, 1], {
    saved: false,
    EL0: 'RW',
    trapsEL0: cpu => !(cpu.state.SCTLR_EL1 & SCTLR_UMA),
    read: cpu => cpu.state.daif,
    write: (cpu, value) => writeDAIF(cpu, Number(value & 0x3c0n)),
  }),
  register('CurrentEL', [3, 0, 4, 2, 2], { saved: false, read: cpu => cpu.state.currentEL << 2 }),
  register('SPSel', [3, 0, 4, 2, 0], {
    saved: false,
    read: cpu => cpu.state.SPSel,
    write: (cpu, value) => {
      selectStack(cpu.state, cpu.state.currentEL, Number(value & 1n));
      cpu.modeChanged();
    },
  }),
  register('SP_EL0', [3, 0, 4, 1, 0], {
    saved: false,
    undefinedNow: cpu => cpu.state.SPSel === 0,
    read: cpu => readSP(cpu.state, 0),
    write: (cpu, value) => writeSP(cpu.state, 0, value),
  }),
  pstateBit('PAN', [3, 0, 4, 2, 3], 'PAN', 22, ''),
  pstateBit('UAO', [3, 0, 4, 2, 4], 'UAO', 23, ''),
  pstateBit('DIT', [3, 3, 4, 2, 5], 'DIT', 24, 'RW'),
  pstateBit('SSBS', [3, 3, 4, 2, 6], 'SSBS', 12, 'RW', 'SSBS2'),
  register('FPCR', [3, 3, 4, 4, 0], { feature: 'FP', EL0: 'RW', FP: true, read: cpu => cpu.state.FPCR, write: writeFPCR }),
  register('FPSR', [3, 3, 4, 4, 1], { feature: 'FP', EL0: 'RW', FP: true, read: cpu => cpu.state.FPSR, write: writeFPSR }),
];
