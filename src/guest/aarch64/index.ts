/** The AArch64 guest as the engine sees it, for each CPU model. */
import type { Arena } from '../../base/arena.ts';
import type { GuestArch } from '../../isa/arch.ts';
import { decoder } from '../../isa/decode.ts';
import { BlockMap } from './blocks.ts';
import { Arm64Cpu, type Arm64CpuOptions } from './cpu.ts';
import { insns } from './insns.ts';
import { alignedData, bigEndianData, requirementMet } from './mode.ts';
import { cortexA57, type CpuModel, type CpuModelName, maxModel } from './models.ts';
import { fields, layout, SINK, ZR } from './state.ts';

export type AArch64 = GuestArch<Arm64Cpu, Arm64CpuOptions>;

/** The guest with a CPU of this model: the decoder knows its instructions and no others. */
export function createAArch64(model: CpuModel): AArch64 {
  const blocks = new WeakMap<Arena, BlockMap>();
  return {
    name: 'aarch64',
    layout,
    decoder: decoder(insns, { features: name => model.features.has(name) }),
    cached: [fields.x, fields.v, fields.nzcv],
    zeroSlots: [[fields.x, ZR]],
    sinkSlots: [[fields.x, SINK]],
    // Instructions are little-endian always.
    bigEndianCode: () => false,
    bigEndianData,
    alignedData,
    requirementMet,
    createCpu(env, options) {
      let ofMachine = blocks.get(env.arena);
      if (!ofMachine) blocks.set(env.arena, (ofMachine = new BlockMap()));
      return new Arm64Cpu(env, model, options, ofMachine);
    },
  };
}

export const cpuModels: Readonly<Record<CpuModelName, CpuModel>> = {
  'cortex-a57': cortexA57,
  max: maxModel(new Set(insns.flatMap(i => i.feature ?? []))),
};

export type { Arm64CpuOptions, CpuModel, CpuModelName };
export { Arm64Cpu };
