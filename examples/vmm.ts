/**
 * A virtual machine monitor on the KVM-shaped API alone: 16 MiB of memory, a flat guest program, a serial port, and the loop
 * that serves the guest's exits.
 *
 *     node examples/vmm.ts [program.bin]
 *
 * Whoever has written one in C against /dev/kvm finds every call by its name. Without a file it runs a program of its own,
 * which prints a greeting, echoes what is typed, and powers off at 'q'.
 */
import { readFileSync } from 'node:fs';
import {
  KVM_API_VERSION, KVM_ARM_VCPU_PSCI_0_2, KVM_CAP_USER_MEMORY, KVM_DEV_ARM_VGIC_CTRL_INIT, KVM_DEV_ARM_VGIC_GRP_ADDR,
  KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_TYPE_ARM_VGIC_V3, KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_EXIT_SYSTEM_EVENT, KVM_REG_ARM_CORE,
  KVM_SYSTEM_EVENT_RESET, KVM_VGIC_V3_ADDR_TYPE_DIST, KVM_VGIC_V3_ADDR_TYPE_REDIST, openKvm, type KvmMmioExit, type Vcpu, type Vm,
} from 'tessera-vm/kvm';

/** Where things are for the guest. */
const RAM = 0x4000_0000;
const RAM_BYTES = 16 << 20;
const UART = 0x0900_0000;
const GIC_DISTRIBUTOR = 0x0800_0000;
const GIC_REDISTRIBUTOR = 0x080a_0000;
/** What the engine needs of the arena beside the guest's memory. */
const ENGINE_BYTES = 96 << 20;

/** A PL011's registers that a polling guest uses. */
const UARTDR = 0x00;
const UARTFR = 0x18;
const UARTFR_RXFE = 1 << 4;
const UARTFR_TXFE = 1 << 7;

/** What the guest's serial port is connected to. */
export interface Terminal {
  /** The next byte that was typed; undefined: none yet. */
  read(): number | undefined;
  write(byte: number): void;
}

export type End = 'power off' | 'reset';

export interface Vmm {
  /** Runs the guest to its end. Throws where it does something that this monitor has no answer to. */
  run(): Promise<End>;
}

/** The greeting that is run where no program is given; PC-relative, so that it runs anywhere. */
const greeting = Uint8Array.from([
  ...words(
    0xd2a12013, //    mov x19, #0x9000000
    0x10000214, //    adr x20, text
    0x38401680, // 1: ldrb w0, [x20], #1
    0x34000060, //    cbz w0, 2f
    0xb9000260, //    str w0, [x19]
    0x17fffffd, //    b 1b
    0xb9401a60, // 2: ldr w0, [x19, #0x18]
    0x3727ffe0, //    tbnz w0, #4, 2b
    0xb9400260, //    ldr w0, [x19]
    0x7101c41f, //    cmp w0, #'q'
    0x54000060, //    b.eq 3f
    0xb9000260, //    str w0, [x19]
    0x17fffffa, //    b 2b
    0xd2b08000, // 3: mov x0, #0x84000000
    0xf2800100, //    movk x0, #8             SYSTEM_OFF
    0xd4000002, //    hvc #0
    0x14000000, //    b .
  ),
  ...new TextEncoder().encode('Hello from EL1\n\0'),
]);

export function createVmm(terminal: Terminal, program: Uint8Array = greeting): Vmm {
  const kvm = openKvm({
    clock: { now: () => process.hrtime.bigint(), wallSeconds: () => Math.floor(Date.now() / 1000) },
    random: () => crypto.getRandomValues(new BigUint64Array(1))[0]!,
  });
  if (kvm.getApiVersion() !== KVM_API_VERSION) throw new Error('this is another API');
  if (kvm.checkExtension(KVM_CAP_USER_MEMORY) === 0) throw new Error('a VM can have no memory');
  const vm = kvm.createVm({ arenaBytes: RAM_BYTES + ENGINE_BYTES });

  const ram = vm.arena.alloc(RAM_BYTES, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: ram });
  vm.arena.u8.set(program, ram);

  const gic = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_V3);
  const vcpu = startVcpu(vm);
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(KVM_VGIC_V3_ADDR_TYPE_DIST), BigInt(GIC_DISTRIBUTOR));
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(KVM_VGIC_V3_ADDR_TYPE_REDIST), BigInt(GIC_REDISTRIBUTOR));
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(KVM_DEV_ARM_VGIC_CTRL_INIT));

  return { run: () => exitLoop(vcpu, serialPort(terminal)) };
}

function startVcpu(vm: Vm): Vcpu {
  const vcpu = vm.createVcpu(0);
  vcpu.init({ target: vm.preferredTarget().target, features: [1 << KVM_ARM_VCPU_PSCI_0_2] });
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  return vcpu;
}

async function exitLoop(vcpu: Vcpu, device: (exit: KvmMmioExit) => void): Promise<End> {
  for (;;) {
    const exit = vcpu.run();
    switch (exit.exit_reason) {
      case KVM_EXIT_MMIO:
        device(exit);
        // A guest that polls must not keep the host from its events.
        if (exit.phys_addr === UART + UARTFR) await new Promise(resolve => { setImmediate(resolve); });
        break;
      case KVM_EXIT_INTR:
        await new Promise(resolve => { setTimeout(resolve, 1); });
        break;
      case KVM_EXIT_SYSTEM_EVENT:
        return exit.type === KVM_SYSTEM_EVENT_RESET ? 'reset' : 'power off';
      default:
        throw new Error(`exit ${exit.exit_reason} at 0x${vcpu.getOneReg(KVM_REG_ARM_CORE.PC).toString(16)}`);
    }
  }
}

/** The answer to an access; what a read finds is put into the exit. */
function serialPort(terminal: Terminal): (exit: KvmMmioExit) => void {
  let typed: number | undefined;
  return ({ phys_addr, data, is_write }) => {
    typed ??= terminal.read();
    if (is_write) {
      if (phys_addr === UART + UARTDR) terminal.write(data[0]!);
    } else if (phys_addr === UART + UARTFR) {
      data[0] = UARTFR_TXFE | (typed === undefined ? UARTFR_RXFE : 0);
    } else if (phys_addr === UART + UARTDR) {
      data[0] = typed ?? 0;
      typed = undefined;
    }
  };
}

function words(...all: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(all).buffer);
}

if (import.meta.main) {
  const typed: number[] = [];
  process.stdin.on('data', (data: Buffer) => typed.push(...data));
  const terminal: Terminal = { read: () => typed.shift(), write: byte => { process.stdout.write(String.fromCharCode(byte)); } };
  const [file] = process.argv.slice(2);
  console.log(`[${await createVmm(terminal, file === undefined ? undefined : readFileSync(file)).run()}]`);
  process.exit();
}
