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
import type { AnsweredChanges, Clock, DeviceStore, ReceiptStore, SpaceDevice } from '@syncline/ports';

export interface FollowChangesDeps {
  readonly receipts: ReceiptStore;
  readonly devices: DeviceStore;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** How far a change has come; each stage includes those before it. */
export type ChangeStage = 'unknown' | 'committed' | 'announced' | 'delivered' | 'acknowledged';

/** How far one device has come, as far as it matters to others. */
export interface DeviceProgress {
  readonly device: DeviceId;
  readonly acknowledged: Version;
  readonly lastSeenMs: number;
}

export interface ChangeProgress {
  readonly number: ChangeNumber;
  readonly stage: ChangeStage;
  /** Null for a change that the server has not seen. */
  readonly outcome: Outcome | null;
  readonly version: Version;
  /** 0 for not yet, or not known any more. */
  readonly committedAtMs: number;
  /** The other devices, those that lag the most first. */
  readonly others: readonly DeviceProgress[];
  readonly acknowledgedCount: number;
  readonly deviceCount: number;
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

/** Answers "where is my change?" from what is stored anyway. */
export function followChanges({ receipts, devices, clock, limits }: FollowChangesDeps) {
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
    const seenFromMs = clock.nowMs() - limits.offlineHorizonMs;
    const progressOf = progressAmong({ answered, copies, access, device, seenFromMs });
    const { lastNumber, head } = answered;
    return granted({ changes: numbers.map(progressOf), lastNumber, head });
  };
}

interface Known {
  readonly answered: AnsweredChanges;
  /** Devices that keep a copy, those that lag the most first. */
  readonly copies: readonly SpaceDevice[];
  readonly access: Access;
  readonly device: DeviceId;
  readonly seenFromMs: number;
}

function progressAmong({ answered, copies, access, device, seenFromMs }: Known) {
  const others = copies.filter((copy) => copy.device !== device);
  const told = others
    .slice(0, FOLLOWED_DEVICES_MAX)
    .map(({ device: other, acknowledged, lastSeenMs }) => ({ device: other, acknowledged, lastSeenMs }));
  const following = copies.filter(({ lastSeenMs }) => lastSeenMs >= seenFromMs);

  const stageOf = (number: ChangeNumber, version: Version): ChangeStage => {
    if (number > answered.lastNumber) return 'unknown';
    if (version === 0 || version > answered.announced) return 'committed';
    const holds = ({ acknowledged }: SpaceDevice): boolean => acknowledged >= version;
    if (following.length > 0 && following.every(holds)) return 'acknowledged';
    return others.some(holds) ? 'delivered' : 'announced';
  };

  return (number: ChangeNumber): ChangeProgress => {
    const receipt = answered.receipts.get(number);
    const version = receipt?.version ?? 0;
    const isKnown = number <= answered.lastNumber;
    return {
      number,
      stage: stageOf(number, version),
      outcome: isKnown ? outcomeOf(number, receipt, access) : null,
      version,
      committedAtMs: receipt?.committedAtMs ?? 0,
      others: isKnown ? told : [],
      acknowledgedCount:
        version === 0 ? 0 : copies.filter(({ acknowledged }) => acknowledged >= version).length,
      deviceCount: copies.length,
    };
  };
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
