/**
 * A CPU that another thread runs, as this thread sees it: its state, and the places by which it is told something. What is
 * derived from the state in the guest's object here may be out of date: `refresh` makes it again.
 */
import type { Arena } from '../base/arena.ts';
import type { Log } from '../base/log.ts';
import type { CpuEnv, GuestArch, GuestCpu } from '../isa/arch.ts';
import { PAGE } from '../jit/abi.ts';
import { REQUEST_INTERRUPT, type Cpu, type CpuExit } from './cpu.ts';
import { CODE_CHANGED, FLUSH_TLB, PROTECT_PAGE, type Peer, type Peers } from './peers.ts';
import type { PhysicalMemory } from './physical.ts';

export interface RemoteCpuOptions {
  readonly arena: Arena;
  readonly arch: GuestArch;
  readonly peers: Peers;
  readonly physical: PhysicalMemory;
  readonly log: Log;
}

export class RemoteCpu<G extends GuestCpu = GuestCpu> implements Cpu<G> {
  readonly guest: G;
  readonly requestWord: number;
  private readonly options: RemoteCpuOptions;
  private readonly peer: Peer;

  constructor(options: RemoteCpuOptions, createGuest: (env: CpuEnv) => G) {
    const { arena, arch, peers, physical, log } = options;
    this.options = options;
    const base = arena.alloc(arch.layout.size, 64);
    this.requestWord = (base + arch.layout.fields.request.offset) >>> 2;
    this.peer = peers.add(this.requestWord);
    const ram = (pa: number, bytes: number): number => physical.at(pa, bytes);
    this.guest = createGuest({
      arena, base, log, ram,
      modeChanged: () => {},
      interruptsChanged: () => { Atomics.or(arena.i32, this.requestWord, REQUEST_INTERRUPT); },
      flushTlb: () => {},
      flushTlbPage: () => {},
      // Walks from here are for looking: they change no tables.
      ramForWrite: () => -1,
    });
  }

  run(): CpuExit { throw new Error('another thread runs this CPU'); }
  completeMmio(): void { throw new Error('another thread runs this CPU'); }
  abortMmio(): void { throw new Error('another thread runs this CPU'); }
  setBudget(): void { throw new Error('a CPU of another thread is not counted'); }
  readonly retired = 0n;
  finishMmio(): undefined {}
  step(): CpuExit { throw new Error('another thread runs this CPU'); }
  reset(): void {}

  protectPage(page: number): void { this.peer.post(PROTECT_PAGE, BigInt(page)); }

  flushTlb(): void { this.peer.post(FLUSH_TLB, 0n); }

  memoryChanged(pa: number, bytes: number): void {
    const { peers, physical } = this.options;
    for (const [start, length] of physical.parts(pa, bytes)) {
      for (let at = start; at < start + length; at += PAGE - (at % PAGE)) {
        if (!peers.owns(this.peer, at - (at % PAGE))) continue;
        const here = Math.min(PAGE - (at % PAGE), start + length - at);
        this.peer.post(CODE_CHANGED, BigInt(at) | BigInt(here) << 32n);
      }
    }
  }
}
