import type { SpaceKey } from '@syncline/core';
import type { NatsLink, NatsMessage } from './connection';

/** Any number of listeners of a space on one subscription, which ends with the last of them. */
export interface SharedListening<Event> {
  listen(space: SpaceKey, listener: (event: Event) => void): () => void;
}

interface Topic<Event> {
  readonly listeners: Set<{ readonly hear: (event: Event) => void }>;
  readonly unsubscribe: () => void;
}

export interface SharedListeningDeps<Event> {
  readonly link: NatsLink;
  readonly subjectOf: (space: SpaceKey) => string;
  /** Called once for each message, whose listeners all get the very same event. Null for what makes no sense. */
  readonly decode: (message: NatsMessage) => { readonly space: SpaceKey; readonly event: Event } | null;
}

export function sharedListening<Event>({
  link,
  subjectOf,
  decode,
}: SharedListeningDeps<Event>): SharedListening<Event> {
  const topics = new Map<SpaceKey, Topic<Event>>();

  const tell = (space: SpaceKey, message: NatsMessage): void => {
    const decoded = decode(message);
    if (decoded?.space !== space) return link.problem(new UnreadableMessage(subjectOf(space)));
    for (const { hear } of [...(topics.get(space)?.listeners ?? [])]) {
      try {
        hear(decoded.event);
      } catch (thrown) {
        link.problem(thrown);
      }
    }
  };
  const open = (space: SpaceKey): Topic<Event> => {
    const unsubscribe = link.subscribe(subjectOf(space), (message) => tell(space, message));
    const topic: Topic<Event> = { listeners: new Set(), unsubscribe };
    topics.set(space, topic);
    return topic;
  };

  return {
    listen(space, hear) {
      const topic = topics.get(space) ?? open(space);
      const listener = { hear };
      topic.listeners.add(listener);
      return () => {
        if (!topic.listeners.delete(listener) || topic.listeners.size > 0) return;
        topic.unsubscribe();
        topics.delete(space);
      };
    },
  };
}

export class UnreadableMessage extends Error {
  constructor(subject: string) {
    super(`a message on ${subject} could not be read`);
    this.name = 'UnreadableMessage';
  }
}
