/** Programs of AArch32 at EL0 in a Rig: pages that EL0 reaches, code as words or halfwords, User mode. */
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import { Assembler } from './assembler.ts';
import { CODE, DATA, HOLE, PAGE_ATTRIBUTES, Rig, reportingVectors, type RigOptions } from './rig.ts';

export const model = cpuModels.max;
/** EL0 may read, write and execute. */
const USER = PAGE_ATTRIBUTES | (1n << 6n);
export const USER_MODE = 0x10;
export const T32 = 1 << 5;
export const FROM_AARCH32 = { sync: 0x600, irq: 0x680 } as const;
export const tookSync = `hvc ${0x1000 + FROM_AARCH32.sync}`;
/** An ERET. */
export const ERET = CODE + 0x8000;

/** Words of A32; halfwords of T32. */
export interface Code { readonly a32?: readonly number[]; readonly t32?: readonly number[] }

export const userRig = (options: RigOptions): Rig => userPages(new Rig({ model, ...options }));

/** Also after a reset. */
export function userPages(r: Rig): Rig {
  r.load(reportingVectors(), false).load(new Assembler(ERET).eret(), false);
  r.map(CODE, BigInt(CODE) | USER);
  for (const page of [DATA, HOLE - 4096]) r.map(page, BigInt(page) | USER);
  r.cpu.flushTlb();
  return r;
}

export const bytesIn = ({ a32, t32 }: Code): number => (a32?.length ?? 0) * 4 + (t32?.length ?? 0) * 2;

/** Writes it to `at`; gives what follows. */
export function put(r: Rig, at: number, code: Code): number {
  const bytes = r.bytes(at, bytesIn(code));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  code.a32?.forEach((word, i) => { view.setUint32(i * 4, word, true); });
  code.t32?.forEach((halfword, i) => { view.setUint16(i * 2, halfword, true); });
  r.cpu.memoryChanged(at, bytes.length);
  return at + bytes.length;
}

/** User mode at `pc`; `cpsr` are its other bits. */
export function enterUser(r: Rig, pc: number, cpsr = 0): Rig {
  r.state.pc = BigInt(pc);
  r.cpu.guest.pstate = USER_MODE | cpsr;
  return r;
}
