import { tenantOf } from '@syncline/core';
import { type AccessChange, type AccessNews, Unavailable } from '@syncline/ports';
import type { NatsLink } from './connection';
import { UnreadableMessage } from './shared-listening';
import { subjectsUnder } from './subjects';

export interface NatsAccessNewsDeps {
  readonly link: NatsLink;
  readonly prefix?: string;
  readonly encode: (change: AccessChange) => Uint8Array;
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array) => AccessChange | null;
}

const WHAT = 'access';

/** Changes of rights are rare, so every process hears of all of them, on a single subscription. */
export function natsAccessNews({
  link,
  prefix = 'syncline',
  encode,
  decode,
}: NatsAccessNewsDeps): AccessNews {
  const subjects = subjectsUnder(prefix);
  const listeners = new Set<{ readonly hear: (change: AccessChange) => void }>();
  const subscription: { end: (() => void) | null } = { end: null };

  const tell = (bytes: Uint8Array): void => {
    const change = decode(bytes);
    if (change === null) return link.problem(new UnreadableMessage(subjects.all(WHAT)));
    for (const { hear } of [...listeners]) {
      try {
        hear(change);
      } catch (thrown) {
        link.problem(thrown);
      }
    }
  };

  return {
    async publish(change) {
      const connection = link.up();
      connection.publish(subjects.ofTenant(WHAT, tenantNamed(change)), encode(change));
      // The server has it when it answers what was sent after it.
      await connection.flush().catch((cause: unknown) => {
        throw new Unavailable('NATS', { cause });
      });
    },
    listen(hear) {
      const listener = { hear };
      listeners.add(listener);
      subscription.end ??= link.subscribe(subjects.all(WHAT), ({ data }) => tell(data));
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        subscription.end?.();
        subscription.end = null;
      };
    },
  };
}

function tenantNamed(change: AccessChange): string {
  switch (change.kind) {
    case 'access':
    case 'removed':
      return tenantOf(change.space);
    case 'revoked':
      return change.device.tenant;
    case 'tenant':
      return change.tenant;
  }
}
