/**
 * The generic timer as a CPU sees it: ARM DDI 0487, D11. Counters and timers are the platform's; who may reach them
 * from EL0 is decided here, by CNTKCTL_EL1. EVNTIS is FEAT_ECV's, of Armv8.6, and RES0.
 */
import type { Arm64Cpu } from '../cpu.ts';
import { startEventStream } from '../event-stream.ts';
import { type Encoding, register, stored, type SystemRegister } from './register.ts';

const EL0PCTEN = 1n << 0n;
const EL0VCTEN = 1n << 1n;
const EL0VTEN = 1n << 8n;
const EL0PTEN = 1n << 9n;

const disabled =
  (bits: bigint) =>
  (cpu: Arm64Cpu): boolean =>
    (cpu.state.CNTKCTL_EL1 & bits) === 0n;

/** `EL0`: what user code may do if the bits of CNTKCTL_EL1 allow it. Without a platform timer the register isn't there. */
const platformTimer = (name: string, encoding: Encoding, EL0: 'R' | 'RW', bits: bigint, saved = false): SystemRegister =>
  register(name, encoding, { EL0, trapsEL0: disabled(bits), platformFirst: true, saved });

export const timers: readonly SystemRegister[] = [
  stored('CNTKCTL_EL1', [3, 0, 14, 1, 0], { mask: 0x3ffn, changed: cpu => startEventStream(cpu.state, cpu.platform) }),
  platformTimer('CNTFRQ_EL0', [3, 3, 14, 0, 0], 'R', EL0PCTEN | EL0VCTEN, true),
  platformTimer('CNTPCT_EL0', [3, 3, 14, 0, 1], 'R', EL0PCTEN),
  platformTimer('CNTVCT_EL0', [3, 3, 14, 0, 2], 'R', EL0VCTEN),
  platformTimer('CNTP_TVAL_EL0', [3, 3, 14, 2, 0], 'RW', EL0PTEN),
  platformTimer('CNTP_CTL_EL0', [3, 3, 14, 2, 1], 'RW', EL0PTEN, true),
  platformTimer('CNTP_CVAL_EL0', [3, 3, 14, 2, 2], 'RW', EL0PTEN, true),
  platformTimer('CNTV_TVAL_EL0', [3, 3, 14, 3, 0], 'RW', EL0VTEN),
  platformTimer('CNTV_CTL_EL0', [3, 3, 14, 3, 1], 'RW', EL0VTEN, true),
  platformTimer('CNTV_CVAL_EL0', [3, 3, 14, 3, 2], 'RW', EL0VTEN, true),
];
