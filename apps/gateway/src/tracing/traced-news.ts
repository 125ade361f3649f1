import { type Announcement, nameHash, type SessionEffect, type SpaceKey, type Version } from '@syncline/core';
import type { Clock } from '@syncline/ports';
import type { Span, Traces } from '@syncline/telemetry';
import { type Delivery, type DeviceSession, whenLeft } from '../session/device-session';

/** An announcement in which something is traced, on its way to the sessions of its space. */
export interface TracedNews extends Delivery {
  /** One more session was told, whatever it made of it. */
  told(): void;
  /** Of a session that reads what it was not sent; null where that is not traced. */
  read(session: DeviceSession, position: Version): TracedRead | null;
}

export interface TracedRead extends Delivery {
  /** To go on from. */
  readonly traceparent: string;
  failed(why: string): void;
}

export interface TracedNewsDeps {
  readonly traces: Traces;
  readonly clock: Clock;
}

/** Of one announcement; how many sessions there are is told once. */
const DELIVERIES_MAX = 64;
/** Whoever reads later reads for a reason of its own. */
const READ_WITHIN_MS = 30_000;

/** Null where nothing is traced. */
export function tracedNews(
  { traces, clock }: TracedNewsDeps,
  space: SpaceKey,
  { traces: parents = [], to }: Announcement,
  sessions: number,
): TracedNews | null {
  const facts = { space: nameHash(space), version: to, sessions };
  const announced = parents.flatMap(
    (parent) => traces.follow('gateway.announced', { parent, kind: 'consumer', facts }) ?? [],
  );
  if (announced.length === 0) return null;
  const readUntilMs = clock.nowMs() + READ_WITHIN_MS;
  let deliveriesLeft = DELIVERIES_MAX;
  let untold = sessions;

  const deliver = ({ state }: DeviceSession, how: 'live' | 'read'): Span[] => {
    if (deliveriesLeft < announced.length) return [];
    deliveriesLeft -= announced.length;
    const facts = { how, session: nameHash(state.setup.newSession) };
    return announced.flatMap(
      ({ traceparent: parent }) => traces.follow('gateway.deliver', { parent, facts }) ?? [],
    );
  };

  return {
    told() {
      untold--;
      if (untold === 0) for (const span of announced) span.end();
    },
    handled(session, effects) {
      const spans = isSent(effects) ? deliver(session, 'live') : [];
      if (spans.length > 0) whenLeft(session, ending(spans));
    },
    read(session, position) {
      if (position >= to || clock.nowMs() > readUntilMs) return null;
      const spans = deliver(session, 'read');
      return spans.length === 0 ? null : tracedRead(spans);
    },
  };
}

function tracedRead(spans: readonly Span[]): TracedRead {
  const end = ending(spans);
  return {
    traceparent: spans[0]!.traceparent,
    failed(why) {
      for (const span of spans) span.fail(why);
      end(true);
    },
    handled(session, effects) {
      if (isSent(effects)) whenLeft(session, end);
      else end(true);
    },
  };
}

function isSent(effects: readonly SessionEffect[]): boolean {
  return effects.some((effect) => effect.do === 'send' && CARRIERS.has(effect.message.kind));
}

const CARRIERS: ReadonlySet<string> = new Set(['page', 'encoded-page', 'checkpoint']);

function ending(spans: readonly Span[]): (hasLeft: boolean) => void {
  return (hasLeft) => {
    for (const span of spans) {
      if (!hasLeft) span.fail('the device is gone');
      span.end();
    }
  };
}
