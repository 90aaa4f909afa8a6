/**
 * KVM_SET_GUEST_DEBUG: single steps, the guest's BRK, and hardware breakpoints for whoever runs the vCPU, in place of the
 * guest's own (DDI 0487 D2). Steps are the engine's; with breakpoints the guest is run step by step.
 */
import type { Arena } from '../../base/arena.ts';
import { array, defineLayout, u32, u64 } from '../../base/layout.ts';
import type { CpuExit } from '../../vcpu/cpu.ts';
import type { GuestDebugControl } from '../arch.ts';
import { KvmError } from '../errors.ts';
import type { KvmDebugExit } from '../exit.ts';
import {
  KVM_EXIT_DEBUG, KVM_GUESTDBG_ENABLE, KVM_GUESTDBG_SINGLESTEP, KVM_GUESTDBG_TESSERA_SHARED, KVM_GUESTDBG_USE_HW,
  KVM_GUESTDBG_USE_SW_BP,
} from '../numbers.ts';
import type { Arm64Vcpu } from './vcpu.ts';

const KNOWN = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW | KVM_GUESTDBG_TESSERA_SHARED;
/** Registers of each kind. */
const REGISTERS = 16;

/** In the arena: another thread may run the vCPU. */
const layout = defineLayout({
  control: u32,
  dbg_bcr: array(u64, REGISTERS),
  dbg_bvr: array(u64, REGISTERS),
  dbg_wcr: array(u64, REGISTERS),
  dbg_wvr: array(u64, REGISTERS),
});
const fields = ['dbg_bcr', 'dbg_bvr', 'dbg_wcr', 'dbg_wvr'] as const;

/** Syndromes of exceptions to EL2 from a lower level: class, IL, and a debug exception's status. */
const ESR_STEP = 0xcb00_0022; // EC 0x32, ISV
const ESR_BREAKPOINT = 0xc200_0022; // EC 0x30

/** DBGBCR_EL1. */
const BCR_E = 1n;
const BCR_PMC = 6n;
const BCR_BAS = 0x1e0n;

/** So many steps are done between two looks at everything else. */
const STEPS = 1000;

export class GuestDebug {
  private readonly state: ReturnType<typeof layout.view>;
  private breakpoints: { readonly address: bigint; readonly levels: bigint }[] = [];

  constructor(arena: Arena) {
    this.state = layout.view(arena, arena.alloc(layout.size));
  }

  private get control(): number { return this.state.control; }
  get enabled(): boolean { return (this.control & KVM_GUESTDBG_ENABLE) !== 0; }
  get singlestep(): boolean { return (this.control & KVM_GUESTDBG_SINGLESTEP) !== 0; }
  /** The guest is run instruction by instruction. */
  get steps(): boolean { return this.singlestep || this.breakpoints.length > 0; }

  /** Throws EINVAL for control bits that there aren't. `count`: breakpoints that the CPU has. */
  set({ control, arch }: GuestDebugControl, count: number): void {
    if (!Number.isInteger(control) || control < 0 || control & ~KNOWN) throw new KvmError('EINVAL', `0x${control.toString(16)} has unknown bits of debug control`);
    this.state.control = control & KVM_GUESTDBG_ENABLE ? control : 0;
    for (const field of fields) for (let n = 0; n < REGISTERS; n++) this.state[field][n] = n < count ? arch?.[field]?.[n] ?? 0n : 0n;
    this.load();
  }

  /** The state was written, perhaps by another thread. */
  load(): void {
    this.breakpoints = [];
    if (!(this.control & KVM_GUESTDBG_USE_HW)) return;
    for (let n = 0; n < REGISTERS; n++) {
      const bcr = this.state.dbg_bcr[n]!;
      if ((bcr & BCR_E) === 0n || (bcr & BCR_BAS) === 0n) continue;
      this.breakpoints.push({ address: BigInt.asUintN(64, BigInt.asIntN(53, this.state.dbg_bvr[n]!)) & ~3n, levels: (bcr & BCR_PMC) >> 1n });
    }
  }

  /** PMC: bit 0 EL1, bit 1 EL0. */
  private hit(pc: bigint, level: number): boolean {
    return this.breakpoints.some(({ address, levels }) => address === pc && (levels >> (level === 0 ? 1n : 0n) & 1n) !== 0n);
  }

  /** As `cpu.run`; 'step': the one instruction is done. */
  run({ cpu }: Arm64Vcpu): CpuExit | KvmDebugExit | 'step' {
    const { guest } = cpu;
    for (let n = 0; n < STEPS; n++) {
      guest.takeInterrupt();
      if (this.breakpoints.length > 0 && this.hit(guest.state.pc, guest.state.currentEL)) return debugExit(ESR_BREAKPOINT);
      const exit = cpu.step();
      if (exit) return exit;
      if (this.singlestep) return 'step';
    }
    return { kind: 'kicked' };
  }
}

const debugExit = (esr: number): KvmDebugExit => ({ exit_reason: KVM_EXIT_DEBUG, hsr: esr, hsr_high: 0, far: 0n });

export const stepExit = (): KvmDebugExit => debugExit(ESR_STEP);
