/** Interrupts that user programs cause (Power ISA Book III, 6.5). Without an operating system in the guest each is an exit. */
import { GuestEvent, type GuestExit } from '../../isa/arch.ts';

export type Interrupt =
  /** `vectored`: scv, else sc. The next instruction is where execution goes on. */
  | { readonly kind: 'System Call'; readonly level: number; readonly vectored: boolean }
  | { readonly kind: 'Program'; readonly cause: 'Illegal Instruction' | 'Privileged Instruction' | 'Trap' | 'Floating-Point Enabled Exception' }
  | { readonly kind: 'Data Storage'; readonly address: bigint; readonly store: boolean }
  | { readonly kind: 'Instruction Storage' }
  | { readonly kind: 'Alignment'; readonly address: bigint }
  | { readonly kind: 'Facility Unavailable' };

export type PowerPcExit = GuestExit & Interrupt;

export class InterruptEvent extends GuestEvent {
  readonly interrupt: Interrupt;

  constructor(interrupt: Interrupt) {
    super();
    this.interrupt = interrupt;
  }

  describe(): string {
    const { kind, ...rest } = this.interrupt;
    const details = Object.entries(rest).map(([name, value]) => ` ${name} ${typeof value === 'bigint' ? `0x${value.toString(16)}` : value}`);
    return `${kind} interrupt${details.join('')}`;
  }
}

export const illegalInstruction = (): InterruptEvent => new InterruptEvent({ kind: 'Program', cause: 'Illegal Instruction' });
export const privilegedInstruction = (): InterruptEvent => new InterruptEvent({ kind: 'Program', cause: 'Privileged Instruction' });
export const trap = (): InterruptEvent => new InterruptEvent({ kind: 'Program', cause: 'Trap' });
export const floatingPointEnabled = (): InterruptEvent =>
  new InterruptEvent({ kind: 'Program', cause: 'Floating-Point Enabled Exception' });
export const alignment = (address: bigint): InterruptEvent => new InterruptEvent({ kind: 'Alignment', address });
export const dataStorage = (address: bigint, store: boolean): InterruptEvent => new InterruptEvent({ kind: 'Data Storage', address, store });
export const instructionStorage = (): InterruptEvent => new InterruptEvent({ kind: 'Instruction Storage' });
