/** The control block of a vCPU: requests, kicks, modes, sleep. Reference D1, D2. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import * as R from '../../src/kvm/requests.ts';
import { KVM_REQ_IRQ_PENDING, KVM_REQ_SLEEP, KVM_REQ_SUSPEND } from '../../src/kvm/arm64/requests.ts';
import { REQUEST_KICK } from '../../src/vcpu/cpu.ts';

function make(): { control: R.VcpuControl; arena: Arena; ipi: () => boolean } {
  const arena = new Arena(65536);
  const word = arena.alloc(4) >>> 2;
  const control = R.VcpuControl.create(arena);
  control.setIpiWord(word);
  return { control, arena, ipi: () => (Atomics.exchange(arena.i32, word, 0) & REQUEST_KICK) !== 0 };
}

describe('D1 requests', () => {
  it('D1 numbers and flags are Linux\'s', () => {
    expect([R.KVM_REQ_TLB_FLUSH, R.KVM_REQ_VM_DEAD, R.KVM_REQ_UNBLOCK, R.KVM_REQ_DIRTY_RING_SOFT_FULL]).toEqual([0x300, 0x301, 2, 3]);
    expect([KVM_REQ_SLEEP, KVM_REQ_IRQ_PENDING, KVM_REQ_SUSPEND]).toEqual([0x308, 9, 14]);
    expect([R.KVM_REQUEST_NO_WAKEUP, R.KVM_REQUEST_WAIT, R.KVM_REQUEST_NO_ACTION]).toEqual([0x100, 0x200, 0x400]);
  });

  it('D1 a request is a bit that is taken once; those above 31 too', () => {
    const { control } = make();
    for (const request of [9, 40]) {
      control.makeRequest(request);
      expect([control.requestPending, control.testRequest(request)]).toEqual([true, true]);
      expect([control.checkRequest(request), control.checkRequest(request), control.requestPending]).toEqual([true, false, false]);
    }
    control.makeRequest(R.KVM_REQ_OUTSIDE_GUEST_MODE);
    expect(control.requestPending).toBe(false);
  });

  it('D14.e a kick sends one IPI, only into the guest; more kicks change nothing', () => {
    const { control, ipi } = make();
    control.kick();
    expect([control.mode, ipi()]).toEqual([R.OUTSIDE_GUEST_MODE, false]);
    control.enterGuestMode();
    expect(control.mode).toBe(R.IN_GUEST_MODE);
    control.kick();
    expect([control.mode, ipi()]).toEqual([R.EXITING_GUEST_MODE, true]);
    control.kick();
    expect(ipi()).toBe(false);
    const { ack } = control;
    control.leaveGuestMode();
    expect([control.mode, control.ack]).toEqual([R.OUTSIDE_GUEST_MODE, ack + 1]);
  });

  it('D2 the flag is cleared before the mode is set', () => {
    const { control, ipi } = make();
    control.enterGuestMode();
    control.kick();
    control.leaveGuestMode();
    control.enterGuestMode();
    expect(ipi()).toBe(false);
  });

  it('D1 signals end runs unless they are blocked, and then stay pending', () => {
    const { control } = make();
    control.setSignalMask(1n << 39n);
    control.sendSignal(40);
    expect(control.signalPending).toBe(false);
    control.sendSignal(1);
    expect(control.signalPending).toBe(true);
    control.takeSignals();
    expect(control.signalPending).toBe(false);
    control.setSignalMask(0n);
    expect(control.signalPending).toBe(true);
  });

  it('D2.2 a sleeper whose cause is published before it sleeps does not sleep', () => {
    const { control } = make();
    let asked = 0;
    control.sleep(() => {
      if (asked++ > 0) return true;
      control.wakeUp();
      return false;
    }, () => Infinity);
    expect([asked, control.sleeping]).toEqual([2, false]);
  });
});

/** A vCPU on another thread: enters and leaves the guest, polls the word, counts what it was asked for. */
const vcpuThread = `
  const { parentPort, workerData: { memory, base, rounds, modules } } = require('node:worker_threads');
  import(modules.requests).then(({ VcpuControl }) => {
    const i32 = new Int32Array(memory);
    const control = new VcpuControl({ i32 }, base);
    const { ipi } = control.places;
    let taken = 0;
    while (taken < rounds) {
      if (control.checkRequest(9)) { taken++; continue; }
      control.enterGuestMode();
      if (control.requestPending) { control.leaveGuestMode(); continue; }
      while ((Atomics.load(i32, ipi) & 1) === 0);
      control.leaveGuestMode();
    }
    parentPort.postMessage(taken);
  });
`;

describe('D14 on another thread', () => {
  it('D14.a D14.g A4.13 no request is lost, wherever it falls; WAIT returns only once the vCPU has left', async () => {
    const { control, arena } = make();
    const rounds = 1000;
    const modules = { requests: new URL('../../src/kvm/requests.ts', import.meta.url).href };
    const worker = new Worker(vcpuThread, { eval: true, workerData: { memory: arena.memory.buffer, base: control.base, rounds, modules } });
    try {
      const done = new Promise(resolve => { worker.once('message', resolve); });
      for (let n = 0; n < rounds; n++) {
        control.makeRequest(9 | R.KVM_REQUEST_WAIT);
        while (control.testRequest(9)); // the next one would be the same bit
      }
      expect(await done).toBe(rounds);
    } finally {
      await worker.terminate();
    }
  });
});
