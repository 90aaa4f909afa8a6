/**
 * The CPU models by name, with features on and off. Which features there are is in model/features.ts, what each core has in
 * the other files of model/; here is what of it all we have.
 */
import { cortexA53, cortexA57, cortexA72 } from './model/armv8-0.ts';
import { cortexA55, cortexA76, neoverseN1 } from './model/armv8-2.ts';
import { max } from './model/max.ts';
import { model, type CpuModel, type Part } from './model/model.ts';
import { applyProperties, type CpuProperties } from './model/properties.ts';

export { physicalSizes, type CpuModel } from './model/model.ts';

/** Features that are in registers, exceptions and the MMU; those of instructions show in the instructions. */
const systemFeatures = [
  'FP',
  'PMUv3',
  'PMUv3p1',
  'PMUv3p4',
  'PMUv3p5',
  'Debugv8p1',
  'Debugv8p2',
  'Debugv8p4',
  'DoubleLock',
  'TGran4K',
  'TGran16K',
  'TGran64K',
  'ASID16',
  'MixedEnd',
  'SNSMem',
  'HAFDBS',
  'HPDS',
  'HPDS2',
  'LVA',
  'LPA2',
  'TTST',
  'TTL',
  'BBM',
  'E0PD',
  'ETS',
  'VHE',
  'VMID16',
  'XNX',
  'S2FWB',
  'HCX',
  'DPB2',
  'LSE2',
  'PAN2',
  'PAN3',
  'SSBS',
  'DPB',
  'TLBIOS',
  'TLBIRANGE',
  'RNG',
  'TTCNP',
  'CSV2',
  'CSV2_2',
  'CSV3',
  'IESB',
  'RASv1p1',
  'IDST',
  'SPECRES',
  'CCIDX',
  'DGH',
  'PACQARMA5',
  'PACIMP',
  'EPAC',
  'PAuth2',
  'FPAC',
  'FPACCOMBINE',
  'BTI',
  'AA32EL0',
  'AA32EL1',
];

export const parts = {
  'cortex-a53': cortexA53,
  'cortex-a55': cortexA55,
  'cortex-a57': cortexA57,
  'cortex-a72': cortexA72,
  'cortex-a76': cortexA76,
  'neoverse-n1': neoverseN1,
  max,
} as const satisfies Readonly<Record<string, Part>>;

export type CpuModelName = keyof typeof parts;

/** All that we have: `instructions` are the features of the instructions that exist. */
export const implementedFeatures = (instructions: Iterable<string>): ReadonlySet<string> => new Set([...systemFeatures, ...instructions]);

/** The model with features on and off. Throws a TesseraError where that can't be. */
export function createModel(name: CpuModelName, implemented: ReadonlySet<string>, properties: CpuProperties = {}): CpuModel {
  const part: Part = parts[name];
  return model(part, applyProperties(part.features, implemented, properties));
}
