import {
  type Access,
  type Answer,
  type ChangeNumber,
  type DeviceId,
  granted,
  HOLDS_NOTHING,
  type Limits,
  type Outcome,
  overLimit,
  type Receipt,
  refused,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type {
  AnsweredChanges,
  Clock,
  DeviceStore,
  ReceiptStore,
  SpaceDevice,
  Whereabouts,
  WhereaboutsQuestion,
} from '@syncline/ports';
import { type KnownWhereabouts, knownWhereabouts } from './known-whereabouts';

export interface FollowChangesDeps {
  readonly receipts: ReceiptStore;
  readonly devices: DeviceStore;
  readonly whereabouts: Pick<Whereabouts, 'ask'>;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** How far a change has come; each stage includes those before it. */
export type ChangeStage = 'unknown' | 'committed' | 'announced' | 'delivered' | 'acknowledged';

/** How far a change has come on its way to one device. Moments are 0 for not yet, or not known. */
export interface DeviceProgress {
  readonly device: DeviceId;
  readonly acknowledged: Version;
  readonly lastSeenMs: number;
  /** It was sent everything up to here, as far as is known. */
  readonly delivered: Version;
  readonly deliveredAtMs: number;
  readonly acknowledgedAtMs: number;
}

export interface ChangeProgress {
  readonly number: ChangeNumber;
  readonly stage: ChangeStage;
  /** Null for a change that the server has not seen. */
  readonly outcome: Outcome | null;
  readonly version: Version;
  /** 0 for not yet, or not known any more. */
  readonly committedAtMs: number;
  /** 0 for not yet, or not known. */
  readonly announcedAtMs: number;
  /** The other devices, those that lag the most first. */
  readonly others: readonly DeviceProgress[];
  readonly acknowledgedCount: number;
  readonly deviceCount: number;
  /** Empty for none. */
  readonly traceId: string;
}

export interface FollowedChanges {
  readonly changes: readonly ChangeProgress[];
  readonly lastNumber: ChangeNumber;
  readonly head: Version;
}

export const FOLLOWED_CHANGES_MAX = 100;
export const FOLLOWED_DEVICES_MAX = 100;

export interface FollowRequest {
  readonly access: Access;
  /** Whose changes they are. */
  readonly device: DeviceId;
  readonly numbers: readonly ChangeNumber[];
}

/** Answers "where is my change?" from what is stored anyway, and from what gateways remember. */
export function followChanges({ receipts, devices, whereabouts, clock, limits }: FollowChangesDeps) {
  return async (
    space: SpaceKey,
    { access, device, numbers }: FollowRequest,
  ): Promise<Answer<FollowedChanges>> => {
    if (numbers.length > FOLLOWED_CHANGES_MAX) {
      const refusal = overLimit('INVALID_ARGUMENT', 'numbersMax', FOLLOWED_CHANGES_MAX, numbers.length);
      return { ok: false, refusal };
    }
    const answered = await receipts.receipts(space, device, numbers);
    const known = await devices.devices(space);
    if (answered === null || known === null) return refused('SPACE_NOT_FOUND');
    const copies = known
      .filter(({ acknowledged }) => acknowledged !== HOLDS_NOTHING)
      .sort((left, right) => left.acknowledged - right.acknowledged);
    const others = copies.filter((copy) => copy.device !== device);
    const told = others.slice(0, FOLLOWED_DEVICES_MAX);
    const hasVersions = [...answered.receipts.values()].some(({ version }) => version > 0);
    const question: WhereaboutsQuestion = { space, author: device, devices: told.map((each) => each.device) };
    const remembered = knownWhereabouts(hasVersions ? await whereabouts.ask(question) : []);
    const seenFromMs = clock.nowMs() - limits.offlineHorizonMs;
    const progressOf = progressAmong({ answered, copies, others, told, remembered, access, seenFromMs });
    const { lastNumber, head } = answered;
    return granted({ changes: numbers.map(progressOf), lastNumber, head });
  };
}

interface Known {
  readonly answered: AnsweredChanges;
  /** Devices that keep a copy, those that lag the most first. */
  readonly copies: readonly SpaceDevice[];
  readonly others: readonly SpaceDevice[];
  readonly told: readonly SpaceDevice[];
  readonly remembered: KnownWhereabouts;
  readonly access: Access;
  readonly seenFromMs: number;
}

function progressAmong(known: Known) {
  const { answered, copies, told, remembered, access } = known;
  const tellDevice = told.map((device) => deviceAmong(remembered, device));
  const stageOf = stageAmong(known);

  return (number: ChangeNumber): ChangeProgress => {
    const receipt = answered.receipts.get(number);
    const version = receipt?.version ?? 0;
    const isKnown = number <= answered.lastNumber;
    return {
      number,
      stage: isKnown ? stageOf(version) : 'unknown',
      outcome: isKnown ? outcomeOf(number, receipt, access) : null,
      version,
      committedAtMs: receipt?.committedAtMs ?? 0,
      announcedAtMs: version === 0 ? 0 : remembered.announcedAtMs(version),
      others: isKnown ? tellDevice.map((tell) => tell(version)) : [],
      acknowledgedCount:
        version === 0 ? 0 : copies.filter(({ acknowledged }) => acknowledged >= version).length,
      deviceCount: copies.length,
      traceId: traceIdOf(answered.traces.get(number) ?? ''),
    };
  };
}

function stageAmong({ answered, copies, others, remembered, seenFromMs }: Known) {
  const following = copies.filter(({ lastSeenMs }) => lastSeenMs >= seenFromMs);
  return (version: Version): ChangeStage => {
    if (version === 0) return 'committed';
    const holds = ({ acknowledged }: SpaceDevice): boolean => acknowledged >= version;
    const isDelivered = remembered.sentUpTo >= version || others.some(holds);
    const isAnnounced = version <= answered.announced || remembered.announcedAtMs(version) > 0;
    if (!isDelivered && !isAnnounced) return 'committed';
    if (following.length > 0 && following.every(holds)) return 'acknowledged';
    return isDelivered ? 'delivered' : 'announced';
  };
}

function deviceAmong(remembered: KnownWhereabouts, { device, acknowledged, lastSeenMs }: SpaceDevice) {
  const { sentUpTo, sentAtMs, storedAtMs } = remembered.of(device);
  const delivered = Math.max(acknowledged, sentUpTo);
  return (version: Version): DeviceProgress => ({
    device,
    acknowledged,
    lastSeenMs,
    delivered,
    deliveredAtMs: version === 0 ? 0 : sentAtMs(version),
    // What a device has said is written down a moment later, and told only then.
    acknowledgedAtMs: version === 0 || acknowledged < version ? 0 : storedAtMs(version),
  });
}

/** Of a W3C traceparent. */
function traceIdOf(traceparent: string): string {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] ?? '';
}

/**
 * A receipt does not tell its record. Whoever may not see every collection is told no more than what became of the change,
 * for the rest might name one of those.
 */
function outcomeOf(number: ChangeNumber, receipt: Receipt | undefined, access: Access): Outcome {
  const blank = { number, version: 0, conflict: null, record: null, reason: null, message: '', aheadMs: 0 };
  if (receipt === undefined) return { ...blank, status: 'APPLIED', repeated: true };
  const { status, version, conflict, reason, message, aheadMs } = receipt;
  const outcome = { ...blank, status, version, reason, aheadMs, repeated: true };
  return access.collections.size > 0 ? outcome : { ...outcome, conflict, message };
}
