/** `-cpu MODEL,property=on|off`: features of a model on and off. */
import { TesseraError } from '../../../base/errors.ts';
import { features, withWhatTheyNeed } from './features.ts';

/** Features by what the command line calls them: true is on. */
export type CpuProperties = Readonly<Record<string, boolean>>;

/** The properties that there are, with the features that they are about. */
export const propertiesOf = (implemented: ReadonlySet<string>): ReadonlyMap<string, string> =>
  new Map([...features].flatMap(([name, { property }]) => (property !== undefined && implemented.has(name) ? [[property, name]] : [])));

/** `name` and all that it can't be without. */
function withNeeds(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const needed of features.get(name)?.needs ?? []) withNeeds(needed, found);
  return found;
}

/**
 * The features of a model after what was asked for: on brings what it needs, off takes along what needs it. Throws a
 * TesseraError for a property that there isn't, and where one that is on needs one that is off.
 */
export function applyProperties(own: Iterable<string>, implemented: ReadonlySet<string>, asked: CpuProperties): ReadonlySet<string> {
  const properties = propertiesOf(implemented);
  const chosen = Object.entries(asked).map(([property, on]) => {
    const name = properties.get(property);
    if (name === undefined) throw new TesseraError(`a CPU has no property '${property}'`);
    return { property, name, on };
  });
  const off = new Set(chosen.filter(c => !c.on).map(c => c.name));
  const present = new Set([...own].filter(name => implemented.has(name)));
  for (const { property, name } of chosen.filter(c => c.on)) {
    for (const needed of withNeeds(name)) {
      if (off.has(needed)) throw new TesseraError(`${property}=on needs ${features.get(needed)?.property ?? needed}, which is off`);
      present.add(needed);
    }
  }
  for (const name of off) present.delete(name);
  oneOfTwo(present);
  return withWhatTheyNeed(present);
}

/** Where there are two ways to do something, the one that was asked for, else the usual one. */
function oneOfTwo(present: Set<string>): void {
  for (const [name, { insteadOf }] of features) {
    if (insteadOf === undefined) continue;
    if (present.has(name)) present.delete(insteadOf);
    else present.add(insteadOf);
  }
}
