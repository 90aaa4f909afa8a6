/** Dirty logs over every kind of write: reference B1.GET_DIRTY_LOG, B1.CLEAR_DIRTY_LOG, B7.dirty. */
import { describe, expect, it } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { DATA, forward, HVC, RAM, RAM_BYTES, realVm, type RealVm } from './real.ts';

const PAGES = RAM_BYTES / 4096;
const page = (address: number): number => (address - RAM) / 4096;

/** Numbers of the marked pages. */
function dirty({ vm }: RealVm, slot = 0): number[] {
  const bitmap = vm.getDirtyLog(slot);
  return Array.from({ length: bitmap.length * 8 }, (_, n) => n).filter(n => bitmap[n >> 3]! >> (n & 7) & 1);
}

/** A logged VM that runs the words, then a hypercall; X2 is at data. */
function logged(...words: number[]): RealVm {
  const real = realVm([...words, HVC], { log: true, cpu: 'max' });
  forward(real.vm);
  return real;
}

function run(real: RealVm): void {
  real.setX(0, 0x8600_0000);
  real.setPc(RAM);
  expect(real.vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
}

const STR = 0xf9000043; // str x3, [x2]
const LDR = 0xf9400043;

describe('B1.GET_DIRTY_LOG', () => {
  it('B1.GET_DIRTY_LOG pages that are written are marked, once each; a copy clears', () => {
    const real = logged(LDR, STR);
    expect(dirty(real)).toEqual([]);
    run(real);
    expect(real.vm.getDirtyLog(0).length).toBe(8);
    run(real);
    expect(dirty(real)).toEqual([page(DATA)]);
    expect(dirty(real)).toEqual([]);
    run(real);
    run(real);
    expect(dirty(real)).toEqual([page(DATA)]);
  });

  it('B1.GET_DIRTY_LOG a page is marked again after each copy, also by code that is compiled', () => {
    // 1: str x3, [x2]; subs x4, x4, #1; b.ne 1b
    const real = logged(STR, 0xf1000484, 0x54ffffc1);
    for (const round of [1, 2, 3]) {
      real.setX(4, 20_000);
      run(real);
      expect([round, dirty(real)]).toEqual([round, [page(DATA)]]);
    }
  });

  it('B1.GET_DIRTY_LOG errors: a slot that can\'t be, isn\'t there, or has no log', () => {
    const { vm } = realVm([]);
    expect([32764, -1, 0.5].map(slot => code(() => vm.getDirtyLog(slot)))).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    expect([0, 7].map(slot => code(() => vm.getDirtyLog(slot)))).toEqual(['ENOENT', 'ENOENT']);
  });

  it('B1.GET_DIRTY_LOG a log begins and ends with the slot\'s flag', () => {
    const real = logged(STR);
    const region = { slot: 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: real.ram };
    run(real);
    real.vm.setUserMemoryRegion(region);
    expect(code(() => real.vm.getDirtyLog(0))).toBe('ENOENT');
    run(real);
    real.vm.setUserMemoryRegion({ ...region, flags: kvm.KVM_MEM_LOG_DIRTY_PAGES });
    expect(dirty(real)).toEqual([]);
    run(real);
    expect(dirty(real)).toEqual([page(DATA)]);
  });
});

describe('B7.dirty every kind of write', () => {
  const writes: readonly (readonly [name: string, words: readonly number[], pages: readonly number[], setUp?: (real: RealVm) => void])[] = [
    ['a store pair', [0xa9000c43], [page(DATA)]],
    ['a SIMD store', [0x3d800040], [page(DATA)], real => real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 2), 3n << 20n)],
    ['an atomic add', [0xf8230044], [page(DATA)]],
    ['a compare-and-swap that stores', [0xc8a47c43], [page(DATA)]],
    ['a store-exclusive', [0xc85f7c44, 0xc8057c43], [page(DATA)]],
    ['a store across a page', [0xf9000043], [page(DATA), page(DATA) + 1], real => { mapped(real); real.setX(2, DATA + 4092); }],
    ['DC ZVA', [0xd50b7422], [page(DATA)], mapped],
    ['a store to translated code', [0xf9000043], [0], real => real.setX(2, RAM + 0x800)],
  ];

  for (const [name, words, pages, setUp] of writes) it(`B7.dirty ${name}`, () => {
    const real = logged(...words);
    setUp?.(real);
    real.setX(3, 0);
    real.setX(4, 0);
    real.vm.getDirtyLog(0);
    run(real);
    expect(dirty(real)).toEqual(pages);
  });

  it('B7.dirty the MMU\'s write of an access flag', () => {
    const real = logged(LDR);
    mapped(real, true);
    real.vm.getDirtyLog(0);
    run(real);
    expect(dirty(real)).toEqual([TABLE_PAGE]);
  });

  it('B7.dirty loads, fetches and a store that faults mark nothing', () => {
    const real = logged(LDR, 0xd503201f);
    run(real);
    expect(dirty(real)).toEqual([]);
  });
});

const TABLE_PAGE = 12;

/** One block of 1 GB, Normal memory, at RAM; without an access flag if the MMU is to set it. */
function mapped({ vm, vcpu, ram }: RealVm, manageAccessFlag = false): void {
  const reg = (op1: number, CRn: number, CRm: number, op2: number): bigint => kvm.ARM64_SYS_REG(3, op1, CRn, CRm, op2);
  const flag = manageAccessFlag ? 0n : 1n << 10n;
  vm.arena.u64[(ram + TABLE_PAGE * 4096) / 8 + 1] = BigInt(RAM) | flag | 1n;
  vcpu.setOneReg(reg(0, 2, 0, 0), BigInt(RAM + TABLE_PAGE * 4096)); // TTBR0_EL1
  vcpu.setOneReg(reg(0, 10, 2, 0), 0xffn); // MAIR_EL1
  vcpu.setOneReg(reg(0, 2, 0, 2), 1n << 23n | 25n | (manageAccessFlag ? 1n << 39n : 0n)); // TCR_EL1: EPD1, 39 bits, HA
  vcpu.setOneReg(reg(0, 1, 0, 0), vcpu.getOneReg(reg(0, 1, 0, 0)) | 1n); // SCTLR_EL1.M
}

describe('B1.CLEAR_DIRTY_LOG', () => {
  const bits = (...pages: number[]): Uint8Array => {
    const bitmap = new Uint8Array(8);
    for (const n of pages) bitmap[n >> 3]! |= 1 << (n & 7);
    return bitmap;
  };

  it('B1.CLEAR_DIRTY_LOG B1.ENABLE_CAP with manual protection a copy leaves the marks, and what is cleared is marked again by a write', () => {
    const real = logged(STR);
    real.vm.enableCap({ cap: kvm.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, args: [1n] });
    run(real);
    expect([dirty(real), dirty(real)]).toEqual([[page(DATA)], [page(DATA)]]);
    real.vm.clearDirtyLog({ slot: 0, first_page: 0, num_pages: PAGES, dirty_bitmap: bits(1, 2) });
    expect(dirty(real)).toEqual([page(DATA)]);
    real.vm.clearDirtyLog({ slot: 0, first_page: 0, num_pages: PAGES, dirty_bitmap: bits(page(DATA)) });
    expect(dirty(real)).toEqual([]);
    run(real);
    expect(dirty(real)).toEqual([page(DATA)]);
  });

  it('B1.CLEAR_DIRTY_LOG a log may begin with every page marked', () => {
    const { vm, ram } = realVm([]);
    vm.enableCap({ cap: kvm.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, args: [3n] });
    vm.setUserMemoryRegion({ slot: 0, flags: kvm.KVM_MEM_LOG_DIRTY_PAGES, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: ram });
    expect([...vm.getDirtyLog(0)]).toEqual([255, 255, 0, 0, 0, 0, 0, 0]);
  });

  it('B1.CLEAR_DIRTY_LOG errors', () => {
    const { vm } = logged();
    const clear = (first_page: number, num_pages: number, bytes = 8, slot = 0): string =>
      code(() => vm.clearDirtyLog({ slot, first_page, num_pages, dirty_bitmap: new Uint8Array(bytes) }));
    expect([clear(1, 15), clear(0, 8), clear(0, 64), clear(-64, 64), clear(0, NaN)]).toEqual(Array(5).fill('EINVAL'));
    expect([clear(0, PAGES, 4), clear(0, PAGES, 8, 3), clear(0, PAGES), clear(0, 0)]).toEqual(['EFAULT', 'ENOENT', 'no error', 'no error']);
  });
});

describe('B1.ENABLE_CAP', () => {
  it('B1.ENABLE_CAP what can\'t be enabled, flags and arguments: EINVAL', () => {
    const { vm } = realVm([]);
    const enable = (cap: number, flags = 0, ...args: bigint[]): string => code(() => vm.enableCap({ cap, flags, args }));
    expect([enable(3), enable(1000), enable(-1), enable(168, 1), enable(177, 1), enable(168, 0, 2n), enable(168, 0, 4n), enable(168, 0, 5n)])
      .toEqual(Array(8).fill('EINVAL'));
    expect([enable(168, 0, 0n), enable(168, 0, 1n), enable(168, 0, 3n), enable(177), enable(216)]).toEqual(Array(5).fill('no error'));
  });
});
