/**
 * KVM_SET_GUEST_DEBUG: single steps, BRK, hardware breakpoints and watchpoints for whoever runs the vCPU, as exceptions to EL2 would
 * give them (DDI 0487 D2, MDCR_EL2.TDE). Steps are the engine's; the rest is the guest's debug unit's (guest/aarch64/debug).
 */
import type { Arena } from '../../base/arena.ts';
import { array, defineLayout, u32, u64 } from '../../base/layout.ts';
import { isLoadExclusive, type OuterDebug } from '../../guest/aarch64/debug/unit.ts';
import type { CpuExit } from '../../vcpu/cpu.ts';
import type { GuestDebugControl } from '../arch.ts';
import { KvmError } from '../errors.ts';
import type { KvmDebugExit } from '../exit.ts';
import {
  KVM_EXIT_DEBUG, KVM_GUESTDBG_BLOCKIRQ, KVM_GUESTDBG_ENABLE, KVM_GUESTDBG_SINGLESTEP, KVM_GUESTDBG_TESSERA_SHARED, KVM_GUESTDBG_USE_HW,
  KVM_GUESTDBG_USE_SW_BP,
} from '../numbers.ts';
import { wordAtPc } from './nisv.ts';
import type { Arm64Vcpu } from './vcpu.ts';

const KNOWN = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW | KVM_GUESTDBG_BLOCKIRQ |
  KVM_GUESTDBG_TESSERA_SHARED;
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

/** Syndrome of the exception to EL2: EC 0x32, IL, ISV, the status of debug exceptions; EX where a load-exclusive was stepped. */
const ESR_STEP = 0xcb00_0022;
const ESR_EX = 1 << 6;

export class GuestDebug {
  private readonly vcpu: Arm64Vcpu;
  private readonly state: ReturnType<typeof layout.view>;
  /** What was stepped last was a load-exclusive. */
  private EX = false;
  /** A step is done whose exit hasn't been told: its instruction had one of its own. */
  private owed = false;

  constructor(vcpu: Arm64Vcpu, arena: Arena) {
    this.vcpu = vcpu;
    this.state = layout.view(arena, arena.alloc(layout.size));
  }

  get enabled(): boolean { return this.has(KVM_GUESTDBG_ENABLE); }
  get singlestep(): boolean { return this.has(KVM_GUESTDBG_SINGLESTEP); }
  private has(bit: number): boolean { return (this.state.control & bit) !== 0; }

  /** Throws EINVAL for control bits that there aren't. */
  set({ control, arch }: GuestDebugControl): void {
    if (!Number.isInteger(control) || control < 0 || control & ~KNOWN) throw new KvmError('EINVAL', `0x${control.toString(16)} has unknown bits of debug control`);
    this.state.control = control & KVM_GUESTDBG_ENABLE ? control : 0;
    this.owed &&= this.singlestep;
    for (const field of fields) for (let n = 0; n < REGISTERS; n++) this.state[field][n] = BigInt.asUintN(64, arch?.[field]?.[n] ?? 0n);
    this.load();
  }

  /** The state was written, perhaps by another thread. */
  load(): void {
    this.vcpu.cpu.guest.debug.configure(this.outer);
  }

  /**
   * As Linux does it, what the guest has of its own is as good as off: its step always, its breakpoints and watchpoints where the
   * user's are in the registers; what is left of its debug exceptions is an exit.
   */
  private get outer(): OuterDebug {
    const { dbg_bcr: BCR, dbg_bvr: BVR, dbg_wcr: WCR, dbg_wvr: WVR } = this.state;
    const { enabled } = this;
    const hardware = this.has(KVM_GUESTDBG_USE_HW);
    const shared = this.has(KVM_GUESTDBG_TESSERA_SHARED);
    return {
      registers: hardware ? { BCR, BVR, WCR, WVR } : undefined,
      BRK: enabled && (!shared || this.has(KVM_GUESTDBG_USE_SW_BP)),
      masksBreakpoints: hardware && !shared,
      masksStep: enabled && !shared,
      takesAll: enabled && !shared,
    };
  }

  /** With SINGLESTEP, as `cpu.run`; 'step': the one instruction is done. */
  step(): CpuExit | 'step' {
    const { cpu } = this.vcpu;
    const interrupts = !this.has(KVM_GUESTDBG_BLOCKIRQ);
    this.EX = false;
    // That is a step by itself: what comes next is the vector's first instruction.
    if (interrupts && cpu.guest.takeInterrupt()) return 'step';
    this.EX = isLoadExclusive(wordAtPc(this.vcpu), cpu.guest.state);
    return cpu.step(interrupts) ?? 'step';
  }

  /** The exit of an instruction that is done comes before that of its step (active-pending, D2.12). */
  oweStep(): void { this.owed = this.singlestep; }

  owedStep(): KvmDebugExit | undefined {
    if (!this.owed) return undefined;
    this.owed = false;
    return this.stepExit();
  }

  /** Of the step that is done. */
  stepExit(): KvmDebugExit {
    return { exit_reason: KVM_EXIT_DEBUG, hsr: (this.EX ? ESR_STEP | ESR_EX : ESR_STEP) >>> 0, hsr_high: 0, far: 0n };
  }
}
