/**
 * What a debugger outside of the guest sees of a machine: its CPUs, which run or stand still, their memory, and the places
 * where they shall stop. Nothing here knows the guest's architecture but for the widths of what it passes on.
 */

/** Kinds of breakpoints, with GDB's numbers (packets Z and z). */
export const BREAKPOINT_SOFTWARE = 0;
export const BREAKPOINT_HARDWARE = 1;
export const WATCHPOINT_WRITE = 2;
export const WATCHPOINT_READ = 3;
export const WATCHPOINT_ACCESS = 4;
export type WatchpointKind = typeof WATCHPOINT_WRITE | typeof WATCHPOINT_READ | typeof WATCHPOINT_ACCESS;

/** What a CPU does when it is let go. `within`: steps go on while its PC is in there, from the first address to before the second. */
export type Resumption =
  | { readonly kind: 'continue' }
  | { readonly kind: 'step'; readonly within?: readonly [from: bigint, to: bigint] };

/** A CPU stands still, with its PC at the instruction that it would execute next. */
export interface DebugStop {
  readonly cpu: number;
  /**
   * 'step': what was to be executed has been; 'software', 'hardware': it came to a breakpoint; 'watchpoint': the instruction
   * would access what is watched, and hasn't yet; 'paused': somebody asked for it.
   */
  readonly reason: 'step' | 'software' | 'hardware' | 'watchpoint' | 'paused';
  /** Of a watchpoint: as it was inserted. */
  readonly watchpoint?: { readonly kind: WatchpointKind; readonly address: bigint; readonly length: number };
}

export interface DebugListener {
  /**
   * CPUs stopped. In all-stop mode every CPU stands still by then, and those that only had to follow aren't told of; where it was
   * `pause` alone, one is. Called from the machine's loop, or from within `pause`.
   */
  stopped(stops: readonly DebugStop[]): void;
}

/**
 * The machine's debug layer. A resumed CPU whose PC is at a breakpoint stops there again at once: whoever wants it to go on takes
 * the breakpoint away, has it step, and puts it back. State may be looked at and changed only of CPUs that stand still.
 */
export interface DebugTarget {
  /** CPUs are numbered from 0. */
  readonly cpus: number;
  /** True (as it is at first): one CPU's stop holds all others, too. */
  allStop: boolean;
  /** Whether single steps may lead into interrupt handlers (as they do at first), or interrupts wait meanwhile. */
  stepsTakeInterrupts: boolean;

  /** From now on stops are told. The machine runs on as it did. */
  attach(listener: DebugListener): void;
  /** Everything that was inserted goes, every CPU runs, and nothing is told any more. */
  detach(): void;

  /** Whether the CPU stands still, and nothing about it changes until it is resumed. */
  isHeld(cpu: number): boolean;
  /** Makes CPUs stand still, all of them by default and in all-stop mode. Nothing is told where they do already. */
  pause(cpus?: readonly number[]): void;
  /** Lets these go; the others stay as they are. */
  resume(cpus: ReadonlyMap<number, Resumption>): void;

  /**
   * Inserts a breakpoint for all CPUs, running or not; `length` in bytes counts for watchpoints only, `cpu` says by whose translation
   * a software breakpoint's address is found. Throws a KvmError: ENOBUFS where the hardware has no more, or none of this length;
   * EINVAL where there is no memory, or the length can't be; ENOSYS for another kind.
   */
  insert(kind: number, address: bigint, length: number, cpu?: number): void;
  /** Throws ENOENT where there is none, EINVAL where the memory of a software breakpoint isn't as it was left, ENOSYS. */
  remove(kind: number, address: bigint, length: number, cpu?: number): void;
  removeAll(): void;

  /**
   * Memory as the CPU's code at its privilege or a higher one sees it, undefined where some of it isn't there. Software breakpoints
   * aren't seen: what the guest has there is.
   */
  read(cpu: number, address: bigint, length: number): Uint8Array | undefined;
  /** Write protection doesn't count, and software breakpoints stay. False where some of it isn't there: nothing is written then. */
  write(cpu: number, address: bigint, data: Uint8Array): boolean;
  /** The same by guest-physical addresses. */
  readPhysical(address: bigint, length: number): Uint8Array | undefined;
  writePhysical(address: bigint, data: Uint8Array): boolean;
  /** Guest-physical address of a virtual one, undefined where nothing is mapped. */
  translate(cpu: number, address: bigint): number | undefined;

  /** By KVM's register ids (KVM_GET_ONE_REG); throw as getOneReg and setOneReg. */
  getRegister(cpu: number, id: bigint): bigint;
  setRegister(cpu: number, id: bigint, value: bigint): void;
}
