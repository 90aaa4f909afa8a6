/** The ITS as a device: reference B1 (SIGNAL_MSI, CREATE_DEVICE 8), B5 (ADDR 4, CTRL 1 to 4, ITS_REGS, the table ABI), B7. */
import { describe, expect, test } from 'vitest';
import { GITS } from '../../src/kvm/arm64/its/registers.ts';
import * as kvm from '../../src/kvm/index.ts';
import { createVm, kicked, read, startVcpus, write, type FakeCpu } from './fake-cpu.ts';
import { cmd, COLLECTIONS, DEVICES, ITT, PENDING, PROPERTIES, QUEUE, RAM, RAM_BYTES, VALID } from './its.ts';
import { code } from './error-code.ts';

const {
  KVM_DEV_ARM_VGIC_GRP_ADDR: ADDR, KVM_DEV_ARM_VGIC_GRP_CTRL: CTRL, KVM_DEV_ARM_VGIC_GRP_ITS_REGS: REGS, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: REDIST,
  KVM_DEV_ARM_VGIC_GRP_DIST_REGS: DIST,
} = kvm;
const [INIT, SAVE, RESTORE, SAVE_PENDING, RESET] = [0n, 1n, 2n, 3n, 4n];
const ITS_TYPE = BigInt(kvm.KVM_VGIC_ITS_ADDR_TYPE);
const BASE = 0x0808_0000n;
const DOORBELL = BASE + 0x1_0040n;
const ITS_BASE = Number(BASE);
const PMR = 0xc230;
const IAR1 = 0xc660;
const EOIR1 = 0xc661;
const IGRPEN1 = 0xc667;

class ItsVm {
  readonly vm: kvm.Vm;
  readonly gic: kvm.KvmDevice;
  readonly its: kvm.KvmDevice;
  readonly cpus: readonly FakeCpu[];
  private readonly ram: number;

  private readonly dev: kvm.Kvm;

  constructor(contents?: Uint8Array, threads = false) {
    const { kvm: dev, cpus } = createVm();
    const vm = dev.createVm({ arenaBytes: RAM_BYTES + (3 << 20), threads });
    this.dev = dev;
    this.vm = vm;
    this.cpus = cpus;
    this.ram = vm.arena.alloc(RAM_BYTES, 4096);
    if (contents) vm.arena.u8.set(contents, this.ram);
    vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: this.ram });
    this.gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    this.its = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_ITS);
    startVcpus(vm, 2);
    this.gic.setAttr(ADDR, 2n, 0x0800_0000n);
    this.gic.setAttr(ADDR, 3n, 0x080a_0000n);
    this.gic.setAttr(CTRL, INIT);
    for (const { spec: { platform } } of cpus) {
      platform.writeSystem(PMR, 0xffn);
      platform.writeSystem(IGRPEN1, 1n);
    }
    this.gic.setAttr(DIST, 0n, 2n);
  }

  /** As another thread has it; its CPUs come behind this one's. */
  attached(): kvm.Vm { return this.dev.attachVm(this.vm.share(), [0, 1]); }

  get memory(): Uint8Array { return this.vm.arena.u8.subarray(this.ram, this.ram + RAM_BYTES); }
  get64(pa: number): bigint { return this.vm.arena.u64[(this.ram + pa - RAM) / 8]!; }
  set64(pa: number, value: bigint): void { this.vm.arena.u64[(this.ram + pa - RAM) / 8] = value; }
  get(offset: number): bigint { return this.its.getAttr(REGS, BigInt(offset)); }
  set(offset: number, value: bigint): void { this.its.setAttr(REGS, BigInt(offset), value); }

  redistributors(): void {
    for (const n of [0, 1]) {
      const attr = (offset: number): bigint => BigInt(n) << 32n | BigInt(offset);
      for (const [offset, value] of [[0x70, PROPERTIES | 15], [0x74, 0], [0x78, PENDING + n * 0x1_0000], [0x7c, 0], [0, 1]] as const) {
        this.gic.setAttr(REDIST, attr(offset), BigInt(value));
      }
    }
  }

  /** As a guest would have left it: devices 1 and 300, LPIs of two priorities, collections 0 and 9. */
  configure(): this {
    this.redistributors();
    this.its.setAttr(ADDR, ITS_TYPE, BASE);
    this.set(GITS.CBASER, VALID | BigInt(QUEUE) | 15n);
    this.set(GITS.BASER, VALID | BigInt(DEVICES));
    this.set(GITS.BASER + 8, VALID | BigInt(COLLECTIONS));
    this.set(GITS.CTLR, 1n);
    for (const intid of [8192, 8200, 8210, 9000]) this.memory[PROPERTIES - RAM + intid - 8192] = 0xa1;
    this.command(
      cmd.mapc(0, 0), cmd.mapc(9, 1), cmd.mapd(1, ITT, 5), cmd.mapd(300, ITT + 0x1000, 8), cmd.mapd(0x1800, ITT + 0x2000, 1),
      cmd.mapti(1, 0, 8192, 0), cmd.mapti(1, 31, 8200, 9), cmd.mapti(300, 200, 8210, 9), cmd.mapti(300, 7, 9000, 0),
    );
    return this;
  }

  command(...commands: readonly (readonly (bigint | undefined)[])[]): void {
    let writer = Number(this.get(GITS.CWRITER));
    for (const words of commands) {
      for (let i = 0; i < 4; i++) this.set64(QUEUE + writer + 8 * i, words[i] ?? 0n);
      writer += 32;
    }
    this.set(GITS.CWRITER, BigInt(writer));
  }

  msi(devid: number, data: number): 0 | 1 {
    return this.vm.signalMsi({ address: DOORBELL, data, flags: kvm.KVM_MSI_VALID_DEVID, devid });
  }

  /** What a CPU is interrupted by, in order. */
  take(n: number): number[] {
    const { platform } = this.cpus[n]!.spec;
    const taken: number[] = [];
    for (;;) {
      const intid = platform.readSystem(IAR1)!;
      if (intid === 1023n) return taken;
      platform.writeSystem(EOIR1, intid);
      taken.push(Number(intid));
    }
  }
}

describe('B5.ITS attributes', () => {
  test('ADDR: 64 KiB steps, 128 KiB, once, not over another region', () => {
    const { its, vm } = new ItsVm();
    expect([0n, 2n, 4n].map(type => its.hasAttr(ADDR, type))).toEqual([false, false, true]);
    expect(code(() => its.setAttr(ADDR, 2n, BASE))).toBe('ENODEV');
    expect(code(() => its.getAttr(ADDR, 2n))).toBe('ENODEV');
    expect(its.getAttr(ADDR, ITS_TYPE)).toBe(0xffff_ffff_ffff_ffffn);
    expect(code(() => its.setAttr(ADDR, ITS_TYPE, BASE + 0x1000n))).toBe('EINVAL');
    expect(code(() => its.setAttr(ADDR, ITS_TYPE, (1n << 40n) - 0x10000n))).toBe('E2BIG');
    its.setAttr(ADDR, ITS_TYPE, BASE);
    expect(code(() => its.setAttr(ADDR, ITS_TYPE, BASE))).toBe('EEXIST');
    expect(its.getAttr(ADDR, ITS_TYPE)).toBe(BASE);
    const second = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_ITS);
    expect(code(() => second.setAttr(ADDR, ITS_TYPE, BASE + 0x10000n))).toBe('EINVAL');
  });

  test('CTRL and unknown groups', () => {
    const { its } = new ItsVm();
    expect([0n, 1n, 2n, 3n, 4n, 5n].map(attr => its.hasAttr(CTRL, attr))).toEqual([true, true, true, false, true, false]);
    expect(code(() => its.setAttr(CTRL, SAVE_PENDING))).toBe('ENXIO');
    expect(code(() => its.setAttr(CTRL, INIT))).toBe('no error');
    expect(its.hasAttr(DIST, 0n)).toBe(false);
    expect(code(() => its.getAttr(DIST, 0n))).toBe('ENXIO');
    expect(code(() => its.setAttr(CTRL, SAVE))).toBe('no error'); // no tables: nothing to save
    expect(code(() => its.setAttr(CTRL, RESTORE))).toBe('no error');
  });

  test('ITS_REGS: offsets, CREADR and IIDR can be written, the rest as by the guest', () => {
    const made = new ItsVm();
    const { its } = made;
    expect([0, 4, 8, 0x80, 0x88, 0x90, 0x100, 0x138, 0xffe8].map(offset => its.hasAttr(REGS, BigInt(offset)))).toEqual(new Array(9).fill(true));
    expect([0x84, 0x10, 0x140, 0x1_0040, 0x1_0000].map(offset => its.hasAttr(REGS, BigInt(offset)))).toEqual(new Array(5).fill(false));
    expect(code(() => made.get(GITS.CTLR))).toBe('ENXIO'); // no address yet
    its.setAttr(ADDR, ITS_TYPE, BASE);
    expect(code(() => made.get(2))).toBe('EINVAL');
    expect(code(() => made.get(0x84))).toBe('EINVAL');
    expect(code(() => made.get(0x18))).toBe('ENXIO');
    expect(made.get(GITS.TYPER) >> 13n & 31n).toBe(15n);
    made.set(GITS.TYPER, 0n);
    expect(made.get(GITS.TYPER) & 1n).toBe(1n);
    made.set(GITS.IIDR, made.get(GITS.IIDR));
    expect(code(() => made.set(GITS.IIDR, 0x4b00_143bn))).toBe('EINVAL');
    made.set(GITS.CBASER, VALID | BigInt(QUEUE));
    made.set(GITS.CREADR, 0x40n);
    expect(made.get(GITS.CREADR)).toBe(0x40n);
    expect(code(() => made.set(GITS.CREADR, 0x1000n))).toBe('EINVAL');
    made.set(GITS.BASER, VALID | BigInt(DEVICES));
    made.set(GITS.BASER + 8, VALID | BigInt(COLLECTIONS));
    made.set(GITS.CTLR, 1n);
    expect(code(() => made.set(GITS.CREADR, 0n))).toBe('EBUSY');
  });

  test('EBUSY while a vCPU runs', () => {
    const made = new ItsVm().configure();
    const seen: string[] = [];
    made.cpus[0]!.script.push(() => {
      for (const attr of [SAVE, RESTORE, RESET]) seen.push(code(() => made.its.setAttr(CTRL, attr)));
      seen.push(code(() => made.get(GITS.CTLR)), code(() => made.set(GITS.CTLR, 0n)));
      return kicked;
    });
    made.vm.vcpus[0]!.run();
    expect(seen).toEqual(new Array(5).fill('EBUSY'));
  });

  test('ITS_RESET: as when it was created, at the same address', () => {
    const made = new ItsVm().configure();
    expect(made.msi(1, 0)).toBe(1);
    made.its.setAttr(CTRL, RESET);
    expect([GITS.CTLR, GITS.CBASER, GITS.CREADR, GITS.CWRITER, GITS.BASER].map(offset => made.get(offset))).toEqual([
      0x8000_0000n, 0n, 0n, 0n, 1n << 56n | 7n << 48n | 2n << 8n,
    ]);
    expect(made.take(0)).toEqual([]);
    expect(code(() => made.msi(1, 0))).toBe('EBUSY');
  });

  test('C1.1 at its address, for every vCPU', () => {
    const made = new ItsVm().configure();
    made.cpus[1]!.script.push(read(ITS_BASE + 4), read(ITS_BASE + 8, 8), write(ITS_BASE, 0), read(ITS_BASE), kicked);
    made.vm.vcpus[1]!.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    made.vm.vcpus[1]!.run();
    expect(made.cpus[1]!.answers).toEqual([0x4b00_043bn, 0x1ef71n, 0n, 0x8000_0000n]);
  });
});

describe('B1.SIGNAL_MSI', () => {
  test('delivered 1, blocked 0; ENODEV, EINVAL, EBUSY', () => {
    const made = new ItsVm().configure();
    expect([made.vm.checkExtension(kvm.KVM_CAP_SIGNAL_MSI), made.vm.checkExtension(kvm.KVM_CAP_MSI_DEVID)]).toEqual([1, 1]);
    expect([made.msi(300, 200), made.msi(300, 7), made.msi(1, 1), made.msi(7, 0)]).toEqual([1, 1, 0, 0]);
    expect([made.take(0), made.take(1)]).toEqual([[9000], [8210]]);
    expect(code(() => made.vm.signalMsi({ address: DOORBELL, data: 0, devid: 1 }))).toBe('EINVAL');
    expect(code(() => made.vm.signalMsi({ address: DOORBELL + 4n, data: 0, flags: 1, devid: 1 }))).toBe('EINVAL');
    made.set(GITS.CTLR, 0n);
    expect(code(() => made.msi(1, 0))).toBe('EBUSY');
    expect(code(() => createVm().vm.signalMsi({ address: DOORBELL, data: 0, flags: 1, devid: 1 }))).toBe('ENODEV');
  });

  test('two ITSs have devices and collections of their own', () => {
    const made = new ItsVm().configure();
    const second = made.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_ITS);
    second.setAttr(ADDR, ITS_TYPE, 0x0900_0000n);
    expect(code(() => made.vm.signalMsi({ address: 0x0901_0040n, data: 0, flags: 1, devid: 1 }))).toBe('EBUSY');
    second.setAttr(CTRL, RESET);
    expect(made.msi(1, 0)).toBe(1);
    expect(made.take(0)).toEqual([8192]);
  });
});

describe('B5.ITS tables saved and restored', () => {
  test('the table ABI of revision 0', () => {
    const made = new ItsVm().configure();
    made.its.setAttr(CTRL, SAVE);
    const device = (next: number, itt: number, bits: number): bigint => VALID | BigInt(next) << 49n | BigInt(itt >> 8) << 5n | BigInt(bits - 1);
    expect([1, 300, 0x1800, 2].map(id => made.get64(DEVICES + 8 * id))).toEqual([
      device(299, ITT, 5), device(0x1800 - 300, ITT + 0x1000, 8), device(0, ITT + 0x2000, 1), 0n,
    ]);
    const event = (next: number, intid: number, collection: number): bigint => BigInt(next) << 48n | BigInt(intid) << 16n | BigInt(collection);
    expect([made.get64(ITT), made.get64(ITT + 8 * 31)]).toEqual([event(31, 8192, 0), event(0, 8200, 9)]);
    expect([made.get64(ITT + 0x1000 + 8 * 7), made.get64(ITT + 0x1000 + 8 * 200)]).toEqual([event(193, 9000, 0), event(0, 8210, 9)]);
    expect([0, 1, 2].map(n => made.get64(COLLECTIONS + 8 * n))).toEqual([VALID, VALID | 1n << 16n | 9n, 0n]);
  });

  test('B7.save-restore another VM goes on where this one was: mappings, and what is pending', () => {
    const saved = new ItsVm().configure();
    expect([saved.msi(1, 31), saved.msi(300, 7)]).toEqual([1, 1]);
    saved.its.setAttr(CTRL, SAVE);
    saved.gic.setAttr(CTRL, SAVE_PENDING);
    expect(saved.memory[PENDING - RAM + (9000 >> 3)]! >> (9000 & 7) & 1).toBe(1);
    expect(saved.memory[PENDING + 0x1_0000 - RAM + (8200 >> 3)]! >> (8200 & 7) & 1).toBe(1);
    const registers = [GITS.CBASER, GITS.IIDR, GITS.CREADR, GITS.CWRITER, GITS.BASER, GITS.BASER + 8];
    const values = registers.map(offset => saved.get(offset));
    const control = saved.get(GITS.CTLR);

    const restored = new ItsVm(saved.memory.slice());
    restored.redistributors();
    restored.its.setAttr(ADDR, ITS_TYPE, BASE);
    registers.forEach((offset, i) => restored.set(offset, values[i]!));
    restored.its.setAttr(CTRL, RESTORE);
    restored.set(GITS.CTLR, control);
    expect(registers.map(offset => restored.get(offset))).toEqual(values);
    expect(restored.get(GITS.CTLR)).toBe(control);
    expect([restored.take(0), restored.take(1)]).toEqual([[9000], [8200]]);
    expect([restored.msi(1, 0), restored.msi(300, 200)]).toEqual([1, 1]);
    expect([restored.take(0), restored.take(1)]).toEqual([[8192], [8210]]);
    restored.command(cmd.movi(1, 0, 9), cmd.int(1, 0));
    expect([restored.take(0), restored.take(1)]).toEqual([[], [8192]]);
    // The first one goes on, too.
    expect([saved.take(0), saved.take(1)]).toEqual([[9000], [8200]]);
    expect(saved.msi(1, 0)).toBe(1);
  });

  test('B7.save-restore with threads that have the VM already: what is restored is there for them', () => {
    const saved = new ItsVm().configure();
    expect([saved.msi(1, 31), saved.msi(300, 7)]).toEqual([1, 1]);
    saved.its.setAttr(CTRL, SAVE);
    saved.gic.setAttr(CTRL, SAVE_PENDING);
    const registers = [GITS.CBASER, GITS.IIDR, GITS.CREADR, GITS.CWRITER, GITS.BASER, GITS.BASER + 8, GITS.CTLR];

    const restored = new ItsVm(saved.memory.slice(), true);
    restored.its.setAttr(ADDR, ITS_TYPE, BASE);
    const other = restored.attached();
    restored.redistributors();
    for (const offset of registers.slice(0, -1)) restored.set(offset, saved.get(offset));
    restored.its.setAttr(CTRL, RESTORE);
    restored.set(GITS.CTLR, saved.get(GITS.CTLR));
    const [first, second] = [2, 3];
    expect([restored.take(first), restored.take(second)]).toEqual([[9000], [8200]]);
    // Messages that come by the other thread find what was restored here.
    expect(other.signalMsi({ address: DOORBELL, data: 200, flags: kvm.KVM_MSI_VALID_DEVID, devid: 300 })).toBe(1);
    expect([restored.take(first), restored.take(second)]).toEqual([[], [8210]]);
  });

  test('B7.dirty tables that are saved are in the dirty log', () => {
    const made = new ItsVm().configure();
    expect(made.msi(1, 31)).toBe(1);
    const region = { slot: 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: made.memory.byteOffset };
    made.vm.setUserMemoryRegion({ ...region, flags: kvm.KVM_MEM_LOG_DIRTY_PAGES });
    made.its.setAttr(CTRL, SAVE);
    made.gic.setAttr(CTRL, SAVE_PENDING);
    const log = made.vm.getDirtyLog(0);
    const pages = [...log].flatMap((byte, i) => [0, 1, 2, 3, 4, 5, 6, 7].filter(bit => byte >> bit & 1).map(bit => RAM + (i * 8 + bit) * 4096));
    // Device 0x1800 is in the device table's 13th page.
    const written = [DEVICES, DEVICES + 0xc000, COLLECTIONS, PENDING + 0x1_0000, ITT, ITT + 0x1000];
    expect(pages).toEqual(written.sort((a, b) => a - b));
  });

  test('what a restore refuses: inconsistent tables EINVAL, collections twice EEXIST, no RAM EFAULT', () => {
    const base = new ItsVm().configure();
    base.its.setAttr(CTRL, SAVE);
    const image = base.memory.slice();
    const attempt = (change: (made: ItsVm) => void): string => {
      const made = new ItsVm(image);
      made.redistributors();
      made.its.setAttr(ADDR, ITS_TYPE, BASE);
      made.set(GITS.CBASER, VALID | BigInt(QUEUE) | 15n);
      made.set(GITS.BASER, VALID | BigInt(DEVICES));
      made.set(GITS.BASER + 8, VALID | BigInt(COLLECTIONS));
      change(made);
      const result = code(() => made.its.setAttr(CTRL, RESTORE));
      made.set(GITS.CTLR, 1n);
      expect(made.msi(1, 0)).toBe(result === 'no error' ? 1 : 0);
      return result;
    };
    expect(attempt(() => {})).toBe('no error');
    expect(attempt(made => made.set64(COLLECTIONS, VALID | 7n << 16n))).toBe('EINVAL');
    expect(attempt(made => made.set64(COLLECTIONS, VALID | 0x2000n))).toBe('EINVAL');
    expect(attempt(made => made.set64(COLLECTIONS + 8, VALID))).toBe('EEXIST');
    expect(attempt(made => made.set64(COLLECTIONS, 0n))).toBe('EINVAL'); // events of collections that aren't there
    expect(attempt(made => made.set64(ITT, BigInt(8191) << 16n))).toBe('EINVAL');
    expect(attempt(made => made.set64(ITT, 32n << 48n | BigInt(8192) << 16n))).toBe('EINVAL');
    expect(attempt(made => made.set64(DEVICES + 8, VALID | 0x90_0000n << 5n | 4n))).toBe('EFAULT');
    expect(attempt(made => made.set(GITS.BASER + 8, VALID | 0x9000_0000n))).toBe('EFAULT');
    // A collection without a CPU is restored as such.
    const made = new ItsVm(image);
    made.redistributors();
    made.its.setAttr(ADDR, ITS_TYPE, BASE);
    made.set(GITS.CBASER, VALID | BigInt(QUEUE) | 15n);
    made.set(GITS.BASER, VALID | BigInt(DEVICES));
    made.set(GITS.BASER + 8, VALID | BigInt(COLLECTIONS));
    made.set64(COLLECTIONS, VALID | 0xffff_ffffn << 16n);
    made.its.setAttr(CTRL, RESTORE);
    made.set(GITS.CTLR, 1n);
    expect([made.msi(1, 0), made.msi(1, 31)]).toEqual([0, 1]);
  });

  test('tables without end are refused, not walked', () => {
    const made = new ItsVm().configure();
    // Every device has the same table of 64 Ki events.
    for (let id = 0; id < 8192; id++) made.set64(DEVICES + 8 * id, VALID | BigInt(ITT >> 8) << 5n | 15n);
    expect(code(() => made.its.setAttr(CTRL, SAVE))).toBe('EINVAL');
    for (let id = 0; id < 8192; id++) made.set64(DEVICES + 8 * id, VALID | 1n << 49n | BigInt(ITT >> 8) << 5n | 15n);
    for (let event = 0; event < 0x1_0000; event++) made.set64(ITT + 8 * event, 0n);
    expect(code(() => made.its.setAttr(CTRL, RESTORE))).toBe('EINVAL');
  });

  test('SAVE_PENDING_TABLES outside RAM is EFAULT', () => {
    const made = new ItsVm();
    made.configure();
    made.gic.setAttr(REDIST, 0n, 0n);
    made.gic.setAttr(REDIST, 0x78n, 0x9000_0000n);
    made.gic.setAttr(REDIST, 0n, 1n);
    expect(code(() => made.gic.setAttr(CTRL, SAVE_PENDING))).toBe('EFAULT');
  });
});
