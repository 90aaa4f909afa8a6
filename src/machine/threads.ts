/** A machine whose vCPUs have threads of their own: this thread serves their exits, and starts and stops them together. */
import type { Arena } from '../base/arena.ts';
import {
  KVM_EXIT_DEBUG, KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_MMIO, KVM_EXIT_SYSTEM_EVENT, KVM_EXIT_TESSERA_SEMIHOSTING, type KvmDebugExit, type KvmExit, type KvmIntrExit,
  type KvmMmioExit, type Vcpu,
} from '../kvm/index.ts';
import type { Halts } from './halts.ts';
import type { HostLoop, VcpuThread } from './host.ts';
import type { Ending } from './machine.ts';
import { debugOf, mail, Mailbox, MAILBOX_BYTES, mmioOf } from './mailbox.ts';
import type { VcpuThreadData, VcpuThreadResult } from './vcpu-thread.ts';

/** What the machine does for its vCPUs. */
export interface Server {
  /** False: nothing is there. */
  mmio(exit: KvmMmioExit): boolean;
  /** False: the guest's own, which it shall get. */
  debug(vcpu: Vcpu, exit: KvmDebugExit): boolean;
  serve(vcpu: Vcpu, exit: Exclude<KvmExit, KvmIntrExit | KvmMmioExit>): Ending | undefined;
  /** Does what is due in the devices; when the next thing is, in the clock's ns. */
  tick(): bigint | undefined;
  /** Why all shall stop. */
  ending(): Ending | undefined;
}

export interface ThreadsHost {
  readonly loop: HostLoop;
  readonly start: (data: VcpuThreadData) => VcpuThread;
  /** Blocks this thread until the word isn't `value` any more, at most for a time; only where a host lets it. */
  readonly linger?: ((words: Int32Array, index: number, value: number, ms: number) => void) | undefined;
  readonly now: () => bigint;
}

/** An exit seldom comes alone: so long after one this thread waits for the next before its event loop has its turn. */
const LINGER_MS = 0.1;
const LINGER_NS = 1_000_000n;
const TURN_NS = 8_000_000n;

interface Member {
  readonly vcpu: Vcpu;
  readonly box: Mailbox;
  readonly thread: VcpuThread;
  /** Its state was changed by this thread. */
  changed: boolean;
}

export class VcpuThreads {
  private readonly members: readonly Member[];
  private readonly host: ThreadsHost;
  private readonly halts: Halts;
  private readonly words: Int32Array;
  private readonly bell: number;
  private ready: Promise<unknown> | undefined;
  private failure: string | undefined;
  private listening = false;
  private lastExit = 0n;
  private lastTurn = 0n;

  constructor(arena: Arena, vcpus: readonly Vcpu[], data: Omit<VcpuThreadData, 'id' | 'mailbox' | 'bell'>, host: ThreadsHost, halts: Halts) {
    this.host = host;
    this.halts = halts;
    this.words = arena.i32;
    const bell = arena.alloc(4, 64);
    this.bell = bell >>> 2;
    this.members = vcpus.map(vcpu => {
      const mailbox = arena.alloc(MAILBOX_BYTES, 64);
      const thread = host.start({ ...data, id: vcpu.id, mailbox, bell });
      void thread.failed.then(message => {
        this.failure ??= message;
        host.loop.wake();
      });
      return { vcpu, box: new Mailbox(arena, mailbox, bell), thread, changed: false };
    });
  }

  /** It stands still, and its state may have been changed here. */
  stateChanged(n: number): void { this.members[n]!.changed = true; }

  standsStill(n: number): boolean { return this.members[n]!.box.state === mail.parked; }

  /** Runs all vCPUs until there is an ending; then all of them stand still. */
  async run(server: Server): Promise<Ending> {
    await (this.ready ??= Promise.race([Promise.all(this.members.map(m => m.thread.ready)), ...this.members.map(m => m.thread.failed)]));
    for (const [n, member] of this.members.entries()) this.letGo(n, member);
    this.lastTurn = this.host.now();
    for (;;) {
      const heard = Atomics.load(this.words, this.bell);
      let served = false;
      let ending = this.failed();
      for (const [n, member] of this.members.entries()) {
        const { state } = member.box;
        if (state === mail.exit) {
          served = true;
          ending = this.serve(server, member) ?? ending;
        } else if (state === mail.parked) this.letGo(n, member); // a kick that was meant for the machine, or a halt
      }
      ending ??= server.ending();
      if (ending) {
        await this.stop(server);
        return ending;
      }
      await this.pause(served, heard, server.tick());
    }
  }

  /** A vCPU that stands still goes on unless it shall not. */
  private letGo(n: number, member: Member): void {
    if (this.halts.asked(n)) this.halts.confirm(n);
    else {
      member.box.go(member.changed);
      member.changed = false;
    }
  }

  /** Ends the threads; what they have to tell. */
  end(): Promise<(VcpuThreadResult | undefined)[]> {
    return Promise.all(this.members.map(async ({ vcpu, box, thread }) => {
      box.end();
      vcpu.kick();
      return thread.end();
    }));
  }

  private failed(): Ending | undefined {
    return this.failure === undefined ? undefined : { kind: 'error', message: this.failure };
  }

  private serve(server: Server, { vcpu, box }: Member): Ending | undefined {
    const letter = box.take();
    if (letter.reason === KVM_EXIT_MMIO) {
      const exit = mmioOf(letter);
      const found = server.mmio(exit);
      box.answer(new DataView(exit.data.buffer).getBigUint64(0, true), !found);
      return undefined;
    }
    if (letter.reason === KVM_EXIT_DEBUG) {
      box.answer(0n, !server.debug(vcpu, debugOf(letter)));
      return undefined;
    }
    const ending = this.serveOther(server, vcpu, letter);
    // Where it ends it stands still before it would run again.
    if (ending) vcpu.kick();
    box.answer(0n);
    return ending;
  }

  private serveOther(server: Server, vcpu: Vcpu, { reason, address, data, pc }: ReturnType<Mailbox['take']>): Ending | undefined {
    switch (reason) {
      case KVM_EXIT_SYSTEM_EVENT: return server.serve(vcpu, { exit_reason: reason, type: Number(address), data: [] });
      case KVM_EXIT_TESSERA_SEMIHOSTING:
        vcpu.refresh();
        return server.serve(vcpu, { exit_reason: reason, operation: Number(address), parameter: data });
      case KVM_EXIT_INTERNAL_ERROR: return server.serve(vcpu, { exit_reason: reason, suberror: 0, data: [pc] });
      default: return { kind: 'error', message: `the virtual CPU stopped with KVM exit ${reason} at PC 0x${pc.toString(16)}` };
    }
  }

  /** Until there is something to do. */
  private async pause(served: boolean, heard: number, deadline: bigint | undefined): Promise<void> {
    const { host, words, bell } = this;
    const now = host.now();
    if (served) this.lastExit = now;
    if (now - this.lastTurn >= TURN_NS) {
      this.lastTurn = now;
      await host.loop.yield();
      return;
    }
    if (served) return;
    if (host.linger && now - this.lastExit < LINGER_NS && (deadline === undefined || deadline > now + LINGER_NS)) {
      host.linger(words, bell, heard, LINGER_MS);
      return;
    }
    if (!this.listen(heard)) return;
    await host.loop.sleep(deadline);
    this.lastTurn = host.now();
  }

  /** The bell wakes the host's loop from now on; false: it rang. */
  private listen(heard: number): boolean {
    if (this.listening) return Atomics.load(this.words, this.bell) === heard;
    const rung = Atomics.waitAsync(this.words, this.bell, heard);
    if (!rung.async) return false;
    this.listening = true;
    void rung.value.then(() => {
      this.listening = false;
      this.host.loop.wake();
    });
    return true;
  }

  /** Makes all stand still. */
  private async stop(server: Server): Promise<void> {
    for (const { vcpu } of this.members) vcpu.kick();
    for (;;) {
      const heard = Atomics.load(this.words, this.bell);
      for (const member of this.members) if (member.box.state === mail.exit) this.serve(server, member);
      if (this.failure !== undefined || this.members.every(({ box }) => box.state === mail.parked)) return;
      await this.pause(false, heard, undefined);
    }
  }
}
