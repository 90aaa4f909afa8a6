/**
 * What an exit costs, in this process: CPU nanoseconds from one run() of a vCPU to the next, where each ends with a hypercall or
 * an MMIO access of the guest, by the KVM-shaped API as a monitor uses it.
 */
import {
  KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, KVM_EXIT_HYPERCALL, KVM_EXIT_MMIO, KVM_REG_ARM_CORE, KVM_SMCCC_FILTER_FWD_TO_USER,
  type KvmExit, type Vcpu,
} from '../src/kvm/index.ts';
import { vcpuWith } from './program.ts';

const DEVICE = 0x0900_0000;
const FUNCTION = 0x8600_0000;

/** hvc #0; b . - 4 */
const HYPERCALLS = [0xd4000002, 0x17ffffff];
/** ldr w1, [x19]; b . - 4 */
const LOADS = [0xb9400261, 0x17ffffff];
/** str w1, [x19]; b . - 4 */
const STORES = [0xb9000261, 0x17ffffff];

function exiting(program: readonly number[]): Vcpu {
  const { vm, vcpu } = vcpuWith(program);
  vm.setAttr(KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, { base: FUNCTION, nr_functions: 1, action: KVM_SMCCC_FILTER_FWD_TO_USER });
  vcpu.setOneReg(KVM_REG_ARM_CORE.X(0), BigInt(FUNCTION));
  vcpu.setOneReg(KVM_REG_ARM_CORE.X(19), BigInt(DEVICE));
  return vcpu;
}

const ROUNDS = 200_000;

function nanoseconds(program: readonly number[], reason: number, serve: (exit: KvmExit) => void): number {
  const vcpu = exiting(program);
  const rounds = (n: number): void => {
    for (let i = 0; i < n; i++) {
      const exit = vcpu.run();
      if (exit.exit_reason !== reason) throw new Error(`exit ${exit.exit_reason} instead of ${reason}`);
      serve(exit);
    }
  };
  rounds(ROUNDS / 4);
  const started = process.cpuUsage();
  rounds(ROUNDS);
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1000) / ROUNDS;
}

/** CPU nanoseconds by what the guest does. */
export function exitCosts(): Readonly<Record<'hypercall' | 'MMIO read' | 'MMIO write', number>> {
  return {
    hypercall: nanoseconds(HYPERCALLS, KVM_EXIT_HYPERCALL, () => {}),
    'MMIO read': nanoseconds(LOADS, KVM_EXIT_MMIO, exit => { if (exit.exit_reason === KVM_EXIT_MMIO) exit.data[0] = 1; }),
    'MMIO write': nanoseconds(STORES, KVM_EXIT_MMIO, () => {}),
  };
}
