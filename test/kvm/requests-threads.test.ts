/** The control block between real threads: reference D14. A wake-up that is lost hangs its test. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { Random } from '../../src/base/random.ts';
import { KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_STOPPED } from '../../src/kvm/index.ts';
import { KVM_REQ_TLB_FLUSH, makeAllCpusRequest, VcpuControl } from '../../src/kvm/requests.ts';

const modules = { requests: new URL('../../src/kvm/requests.ts', import.meta.url).href };
const workers: Worker[] = [];
afterEach(async () => { await Promise.all(workers.splice(0).map(worker => worker.terminate())); });

function controls(count: number): { readonly arena: Arena; readonly controls: VcpuControl[] } {
  const arena = new Arena(65536);
  return {
    arena,
    controls: Array.from({ length: count }, () => {
      const control = VcpuControl.create(arena);
      control.setIpiWord(arena.alloc(64, 64) >>> 2);
      return control;
    }),
  };
}

/** A thread that runs `body` with `control` of vCPU `self`, `all`, `requests` (the module) and `rounds`; resolves to what it gives. */
function thread(arena: Arena, all: readonly VcpuControl[], self: number, rounds: number, body: string): Promise<unknown> {
  const text = `
    const { parentPort, workerData: { memory, bases, self, rounds, modules } } = require('node:worker_threads');
    import(modules.requests).then(requests => {
      const i32 = new Int32Array(memory);
      const all = bases.map(base => new requests.VcpuControl({ i32 }, base));
      const control = all[self];
      parentPort.postMessage((() => { ${body} })());
    });`;
  const worker = new Worker(text, { eval: true, workerData: { memory: arena.memory.buffer, bases: all.map(c => c.base), self, rounds, modules } });
  workers.push(worker);
  return new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject); });
}

describe('D14 threads', () => {
  it('D14.b every kick of a vCPU that waits wakes it, however close to its falling asleep', async () => {
    const { arena, controls: all } = controls(1);
    const [control] = all as [VcpuControl];
    const rounds = 2000;
    const woken = thread(arena, all, 0, rounds, `
      let woken = 0;
      for (; woken < rounds; woken++) {
        control.sleep(() => control.signalPending, () => Infinity);
        control.takeSignals();
        control.setPayload(0, BigInt(woken + 1));
      }
      return woken;`);
    for (let n = 0; n < rounds; n++) {
      control.sendSignal(10);
      while (Number(control.payload(0)) <= n);
    }
    expect(await woken).toBe(rounds);
  });

  it('A4.13 of a million kicks, at any point of entering and leaving the guest, the last of each burst is always seen', async () => {
    const { arena, controls: all } = controls(1);
    const [control] = all as [VcpuControl];
    const kicks = 1_000_000;
    const REQUEST = 9;
    const [sent, seen] = [arena.alloc(64, 64) >>> 2, arena.alloc(64, 64) >>> 2];
    // The guest is a loop that only a kick ends: one that is lost hangs the test.
    const last = thread(arena, all, 0, kicks, `
      const { ipi } = control.places;
      let seen = 0;
      while (seen < rounds) {
        if (control.checkRequest(${REQUEST})) {
          seen = Atomics.load(i32, ${sent});
          Atomics.store(i32, ${seen}, seen);
        }
        control.enterGuestMode();
        if (!control.requestPending && seen < rounds) while ((Atomics.load(i32, ipi) & 1) === 0);
        control.leaveGuestMode();
      }
      return seen;`);
    const random = new Random(413);
    for (let n = 0; n < kicks;) {
      for (let burst = 1 + random.below(100); burst > 0 && n < kicks; burst--) {
        Atomics.store(arena.i32, sent, ++n);
        control.makeRequest(REQUEST);
      }
      while (Atomics.load(arena.i32, seen) < n);
    }
    expect(await last).toBe(kicks);
  }, 60_000);

  it('D14.f CPU_ON: a CPU that powers off and one that turns it on see each other\'s state, with what it starts with', async () => {
    const { arena, controls: all } = controls(1);
    const [control] = all as [VcpuControl];
    control.mpState = KVM_MP_STATE_RUNNABLE;
    const rounds = 2000;
    const RESET = 10;
    const wrong = thread(arena, all, 0, rounds, `
      let wrong = 0;
      for (let n = 0; n < rounds; n++) {
        control.mpState = ${KVM_MP_STATE_STOPPED};
        control.sleep(() => control.mpState === ${KVM_MP_STATE_RUNNABLE}, () => Infinity);
        if (!control.checkRequest(${RESET}) || control.payload(0) !== BigInt(n) || control.payload(1) !== BigInt(n) << 32n) wrong++;
      }
      return wrong;`);
    for (let n = 0; n < rounds; n++) {
      while (control.mpState !== KVM_MP_STATE_STOPPED);
      control.setPayload(0, BigInt(n));
      control.setPayload(1, BigInt(n) << 32n);
      control.setRequest(RESET);
      control.mpState = KVM_MP_STATE_RUNNABLE;
      control.wakeUp();
    }
    expect(await wrong).toBe(0);
  });

  it('D14.h D14.g vCPUs that shoot each other\'s TLBs down wait for each other, and not for ever', async () => {
    const { arena, controls: all } = controls(3);
    const rounds = 200;
    const flushes = await Promise.all(all.map((_, self) => thread(arena, all, self, rounds, `
      const { ipi } = control.places;
      let flushes = 0;
      const round = () => {
        if (control.checkRequest(requests.KVM_REQ_TLB_FLUSH)) flushes++;
        control.enterGuestMode();
        if (!control.requestPending) for (let n = 0; n < 500 && (Atomics.load(i32, ipi) & 1) === 0; n++);
        control.leaveGuestMode();
      };
      for (let n = 0; n < rounds; n++) {
        round();
        requests.makeAllCpusRequest(all, requests.KVM_REQ_TLB_FLUSH, control);
      }
      return flushes;`)));
    expect(flushes.every(count => (count as number) >= rounds - 1)).toBe(true);
  });

  it('D14.g who reads what a request takes away is waited for as if it were in the guest', async () => {
    const { arena, controls: all } = controls(1);
    const [control] = all as [VcpuControl];
    const step = arena.alloc(64, 64) >>> 2;
    const done = thread(arena, all, 0, 1, `
      control.beginShadowRead();
      Atomics.store(i32, ${step}, 1);
      while (!control.requestPending);
      for (let n = 0; n < 100_000; n++) Atomics.load(i32, ${step});
      Atomics.store(i32, ${step}, 2);
      control.endShadowRead();
      return true;`);
    while (Atomics.load(arena.i32, step) === 0);
    control.makeRequest(KVM_REQ_TLB_FLUSH);
    expect(Atomics.load(arena.i32, step)).toBe(2);
    expect(await done).toBe(true);
  });

  it('D14.g who is outside isn\'t waited for', () => {
    const { controls: all } = controls(2);
    makeAllCpusRequest(all, 0x300);
    expect(all.map(c => c.testRequest(0x300))).toEqual([true, true]);
  });
});
