/**
 * An Interrupt Translation Service: turns (DeviceID, EventID) into an LPI of a CPU, by tables that its command queue edits.
 * IHI 0069 5 and 12.19; physical LPIs only, targets by processor number, as KVM's. All methods are for who holds the VgicLock.
 */
import type { VgicCpu } from '../vgic/cpu.ts';
import { FIRST_LPI, LPI_ID_BITS, type Lpis } from '../vgic/lpis.ts';
import type { TableMemory } from '../vgic/ram.ts';
import type { Vgic } from '../vgic/vgic.ts';
import { COMMAND_BYTES, execute } from './commands.ts';
import {
  BASER_VALID, CBASER_VALID, COLLECTION_ABSENT, COLLECTION_CPU, itsLayout, queueAddress, queueBytes, type EventEntry, type ItsState,
} from './state.ts';
import { ItsTables } from './tables.ts';

/** What one access may spend on commands, in the units of `execute`: some milliseconds. The rest waits for the next access. */
const BUDGET = 4096;

/** Why a message became no interrupt: the ITS or the CPU's LPIs are off; or nothing is mapped there. */
export type Refusal = 'busy' | 'unmapped';

export class Its {
  readonly state: ItsState;
  readonly tables: ItsTables;
  readonly lpis: Lpis;
  readonly vgic: Vgic;
  /** Which of the VM's it is. */
  readonly number: number;

  constructor(vgic: Vgic, lpis: Lpis, ram: TableMemory, number: number) {
    this.vgic = vgic;
    this.lpis = lpis;
    this.number = number;
    this.state = itsLayout.view(vgic.arena, vgic.arena.alloc(itsLayout.size));
    this.tables = new ItsTables(this.state, ram);
  }

  /** As when it was created: disabled, without tables. */
  reset(): void {
    const { state } = this;
    this.forgetEvents();
    state.enabled = 0;
    state.cwriter = 0;
    state.creadr = 0;
    state.cbaser = 0n;
    state.baser.fill(0n);
    state.collections.fill(0);
  }

  /** Its LPIs no longer exist; the tables are as they were. */
  forgetEvents(): void {
    this.lpis.together(() => {
      for (const intid of this.lpis.mapped(this.number)) this.lpis.unmap(intid);
    });
  }

  /** No collection is mapped any more, so that no LPI goes anywhere. */
  forgetCollections(): void {
    this.state.collections.fill(COLLECTION_ABSENT);
    this.lpis.together(() => {
      for (const intid of this.lpis.mapped(this.number)) this.lpis.retarget(intid, undefined);
    });
  }

  /** Enabling needs the queue and both tables (UNPREDICTABLE otherwise: it stays disabled). */
  setEnabled(on: boolean): void {
    const { state } = this;
    const complete = state.cbaser & CBASER_VALID && state.baser[0]! & BASER_VALID && state.baser[1]! & BASER_VALID;
    if (on && !state.enabled && !complete) return;
    state.enabled = on ? 1 : 0;
    this.process();
  }

  /** Does what is in the queue, or the part of it that one access may. An error in a command is ignored, as in KVM. */
  process(): void {
    const { state, tables: { ram } } = this;
    if (!state.enabled || state.creadr === state.cwriter) return;
    const size = queueBytes(state.cbaser);
    const queue = queueAddress(state.cbaser);
    this.lpis.together(() => {
      for (let spent = 0; spent < BUDGET && state.creadr !== state.cwriter;) {
        const at = queue + state.creadr;
        const words = [0, 8, 16, 24].map(offset => ram.read64(at + offset) ?? 0n) as [bigint, bigint, bigint, bigint];
        spent += execute(this, words);
        state.creadr = (state.creadr + COMMAND_BYTES) % size;
      }
    });
  }

  /** A write of `event` to GITS_TRANSLATER by `device`. */
  message(device: number, event: number): Refusal | undefined {
    this.process();
    return this.deliver(device, event);
  }

  /** The same within the queue: INT. */
  deliver(device: number, event: number): Refusal | undefined {
    if (!this.state.enabled) return 'busy';
    const entry = this.translate(device, event);
    if (!entry || !this.isMapped(entry.collection)) return 'unmapped';
    const cpu = this.lpis.targetOf(entry.intid);
    if (!cpu) return 'unmapped';
    if (!cpu.state.lpisEnabled) return 'busy';
    this.lpis.setPending(entry.intid, true);
    return undefined;
  }

  /** The entry of an event whose INTID can be an LPI. */
  translate(device: number, event: number): EventEntry | undefined {
    const found = this.tables.device(device);
    const entry = found && this.tables.event(found, event);
    return entry && entry.intid >= FIRST_LPI && entry.intid < 2 ** LPI_ID_BITS ? entry : undefined;
  }

  /** An event is gone, and its LPI with it; an INTID that came from the table may be anything. */
  unmapLpi(intid: number): void {
    if (intid >= FIRST_LPI && intid < 2 ** LPI_ID_BITS && this.lpis.isOf(intid, this.number)) this.lpis.unmap(intid);
  }

  isMapped(collection: number): boolean {
    return this.state.collections[collection]! >= COLLECTION_CPU;
  }

  /** The CPU that a collection is mapped to. */
  cpuOf(collection: number): VgicCpu | undefined {
    return this.vgic.cpus[this.state.collections[collection]! - COLLECTION_CPU];
  }

  /** By GICR_TYPER.Processor_Number. */
  cpuByNumber(number: number): VgicCpu | undefined {
    return this.vgic.cpus.find(cpu => cpu.number === number);
  }
}
