/** A board's two banks of flash, there only for firmware: memory as long as they read as an array, a device otherwise. */
import type { Bus } from '../device/bus.ts';
import { CfiFlash } from '../device/cfi-flash.ts';
import type { Vm } from '../kvm/index.ts';
import { setRom } from './arm64-vm.ts';
import type { Range } from './board.ts';

const FIRST_SLOT = 1;

export function addFlash(vm: Vm, bus: Bus, banks: readonly [Range, Range], firmware: Uint8Array): void {
  bank(vm, bus, FIRST_SLOT, banks[0], firmware);
  bank(vm, bus, FIRST_SLOT + 1, banks[1], new Uint8Array());
}

function bank(vm: Vm, bus: Bus, slot: number, range: Range, contents: Uint8Array): void {
  const at = vm.arena.alloc(range.size, 4096);
  vm.arena.u8.set(contents, at);
  setRom(vm, slot, range, at, true);
  bus.map(
    range.base,
    new CfiFlash(vm.arena, at, range.size, {
      readArray: on => setRom(vm, slot, range, at, on),
      written: (offset, bytes) => {
        vm.memoryChanged(range.base + offset, bytes);
      },
    }),
  );
}
