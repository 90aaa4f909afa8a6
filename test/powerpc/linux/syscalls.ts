/** The system calls that static C programs make (asm/unistd.h of powerpc, which both widths share), answered without a kernel. */
import { Random } from '../../../src/base/random.ts';
import type { ProgramMemory } from './memory.ts';

export interface Process {
  readonly memory: ProgramMemory;
  readonly bits: 32 | 64;
  /** The heap from its start to its end at most, and the areas for mmap. */
  readonly heap: { readonly start: number; readonly end: number };
  readonly maps: { readonly start: number; readonly end: number };
  readonly output: (bytes: Uint8Array) => void;
}

/** The program has ended. */
export class Exit {
  readonly status: number;
  constructor(status: number) { this.status = status; }
}

/** A negative result is an error number. */
type Call = (...args: number[]) => number;

const EBADF = -9;
const ENOMEM = -12;
const EINVAL = -22;
const ENOTTY = -25;
const ENOSYS = -38;
const PAGE = 4096;
/** Seconds since 1970, whenever anybody asks. */
const NOW = 1_700_000_000;

export function createSyscalls({ memory, bits, heap, maps, output }: Process): (number: number, args: readonly number[]) => number {
  const random = new Random(1);
  let breakAt = heap.start;
  let mapsTop = maps.start;
  const word = bits / 8;

  const write: Call = (fd, buffer, count) => {
    if (fd !== 1 && fd !== 2) return EBADF;
    if (fd === 1) output(memory.read(buffer!, count!));
    return count!;
  };
  const writev: Call = (fd, vector, count) => {
    let sum = 0;
    for (let i = 0; i < count!; i++) {
      sum += write(fd!, memory.word(vector! + i * 2 * word, bits), memory.word(vector! + (i * 2 + 1) * word, bits));
    }
    return sum;
  };
  const brk: Call = to => {
    if (to! >= heap.start && to! <= heap.end) breakAt = to!;
    return breakAt;
  };
  const mmap: Call = (_address, length) => {
    const at = mapsTop;
    const size = Math.ceil(length! / PAGE) * PAGE;
    if (at + size > maps.end) return ENOMEM;
    mapsTop += size;
    return at;
  };
  const uname: Call = buffer => {
    ['Linux', 'tessera', '6.1.0', '#1', bits === 64 ? 'ppc64' : 'ppc', '(none)'].forEach((text, i) => {
      memory.write(buffer! + i * 65, new TextEncoder().encode(`${text}\0`));
    });
    return 0;
  };
  const time = (seconds: 32 | 64): Call => (_clock, to) => {
    memory.setWord(to!, seconds, NOW);
    memory.setWord(to! + seconds / 8, seconds, 0);
    return 0;
  };
  const getrandom: Call = (to, count) => {
    memory.write(to!, Uint8Array.from({ length: count! }, () => random.below(256)));
    return count!;
  };
  const exit: Call = status => { throw new Exit(status! & 255); };
  const nothing: Call = () => 0;

  const calls: Readonly<Record<number, Call>> = {
    1: exit, 234: exit,
    3: () => 0, // read: the end of the input
    4: write, 146: writev,
    6: nothing, 20: () => 1000, 24: () => 0, 47: () => 0, 49: () => 0, 50: () => 0, 207: () => 1000, 232: () => 1000,
    45: brk, 54: () => ENOTTY, 85: () => EINVAL, 90: mmap, 91: nothing, 122: uname, 125: nothing, 192: mmap,
    173: nothing, 174: nothing, 185: nothing, 221: nothing, 246: time(bits), 403: time(64), 300: nothing,
    359: getrandom,
  };
  return (number, args) => (calls[number] ?? (() => ENOSYS))(...args);
}
