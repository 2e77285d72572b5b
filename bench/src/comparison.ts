/** What one round came to. */
export interface Round {
  /** How much was done a second: more is better. */
  readonly perSecond: number;
  /** Processor time for each, over all threads, where it is known. It hardly depends on what else the machine does. */
  readonly cpuMs?: number;
}

/** What takes part. */
export interface Contender {
  readonly name: string;
  round(): Promise<Round>;
}

/** A number to reach, from DESIGN §12: the ratio to the peer of this name. */
export interface Target {
  readonly peer: string;
  readonly ratio: number;
}

/** The median of some numbers, with the least and the greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A contender's rounds, in the order they ran. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly perSecond: Spread;
  readonly cpuMs: Spread | undefined;
}

/** A peer's rounds, and what the subject reached of them. */
export interface MeasuredPeer extends Measured {
  /** Subject over peer, each round against the peer's round beside it. */
  readonly ratio: Spread;
  /** Peer's processor time over subject's: 1 is as thrifty as the peer. */
  readonly cpuRatio: Spread | undefined;
  readonly target: number | undefined;
}

/** Ours against its peers, measured in turns. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly subject: Measured;
  readonly peers: readonly MeasuredPeer[];
}

/**
 * Measure contenders in turns, A B A B, so that whatever else the machine does meets all of them alike. The first turn of
 * each warms up and is not counted.
 */
export async function compare(
  about: { readonly name: string; readonly unit: string; readonly targets?: readonly Target[] },
  contenders: { readonly subject: Contender; readonly peers: readonly Contender[] },
  rounds: number,
  progress: (message: string) => void,
): Promise<Comparison> {
  const all = [contenders.subject, ...contenders.peers];
  const taken = new Map<Contender, Round[]>(all.map((contender) => [contender, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contender of all) {
      const done = await contender.round();
      const turn = round === 0 ? "warm-up" : `round ${round} of ${rounds}`;
      progress(`${about.name}: ${turn}, ${contender.name}: ${Math.round(done.perSecond)} ${about.unit}`);
      if (round > 0) taken.get(contender)?.push(done);
    }
  }
  const measured = (contender: Contender): Measured => {
    const done = taken.get(contender) ?? [];
    const cpu = cpuOf(done);
    return { name: contender.name, rounds: done, perSecond: spreadOf(ratesOf(done)), cpuMs: cpu === undefined ? undefined : spreadOf(cpu) };
  };
  const subject = measured(contenders.subject);
  const peers = contenders.peers.map((contender): MeasuredPeer => {
    const peer = measured(contender);
    const target = about.targets?.find((candidate) => candidate.peer === peer.name)?.ratio;
    const [ownCpu, peerCpu] = [cpuOf(subject.rounds), cpuOf(peer.rounds)];
    return {
      ...peer,
      ratio: spreadOf(pairwiseRatios(ratesOf(subject.rounds), ratesOf(peer.rounds))),
      cpuRatio: ownCpu === undefined || peerCpu === undefined ? undefined : spreadOf(pairwiseRatios(peerCpu, ownCpu)),
      target,
    };
  });
  return { name: about.name, unit: about.unit, subject, peers };
}

function ratesOf(rounds: readonly Round[]): number[] {
  return rounds.map(({ perSecond }) => perSecond);
}

function cpuOf(rounds: readonly Round[]): number[] | undefined {
  const known = rounds.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]));
  return known.length === rounds.length ? known : undefined;
}

/** Divide each of `values` by its counterpart. */
export function pairwiseRatios(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, i) => value / (others[i] ?? Number.NaN));
}

/** The median, the least and the greatest. @throws Error for no values at all, or for one that is no number */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) throw new Error(`cannot summarise [${values.join(", ")}]`);
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}
