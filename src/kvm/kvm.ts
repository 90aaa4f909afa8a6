/** /dev/kvm: the version, what is supported, and new VMs. */
import type { KvmArch } from './arch.ts';
import { KVM_API_VERSION } from './numbers.ts';
import { Vm } from './vm.ts';

export interface VmOptions {
  /** KVM_CREATE_VM's type; on arm64 the guest-physical address bits, 0 for the default of 40. */
  readonly type?: number;
  /** Bytes of the VM's arena: guest memory and everything else that the VM consists of; at most 4 GiB. */
  readonly arenaBytes: number;
  /** Whether other threads can see the arena; true unless the host has no shared memory. */
  readonly shared?: boolean;
}

export class Kvm {
  private readonly arch: KvmArch;

  constructor(arch: KvmArch) {
    this.arch = arch;
  }

  getApiVersion(): number {
    return KVM_API_VERSION;
  }

  /** The value of a capability, 0 where it isn't supported. */
  checkExtension(cap: number): number {
    return this.arch.checkExtension(cap);
  }

  /** Throws EINVAL for a bad type, and TesseraError where the host has no room for the arena. */
  createVm(options: VmOptions): Vm {
    return new Vm(this.arch, options.type ?? 0, options.arenaBytes, options.shared ?? true);
  }
}
