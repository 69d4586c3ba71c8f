// This run beside the last one that succeeded: where they part, and what took longer.
import type { Overview } from './data';

type State = Overview['states'][number];

export interface Compared {
  name: string;
  definition_path: string;
  depth: number;
  here: string;
  there: string;
  /** Milliseconds; absent where one of them did not come there. */
  tookHere: number | undefined;
  tookThere: number | undefined;
  /** The first state at which they part. */
  isParting: boolean;
}

const tookOf = (state: State | undefined): number | undefined =>
  state?.entered ? (state.duration_ms ?? state.busy_ms) : undefined;

/** In the order of this run's flow; states that only the other one has come last. */
export function compared(here: readonly State[], there: readonly State[]): Compared[] {
  const others = new Map(there.map((state) => [state.definition_path, state]));
  const own = new Set(here.map((state) => state.definition_path));
  const all = [...here, ...there.filter((state) => !own.has(state.definition_path))];
  let hasParted = false;
  return all.map((state) => {
    const mine = own.has(state.definition_path) ? state : undefined;
    const other = others.get(state.definition_path);
    const [a, b] = [mine?.status ?? 'not_reached', other?.status ?? 'not_reached'];
    const isLane = state.type === 'Map' || state.type === 'Parallel';
    // A lane differs because of what is in it: the leaf is named.
    const isParting = !hasParted && !isLane && a !== b;
    hasParted ||= isParting;
    return {
      name: state.name,
      definition_path: state.definition_path,
      depth: state.depth,
      here: a,
      there: b,
      tookHere: tookOf(mine),
      tookThere: tookOf(other),
      isParting,
    };
  });
}
