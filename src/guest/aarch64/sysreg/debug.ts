/** Debug registers: ARM DDI 0487, D17.3. */
import type { Arm64Cpu } from '../cpu.ts';
import { constant, type Encoding, RAZ_WI, register, stored, stored32, type SystemRegister } from './register.ts';

const BREAKPOINTS = 6;
const WATCHPOINTS = 4;
/** SS, TDCC, KDE, HDE, MDE. */
const MDSCR_mask = 0xf001n;
/** ERR, TDA, INTdis, TXU, RXO, TXfull, RXfull: written under the OS lock only, to put back what was saved. */
const MDSCR_locked = 0x6ce0_0040n;
const MDSCR_TDCC = 1n << 12n;
/** OSLM is 0b10: the lock exists. */
const OSLSR_OSLM = 1n << 3n;
const OSLSR_OSLK = 1n << 1n;

type DebugArray = 'DBGBVR' | 'DBGBCR' | 'DBGWVR' | 'DBGWCR';

function* numbered(field: DebugArray, count: number, op2: number, mask: bigint): Iterable<SystemRegister> {
  for (let n = 0; n < count; n++) {
    yield register(`${field}${n}_EL1`, [2, 0, 0, n, op2], {
      read: cpu => cpu.state[field][n] as bigint,
      write: (cpu, value) => {
        cpu.state[field][n] = value & mask;
        cpu.debug.update();
      },
      reset: cpu => {
        cpu.state[field][n] = 0n;
      },
    });
  }
}

function writeMDSCR(cpu: Arm64Cpu, value: bigint): void {
  if (value === cpu.state.MDSCR_EL1) return;
  cpu.state.MDSCR_EL1 = value;
  cpu.debug.update();
}

const trapsDCC = (cpu: Arm64Cpu): boolean => (cpu.state.MDSCR_EL1 & MDSCR_TDCC) !== 0n;
/** The registers of the channel as they are saved and restored: 32 bits. */
const savedData = (name: string, encoding: Encoding, field: 'DTRRX' | 'DTRTX'): SystemRegister => stored32(name, encoding, field, 0xffff_ffff);

const SP_field = ~3n & 0xffff_ffff_ffff_ffffn;

/** Nobody stands at the other end of the debug communications channel: what is sent is lost, nothing arrives. */
const channel = (name: string, encoding: Encoding): SystemRegister => RAZ_WI(name, encoding, { EL0: 'RW', trapsEL0: trapsDCC });

export const debugRegisters: readonly SystemRegister[] = [
  ...numbered('DBGBVR', BREAKPOINTS, 4, SP_field),
  ...numbered('DBGBCR', BREAKPOINTS, 5, 0x00ff_e1e7n),
  ...numbered('DBGWVR', WATCHPOINTS, 6, SP_field),
  ...numbered('DBGWCR', WATCHPOINTS, 7, 0x1f1f_ffffn),
  register('MDSCR_EL1', [2, 0, 0, 2, 2], {
    read: cpu => cpu.state.MDSCR_EL1,
    write: (cpu, value) => {
      const mask = MDSCR_mask | (cpu.state.OSLSR_EL1 & OSLSR_OSLK ? MDSCR_locked : 0n);
      writeMDSCR(cpu, (cpu.state.MDSCR_EL1 & ~mask) | (value & mask));
    },
    restore: (cpu, value) => writeMDSCR(cpu, value & (MDSCR_mask | MDSCR_locked)),
    reset: cpu => {
      cpu.state.MDSCR_EL1 = 0n;
    },
  }),
  stored('MDCCINT_EL1', [2, 0, 0, 2, 0], { mask: 3n << 29n }),
  constant('MDCCSR_EL0', [2, 3, 0, 1, 0], 0n, { EL0: 'R', trapsEL0: trapsDCC }),
  channel('DBGDTR_EL0', [2, 3, 0, 4, 0]),
  channel('DBGDTRRX_EL0', [2, 3, 0, 5, 0]),
  savedData('OSDTRRX_EL1', [2, 0, 0, 0, 2], 'DTRRX'),
  savedData('OSDTRTX_EL1', [2, 0, 0, 3, 2], 'DTRTX'),
  RAZ_WI('OSECCR_EL1', [2, 0, 0, 6, 2]),
  constant('MDRAR_EL1', [2, 0, 1, 0, 0], 0n),
  register('OSLAR_EL1', [2, 0, 1, 0, 4], {
    write: (cpu, value) => {
      cpu.state.OSLSR_EL1 = OSLSR_OSLM | (value & 1n ? OSLSR_OSLK : 0n);
      cpu.debug.update();
    },
  }),
  register('OSLSR_EL1', [2, 0, 1, 1, 4], {
    read: cpu => cpu.state.OSLSR_EL1,
    restore: (cpu, value) => {
      cpu.state.OSLSR_EL1 = OSLSR_OSLM | (value & OSLSR_OSLK);
      cpu.debug.update();
    },
    reset: cpu => {
      cpu.state.OSLSR_EL1 = OSLSR_OSLM | OSLSR_OSLK;
    },
  }),
  register('OSDLR_EL1', [2, 0, 1, 3, 4], {
    feature: 'DoubleLock',
    read: cpu => cpu.state.OSDLR_EL1,
    write: (cpu, value) => {
      cpu.state.OSDLR_EL1 = value & 1n;
      cpu.debug.update();
    },
    reset: cpu => {
      cpu.state.OSDLR_EL1 = 0n;
    },
  }),
  RAZ_WI('DBGPRCR_EL1', [2, 0, 1, 4, 4]),
  // All eight claim tags exist: SET reads as ones, CLR as the tags that are set.
  register('DBGCLAIMSET_EL1', [2, 0, 7, 8, 6], {
    saved: false,
    read: () => 0xffn,
    write: (cpu, value) => {
      cpu.state.DBGCLAIM |= Number(value & 0xffn);
    },
    reset: cpu => {
      cpu.state.DBGCLAIM = 0;
    },
  }),
  register('DBGCLAIMCLR_EL1', [2, 0, 7, 9, 6], {
    read: cpu => cpu.state.DBGCLAIM,
    write: (cpu, value) => {
      cpu.state.DBGCLAIM &= ~Number(value & 0xffn);
    },
    restore: (cpu, value) => {
      cpu.state.DBGCLAIM = Number(value & 0xffn);
    },
  }),
  constant('DBGAUTHSTATUS_EL1', [2, 0, 7, 14, 6], 0n),
];
