/** Why `Vcpu.run` came back: struct kvm_run as a union, with the header's names. */
import type {
  KVM_EXIT_ARM_NISV, KVM_EXIT_DEBUG, KVM_EXIT_FAIL_ENTRY, KVM_EXIT_HYPERCALL, KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_INTR, KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT, KVM_EXIT_TESSERA_SEMIHOSTING,
} from './numbers.ts';

/**
 * An access to an address without memory or in-kernel device, or a write to read-only memory. `data` holds the bytes in
 * memory order; for a read the caller fills the first `len` of them. Either is finished by the next run only. The bytes are
 * the same eight for each exit of a vCPU: they belong to the caller until its next run.
 */
export interface KvmMmioExit {
  readonly exit_reason: typeof KVM_EXIT_MMIO;
  readonly phys_addr: number;
  readonly data: Uint8Array;
  readonly len: number;
  readonly is_write: boolean;
}

/**
 * The run ended without anything to do for the caller; where KVM returns -EINTR and leaves its thread to the host's
 * scheduler, a run here never blocks and says why:
 * 'kicked' by kick(); 'immediate_exit'; 'budget': a counted run is used up; 'yield': the guest waits for another vCPU
 * (WFE), run that first; 'idle': nothing to do until an interrupt arrives or the clock reaches `idle.deadline`;
 * 'device_irq': `kvm_run.s.regs.device_irq_level` is about to change, without an in-kernel interrupt controller.
 */
export interface KvmIntrExit {
  readonly exit_reason: typeof KVM_EXIT_INTR;
  readonly cause: 'kicked' | 'immediate_exit' | 'budget' | 'yield' | 'idle' | 'device_irq';
  /** With 'idle' only; the deadline is in the clock's nanoseconds, undefined when no timer is set. */
  readonly idle?: { readonly deadline: bigint | undefined };
}

export interface KvmSystemEventExit {
  readonly exit_reason: typeof KVM_EXIT_SYSTEM_EVENT;
  /** KVM_SYSTEM_EVENT_*. */
  readonly type: number;
  readonly data: readonly bigint[];
}

/**
 * A firmware call that the caller asked to see (KVM_SMCCC_FILTER_FWD_TO_USER): arguments are read and results written with
 * getOneReg and setOneReg. PC is already behind it.
 */
export interface KvmHypercallExit {
  readonly exit_reason: typeof KVM_EXIT_HYPERCALL;
  /** Function number, as in W0. */
  readonly nr: bigint;
  /** KVM_HYPERCALL_EXIT_*. */
  readonly flags: number;
}

export interface KvmDebugExit {
  readonly exit_reason: typeof KVM_EXIT_DEBUG;
  /** ESR-like syndrome and, for a watchpoint, the address. */
  readonly hsr: number;
  readonly hsr_high: number;
  readonly far: bigint;
}

/** Semihosting: the operation and its parameter; the caller writes the result to X0 with setOneReg. PC is already behind it. */
export interface KvmSemihostingExit {
  readonly exit_reason: typeof KVM_EXIT_TESSERA_SEMIHOSTING;
  readonly operation: number;
  readonly parameter: bigint;
}

export interface KvmInternalErrorExit {
  readonly exit_reason: typeof KVM_EXIT_INTERNAL_ERROR;
  /** KVM_INTERNAL_ERROR_*. */
  readonly suberror: number;
  readonly data: readonly bigint[];
}

/** The fields of struct kvm_run that outlast an exit. */
export interface KvmRun {
  /** Of the last exit; 0 while the guest runs. Left alone by a run that `immediate_exit` ends before it begins. */
  exit_reason: number;
  /** Ends a run at its beginning, after what the last exit left open; one that goes on ends, too. */
  immediate_exit: boolean;
  flags: number;
  readonly s: { readonly regs: {
    /** Lines that parts of the vCPU drive, without an in-kernel interrupt controller: KVM_ARM_DEV_*. */
    device_irq_level: number;
  } };
}

/**
 * With KVM_CAP_ARM_NISV_TO_USER: an access as KvmMmioExit, by an instruction whose syndrome doesn't describe it. PC is at the
 * instruction, which the caller does and then steps over.
 */
export interface KvmArmNisvExit {
  readonly exit_reason: typeof KVM_EXIT_ARM_NISV;
  readonly esr_iss: bigint;
  readonly fault_ipa: bigint;
}

export interface KvmFailEntryExit {
  readonly exit_reason: typeof KVM_EXIT_FAIL_ENTRY;
  readonly hardware_entry_failure_reason: bigint;
  readonly cpu: number;
}

export type KvmExit =
  | KvmMmioExit | KvmIntrExit | KvmSystemEventExit | KvmHypercallExit | KvmDebugExit | KvmSemihostingExit
  | KvmInternalErrorExit | KvmFailEntryExit | KvmArmNisvExit;
