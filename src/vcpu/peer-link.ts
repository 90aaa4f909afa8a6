/** A CPU's side of what CPUs of other threads are told, and tell it. */
import { PAGE } from '../jit/abi.ts';
import type { Engine } from './engine.ts';
import type { EngineCpu } from './loop.ts';
import { CODE_CHANGED, FLUSH_TLB, FORGET_ALL, FORGET_CODE, PROTECT_PAGE, type Message, type Peer, type Peers } from './peers.ts';

export class PeerLink {
  readonly self: Peer;
  private readonly peers: Peers;
  private readonly engine: Engine;
  private readonly cpu: EngineCpu;
  /** CPUs that were sent something and may not have seen it (see `Peer.post`). */
  private readonly waitFor = new Map<Peer, number>();

  constructor(peers: Peers, engine: Engine, cpu: EngineCpu) {
    this.peers = peers;
    this.engine = engine;
    this.cpu = cpu;
    this.self = peers.self = peers.add(cpu.requestWord);
  }

  broadcast(operation: number, value: bigint): void {
    this.post(() => true, operation, value);
  }

  /** Whoever may have code of these bytes is told (CpuEnv.codeChanged). */
  codeChanged(pa: number, bytes: number | undefined): void {
    if (bytes === undefined) {
      this.broadcast(FORGET_CODE, 0n);
      return;
    }
    for (const [at, length] of this.engine.physical.parts(pa, bytes)) {
      this.post(peer => this.peers.owns(peer, at - (at % PAGE)), CODE_CHANGED, BigInt(at) | BigInt(length) << 32n);
    }
  }

  private post(whom: (peer: Peer) => boolean, operation: number, value: bigint): void {
    for (const peer of this.peers.all) {
      if (peer === this.self || !whom(peer)) continue;
      const ticket = peer.post(operation, value);
      if (ticket === undefined) continue;
      this.waitFor.set(peer, ticket);
      this.cpu.state.broadcasts = 1;
    }
  }

  /** Not from generated code: others may be waiting for this CPU, too. */
  await(): void {
    for (const [peer, ticket] of this.waitFor) peer.seen(ticket);
    this.waitFor.clear();
    this.cpu.state.broadcasts = 0;
  }

  /** Does what others asked for; where no generated code runs. */
  receive(): void {
    if (this.self.pending) for (const message of this.self.take()) this.act(message);
  }

  private act({ operation, value }: Message): void {
    const { cpu, engine: { cache } } = this;
    switch (operation) {
      case FLUSH_TLB: return cpu.flushTlb();
      case CODE_CHANGED:
        cache.written(Number(value & 0xffffffffn), Number(value >> 32n));
        return;
      case FORGET_CODE: return cache.clear();
      case PROTECT_PAGE: return cpu.protectPage(Number(value));
      case FORGET_ALL:
        cache.clear();
        return cpu.flushTlb();
      default: cpu.guest.receive?.(operation, value);
    }
  }
}
