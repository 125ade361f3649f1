import { type PushResult, type Reason, refusal, type SpaceKey } from '@syncline/core';
import type { Chance, Clock, Timer } from '@syncline/ports';
import { MergeRequest } from '@syncline/proto/internal';
import type { GrpcChannel } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import { encode, mergeCallToProto } from '@syncline/wire';
import type { Backends } from '../backends';
import type { TargetAddresses } from './addresses';
import { type MergeStream, mergeStream } from './merge-stream';
import { DEFAULT_REMOTE_SETTINGS, type RemoteSettings } from './remote-settings';
import { rendezvous } from './rendezvous';

export interface RemoteMergeDeps {
  readonly addresses: TargetAddresses;
  /** A channel to a single instance. */
  readonly connect: (address: string) => GrpcChannel;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly chance: Chance;
  readonly log: Log;
  readonly settings?: Partial<RemoteSettings>;
}

export interface RemoteMerge extends Pick<Backends, 'push'> {
  close(): Promise<void>;
}

/** One more instance is tried when the first one goes away in the middle of a push. */
const ATTEMPTS_MAX = 2;

/**
 * Pushes to the merge instances behind a name; all gateways choose the same one for a space, so that its batches are as
 * large as they can be. What an instance may have taken and did not answer is sent once to another: if it was committed
 * after all, its numbers are known and it gets its first outcomes, so that is safe. After that it is refused, and the
 * device sends it again. An instance that ends in order has answered all that it took; what it did not take goes on.
 */
export function remoteMerge(deps: RemoteMergeDeps): RemoteMerge {
  const { clock } = deps;
  const settings = { ...DEFAULT_REMOTE_SETTINGS, ...deps.settings };
  const instances = mergeInstances(deps, settings);
  const sendUntilAnswered = sending(deps.timer, instances, settings);
  let correlations = 0;

  return {
    async push(push) {
      if (!instances.known) await instances.look();
      const nowMs = clock.nowMs();
      const correlation = ++correlations;
      const critical = push.push.changes.some((change) => change.critical === true);
      const { traceparent = '' } = push;
      const terms = { receivedAtMs: nowMs, deadlineAtMs: nowMs + settings.deadlineMs, critical };
      const call = { ...push, ...terms, correlation, traceparent };
      const request = encode(MergeRequest, mergeCallToProto(call));
      return sendUntilAnswered(push.space, request, correlation);
    },
    async close() {
      instances.close();
    },
  };
}

function sending(
  timer: Timer,
  instances: MergeInstances,
  { deadlineMs, retryAfterMs, unansweredBytesMax }: RemoteSettings,
) {
  const busy = spacesUnderWay();
  const refused = (reason: Reason): PushResult => ({
    kind: 'refused',
    refusal: refusal(reason, { retryAfterMs }),
  });

  return (space: SpaceKey, request: Uint8Array, correlation: number): Promise<PushResult> =>
    new Promise((resolve) => {
      let at: MergeStream | null = null;
      let ended = false;
      const leave = (): void => {
        if (at !== null) busy.end(space, at);
        at = null;
      };
      const end = (result: PushResult): void => {
        ended = true;
        stopWaiting();
        leave();
        resolve(result);
      };
      const stopWaiting = timer.after(deadlineMs, () => {
        at?.forget(correlation);
        end(refused('DEADLINE_EXCEEDED'));
      });
      const send = (attemptsLeft: number): void => {
        if (ended) return;
        const chosen = busy.streamOf(space) ?? instances.choose(space);
        if (chosen === null) {
          instances.whenUsable((usable) => (usable ? send(attemptsLeft) : end(refused('UNAVAILABLE'))));
          return;
        }
        if (attemptsLeft === 0 || chosen.unansweredBytes + request.length > unansweredBytesMax) {
          end(refused('UNAVAILABLE'));
          return;
        }
        at = chosen;
        busy.begin(space, chosen);
        chosen.send({
          correlation,
          request,
          answered: ({ result }) => end(result),
          unanswered(how) {
            leave();
            send(how === 'not-taken' ? attemptsLeft : attemptsLeft - 1);
          },
        });
      };
      send(ATTEMPTS_MAX);
    });
}

/** While a push of a space is under way, the next ones follow it: elsewhere they might be committed before it. */
function spacesUnderWay() {
  const streams = new Map<SpaceKey, { readonly stream: MergeStream; pushes: number }>();
  return {
    streamOf(space: SpaceKey): MergeStream | null {
      const known = streams.get(space);
      return known !== undefined && known.stream.usable ? known.stream : null;
    },
    begin(space: SpaceKey, stream: MergeStream): void {
      const known = streams.get(space);
      if (known?.stream === stream) known.pushes++;
      else streams.set(space, { stream, pushes: 1 });
    },
    /** Of a stream that broke, the first push to go elsewhere took the space along: the others do not count there yet. */
    end(space: SpaceKey, stream: MergeStream): void {
      const known = streams.get(space);
      if (known?.stream === stream && --known.pushes <= 0) streams.delete(space);
    },
  };
}

interface MergeInstances {
  /** The name has been looked up. */
  readonly known: boolean;
  look(): Promise<void>;
  /** The one for the space; null when none is usable. */
  choose(space: SpaceKey): MergeStream | null;
  /** Called when one may be usable again, or with false after a while. */
  whenUsable(then: (usable: boolean) => void): void;
  close(): void;
}

/** The instances that the name has now; those that it has no more answer what they took. */
function mergeInstances(deps: RemoteMergeDeps, settings: RemoteSettings): MergeInstances {
  const { addresses, connect, timer, log } = deps;
  const streams = new Map<string, MergeStream>();
  const left = new Set<MergeStream>();
  const waiters = waitersFor(timer, settings.retryAfterMs);
  let known = false;
  let closed = false;
  let looking: Promise<void> | null = null;
  let stopWaiting = (): void => undefined;

  const adopt = (found: readonly string[]): void => {
    for (const [address, stream] of streams) {
      if (found.includes(address)) continue;
      streams.delete(address);
      left.add(stream);
      stream.leave();
    }
    for (const address of found) {
      if (streams.has(address)) continue;
      const channel = connect(address);
      const told = { broken: () => void look(), mended: () => waiters.wake(true) };
      streams.set(address, mergeStream({ ...deps, address, channel, settings, ...told }));
      waiters.wake(true);
    }
    for (const stream of left) {
      if (stream.unansweredBytes > 0) continue;
      left.delete(stream);
      stream.close();
    }
  };
  const lookOnce = async (): Promise<void> => {
    try {
      const found = await addresses.resolve();
      // A name that has no addresses for a moment is no reason to give up those that are known.
      if (!closed && found.length > 0) adopt(found);
      known = true;
    } catch (error) {
      log.warn('the merge service cannot be found', { error });
    } finally {
      looking = null;
      stopWaiting();
      if (!closed) stopWaiting = timer.after(settings.resolveEveryMs, () => void look());
    }
  };
  const look = (): Promise<void> => (closed ? Promise.resolve() : (looking ??= lookOnce()));
  void look();

  return {
    get known() {
      return known;
    },
    look,
    choose: (space) => rendezvous(space, [...streams.values()]).find(({ usable }) => usable) ?? null,
    whenUsable: (then) => (closed ? then(false) : waiters.add(then)),
    close() {
      closed = true;
      stopWaiting();
      for (const stream of [...streams.values(), ...left]) stream.close();
      waiters.wake(false);
    },
  };
}

/** Pushes that wait a moment for an instance, in their order: a restart is over before their devices would come again. */
function waitersFor(timer: Timer, waitMs: number) {
  const waiting = new Set<(usable: boolean) => void>();
  return {
    add(then: (usable: boolean) => void): void {
      const wake = (usable: boolean): void => {
        waiting.delete(wake);
        stop();
        then(usable);
      };
      const stop = timer.after(waitMs, () => wake(false));
      waiting.add(wake);
    },
    wake(usable: boolean): void {
      for (const wake of [...waiting]) wake(usable);
    },
  };
}
