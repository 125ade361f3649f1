import { encodeUtf8 } from '@syncline/core';
import {
  askResolver,
  type AskResolverDeps,
  type ResolverAnswer,
  type ResolverAsked,
  type ResolverQuestion,
} from '@syncline/flows';
import type { ConflictLedger } from '@syncline/ports';
import type { Process, Tolerate } from './process';
import type { Random } from './random';

export interface ResolverProcessDeps extends Omit<AskResolverDeps, 'ask' | 'conflicts'> {
  readonly conflicts: Pick<ConflictLedger, 'seenBy' | 'writtenAt' | 'waitingForResolver'>;
  readonly random: Random;
  /** Chance that a question is not answered, or not well. */
  readonly failureRate: () => number;
  readonly answered: (question: ResolverQuestion, asked: ResolverAsked) => void;
  readonly tolerate: Tolerate;
}

const LOOK_MS = 2_000;
const FOUND_AT_ONCE = 20;

/** Asks a tenant's resolver that answers whatever it likes, and sometimes nothing, about all conflicts that wait for it. */
export function resolverProcess(process: Process, deps: ResolverProcessDeps): void {
  const ask = askResolver({
    ...deps,
    ask: (question) =>
      process.call(() => {
        const asked = answerTo(question, deps);
        deps.answered(question, asked);
        return Promise.resolve(asked);
      }),
  });
  const lookAround = async (): Promise<void> => {
    for (const conflict of await deps.conflicts.waitingForResolver(null, FOUND_AT_ONCE)) await ask(conflict);
  };
  const again = (): void =>
    process.after(LOOK_MS, () => void lookAround().catch(deps.tolerate).finally(again));
  again();
}

function answerTo(question: ResolverQuestion, { random, failureRate }: ResolverProcessDeps): ResolverAsked {
  if (random.happens(failureRate())) {
    return random.happens(0.5)
      ? { kind: 'not-asked' }
      : { kind: 'failed', problem: 'did not answer in time' };
  }
  return { kind: 'answered', answer: random.pick(ANSWERS)(question) };
}

const ANSWERS: readonly ((question: ResolverQuestion) => ResolverAnswer)[] = [
  () => ({ take: 'stored', why: 'It is older.' }),
  () => ({ take: 'incoming', why: 'It is newer.' }),
  () => ({ take: 'incoming', why: 'It is newer.' }),
  () => ({ take: 'neither', why: 'Someone should look at it.' }),
  () => ({ take: 'delete', why: 'Nobody needs it.' }),
  ({ id }) => ({ take: 'merged', payload: mergedOf(id), asked: [], why: 'Both say something.' }),
  ({ id }) => ({ take: 'merged', payload: mergedOf(id), asked: ['title'], why: 'Who knows the title?' }),
];

const mergedOf = (id: string): Uint8Array => encodeUtf8(JSON.stringify({ title: `merged for ${id}` }));
