/**
 * The `bare` board, for programs without an operating system: memory, interrupt controller and timers where `virt` has
 * them, a serial line, and a register that ends the machine with the program's status.
 */
import { pl011 } from '../device/pl011.ts';
import { sifiveTest } from '../device/sifive-test.ts';
import { level, type Board } from './board.ts';
import { virt } from './virt.ts';

const { ram, gicDistributor, gicCpuInterface, gicRedistributors } = virt.map;

export const bare: Board = {
  model: 'tessera,bare',
  map: { ram, gicDistributor, gicCpuInterface, gicRedistributors },
  devices: [
    { node: 'test', base: 0x0010_0000, type: sifiveTest },
    { node: 'pl011', base: 0x0900_0000, ...level(1), type: pl011 },
  ],
  console: 'pl011',
};
