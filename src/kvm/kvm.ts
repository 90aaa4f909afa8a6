/** /dev/kvm: the version, what is supported, and new VMs. */
import { Arena } from '../base/arena.ts';
import type { KvmArch } from './arch.ts';
import { undisturbed, type VmHandle } from './journal.ts';
import { KVM_API_VERSION } from './numbers.ts';
import { Vm } from './vm.ts';

export interface VmOptions {
  /** KVM_CREATE_VM's type; on arm64 the guest-physical address bits, 0 for the default of 40. */
  readonly type?: number;
  /** Bytes of the VM's arena: guest memory and everything else that the VM consists of; at most 4 GiB. */
  readonly arenaBytes: number;
  /** Whether other threads can see the arena; true unless the host has no shared memory. */
  readonly shared?: boolean;
  /** Its vCPUs are run by other threads, which attach to what `share` gives. */
  readonly threads?: boolean;
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

  /**
   * Not Linux's, where threads share everything: another thread's VM (Vm.share). This thread runs the vCPUs with the ids
   * `here`, and may use the others for all but `run`. No vCPU may be running, and none may be added afterwards.
   */
  attachVm(handle: VmHandle, here: readonly number[]): Vm {
    const arena = new Arena(handle.memory, handle.places);
    return undisturbed(arena, handle, () => {
      const made = new Vm(this.arch, handle.type, arena, { here });
      made.replay(handle.entries);
      return made;
    }, vm => {
      for (const vcpu of vm.vcpus) if (here.includes(vcpu.id)) vcpu.refresh();
    });
  }

  /** Throws EINVAL for a bad type, and TesseraError where the host has no room for the arena. */
  createVm(options: VmOptions): Vm {
    const arena = new Arena(options.arenaBytes, options.shared ?? true);
    return new Vm(this.arch, options.type ?? 0, arena, options.threads ? { here: [] } : undefined);
  }
}
