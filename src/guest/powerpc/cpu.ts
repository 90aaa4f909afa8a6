/**
 * A PowerPC processor in problem state, with a flat address space that whoever runs it maps: what generated code asks
 * of its CPU. Every interrupt is an exit.
 */
import type { AccessKind, CpuEnv, GuestCpu, GuestEvent, Translation } from '../../isa/arch.ts';
import { setFPSCR } from './fp/exact.ts';
import { alignment, dataStorage, illegalInstruction, instructionStorage, InterruptEvent, type PowerPcExit } from './interrupt.ts';
import { modeKey } from './mode.ts';
import type { PowerPcModel } from './models.ts';
import { type CpuState, layout, NO_RESERVATION } from './state.ts';

export interface PowerPcCpuOptions {
  readonly bigEndian: boolean;
  /** The guest-physical address of the page of `va`, undefined where such an access is not allowed. */
  readonly map: (va: bigint, kind: AccessKind) => { readonly pa: number; readonly writable: boolean } | undefined;
  /** The Time Base. */
  readonly timeBase: () => bigint;
  /** 64 random bits. */
  readonly random: () => bigint;
}

export class PowerPcCpu implements GuestCpu {
  readonly env: CpuEnv;
  readonly model: PowerPcModel;
  readonly options: PowerPcCpuOptions;
  readonly state: CpuState;
  private readonly mode: number;

  constructor(env: CpuEnv, model: PowerPcModel, options: PowerPcCpuOptions) {
    this.env = env;
    this.model = model;
    this.options = options;
    this.state = layout.view(env.arena, env.base);
    this.mode = modeKey({ ...model, bigEndian: options.bigEndian, v3_0: model.features.has('3.0') });
    this.reset();
  }

  /** Everything 0, no reservation. */
  reset(): void {
    const { state } = this;
    for (const registers of [state.gpr, state.fpr, state.vsrLow, state.vr]) registers.fill(0n);
    state.cr.fill(0);
    state.pc = state.LR = state.CTR = state.TAR = state.XER = 0n;
    state.SO = state.OV = state.CA = state.OV32 = state.CA32 = state.VRSAVE = 0;
    state.FPSCR = state.DRN = state.VSCR = state.fpLast = state.fpSince = state.fpTrap = 0;
    state.reserveAddress = NO_RESERVATION;
    this.stateChanged();
  }

  /** The state was written from outside: everything that is derived from it is made again. */
  stateChanged(): void {
    setFPSCR(this.state, this.state.FPSCR);
    this.env.modeChanged();
  }

  modeKey(): number {
    return this.mode;
  }

  spaceKey(): bigint {
    return 0n;
  }

  mmuIndex(): number {
    return 0;
  }

  translate(va: bigint, kind: AccessKind): Translation {
    if (kind === 'fetch') return this.translateFetch(va);
    const mapped = this.options.map(va, kind);
    if (!mapped) throw dataStorage(va, kind === 'write');
    return { ...mapped, pageBits: 12, device: false };
  }

  /** The low bits of a branch's target are ignored, and in 32-bit mode the high half (Book I, 2.4). */
  private translateFetch(target: bigint): Translation {
    const va = (this.model.bits === 64 ? target : BigInt.asUintN(32, target)) & ~3n;
    if (va !== target) this.state.pc = va;
    const mapped = this.options.map(va, 'fetch');
    if (!mapped) throw instructionStorage();
    return { ...mapped, pageBits: 12, device: false };
  }

  externalAbort(va: bigint, kind: AccessKind): GuestEvent {
    return kind === 'fetch' ? instructionStorage() : dataStorage(va, kind === 'write');
  }

  alignmentFault(va: bigint): GuestEvent {
    return alignment(va);
  }

  undefinedInstruction(_word: number): GuestEvent {
    return illegalInstruction();
  }

  deliver(event: GuestEvent): PowerPcExit {
    if (!(event instanceof InterruptEvent)) throw event;
    const { interrupt } = event;
    if (interrupt.kind === 'System Call') this.state.pc += 4n;
    return interrupt;
  }

  takeInterrupt(): boolean {
    return false;
  }
}
