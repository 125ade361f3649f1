import type { SpaceKey } from '@syncline/core';
import type { PresenceEvents, Present } from '@syncline/ports';
import type { NatsLink } from './connection';
import { sharedListening } from './shared-listening';
import { subjectsUnder } from './subjects';

export interface NatsPresenceEventsDeps {
  readonly link: NatsLink;
  readonly prefix?: string;
  readonly encode: (space: SpaceKey, present: Present) => Uint8Array;
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array) => { readonly space: SpaceKey; readonly present: Present } | null;
}

const WHAT = 'presence';

/** Kept nowhere: who is not listening now will ask the roster. */
export function natsPresenceEvents({
  link,
  prefix = 'syncline',
  encode,
  decode,
}: NatsPresenceEventsDeps): PresenceEvents {
  const subjects = subjectsUnder(prefix);
  const listening = sharedListening<Present>({
    link,
    subjectOf: (space) => subjects.ofSpace(WHAT, space),
    decode({ data }) {
      const decoded = decode(data);
      return decoded === null ? null : { space: decoded.space, event: decoded.present };
    },
  });
  return {
    publish: async (space, present) =>
      link.up().publish(subjects.ofSpace(WHAT, space), encode(space, present)),
    listen: (space, listener) => listening.listen(space, listener),
  };
}
