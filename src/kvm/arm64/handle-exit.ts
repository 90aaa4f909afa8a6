/** What the guest left for: served here, as KVM does in the kernel, or an exit. Linux's arch/arm64/kvm/handle_exit.c. */
import type { Arm64Exit } from '../../guest/aarch64/platform.ts';
import type { CpuExit } from '../../vcpu/cpu.ts';
import type { KvmExit } from '../exit.ts';
import {
  KVM_EXIT_ARM_NISV, KVM_EXIT_DEBUG, KVM_EXIT_HYPERCALL, KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_EXIT_TESSERA_SEMIHOSTING,
  KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON,
} from '../numbers.ts';
import { serviceCall } from './hypercalls.ts';
import { KVM_HYPERCALL_EXIT_SMC } from './numbers.ts';
import { hasSyndrome, wordAtPc } from './nisv.ts';
import { firmwareCall } from './psci.ts';
import { KVM_SMCCC_FILTER_DENY, KVM_SMCCC_FILTER_FWD_TO_USER } from './smcccfilter.ts';
import type { Arm64Vcpu } from './vcpu.ts';
import { doze, pause, wait } from './wait.ts';

/** Of a data abort's syndrome: WnR, and a translation fault at level 3. */
const ISS_WNR = 1 << 6;
const ISS_TRANSLATION_FAULT = 7;

/** -1 in X0. */
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

/** undefined: the guest goes on. */
export function handleExit(vcpu: Arm64Vcpu, exit: CpuExit): KvmExit | undefined {
  switch (exit.kind) {
    case 'mmio': return handleMmio(vcpu, exit);
    case 'guest': return handleGuest(vcpu, exit.exit as Arm64Exit);
    // Who kicked has left a request or a signal, which the loop looks at.
    case 'kicked': return undefined;
    case 'budget': return { exit_reason: KVM_EXIT_INTR, cause: 'budget' };
  }
}

/** What is left of an instruction after its access was answered. 'skip': nothing. */
export function completeMmio(vcpu: Arm64Vcpu, reply: bigint | 'abort' | 'skip'): KvmExit | undefined {
  const { cpu } = vcpu;
  if (reply === 'skip') {
    cpu.reset();
    return undefined;
  }
  if (reply === 'abort') cpu.abortMmio();
  else cpu.completeMmio(reply);
  return finishMmio(vcpu) ?? (vcpu.debug.singlestep ? vcpu.debug.stepExit() : undefined);
}

/** The rest of an instruction whose access was answered here. */
export function finishMmio(vcpu: Arm64Vcpu): KvmExit | undefined {
  for (;;) {
    const exit = vcpu.cpu.finishMmio();
    if (!exit) return undefined;
    const result = handleExit(vcpu, exit);
    if (result) return result;
  }
}

function handleMmio(vcpu: Arm64Vcpu, exit: Extract<CpuExit, { kind: 'mmio' }>): KvmExit | undefined {
  const { pa, bytes, write } = exit;
  const value = vcpu.vm.bus.access(vcpu.index, pa, bytes, write, exit.data);
  if (value !== undefined) {
    vcpu.stats.mmio_exit_kernel++;
    vcpu.cpu.completeMmio(value);
    return undefined;
  }
  if (vcpu.vm.nisvToUser && !hasSyndrome(wordAtPc(vcpu), vcpu.cpu.guest.state)) {
    // The instruction is the user's now: nothing of it is left to do here but to abort it, should the user want that.
    return { exit_reason: KVM_EXIT_ARM_NISV, esr_iss: BigInt((write ? ISS_WNR : 0) | ISS_TRANSLATION_FAULT), fault_ipa: BigInt(pa) };
  }
  vcpu.stats.mmio_exit_user++;
  vcpu.mmioWord[0] = exit.data;
  return { exit_reason: KVM_EXIT_MMIO, phys_addr: pa, data: vcpu.mmioData, len: bytes, is_write: write };
}

function handleGuest(vcpu: Arm64Vcpu, exit: Arm64Exit): KvmExit | undefined {
  const { state } = vcpu.cpu.guest;
  switch (exit.kind) {
    case 'hvc': case 'smc':
      vcpu.stats.hvc_exit_stat++;
      // SMC with an immediate is reserved (DEN 0028, 2.9).
      if (exit.kind === 'smc' && exit.immediate !== 0) vcpu.x[0] = NOT_SUPPORTED;
      else return handleCall(vcpu, exit.kind);
      return undefined;
    case 'wfi':
      vcpu.stats.wfi_exit_stat++;
      return wait(vcpu);
    case 'wfe':
      vcpu.stats.wfe_exit_stat++;
      // Only another vCPU or an interrupt can end what the guest waits for: with one vCPU it just goes on.
      if (vcpu.blocking) return pause(vcpu);
      return vcpu.all.some(v => v !== vcpu && !v.powerOff) ? { exit_reason: KVM_EXIT_INTR, cause: 'yield' } : undefined;
    case 'yield':
      return vcpu.blocking ? doze(vcpu) : { exit_reason: KVM_EXIT_INTR, cause: 'yield' };
    case 'semihost':
      return { exit_reason: KVM_EXIT_TESSERA_SEMIHOSTING, operation: Number(state.x[0]! & 0xffffffffn), parameter: state.x[1]! };
    case 'debug':
      return {
        exit_reason: KVM_EXIT_DEBUG, hsr: Number(exit.esr & 0xffffffffn), hsr_high: Number(exit.esr >> 32n), far: exit.far,
      };
    default:
      return { exit_reason: KVM_EXIT_INTERNAL_ERROR, suberror: KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON, data: [state.pc] };
  }
}

function handleCall(vcpu: Arm64Vcpu, conduit: 'hvc' | 'smc'): KvmExit | undefined {
  const fn = Number(vcpu.x[0]! & 0xffffffffn);
  switch (vcpu.vm.smcccFilters.action(fn)) {
    case KVM_SMCCC_FILTER_DENY:
      vcpu.x[0] = NOT_SUPPORTED;
      return undefined;
    case KVM_SMCCC_FILTER_FWD_TO_USER:
      return { exit_reason: KVM_EXIT_HYPERCALL, nr: BigInt(fn), flags: conduit === 'smc' ? KVM_HYPERCALL_EXIT_SMC : 0 };
    default: {
      if (serviceCall(vcpu, fn)) return undefined;
      const outcome = firmwareCall(vcpu);
      return outcome === 'wait' ? wait(vcpu) : outcome;
    }
  }
}
