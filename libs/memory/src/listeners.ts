/** Those who want to be told. The same function may listen twice, and each stops for itself. */
export interface Listeners<Event> {
  add(listener: (event: Event) => void): () => void;
  tell(event: Event): void;
}

export function listeners<Event>(): Listeners<Event> {
  const listening = new Set<{ readonly hear: (event: Event) => void }>();
  return {
    add(hear) {
      const listener = { hear };
      listening.add(listener);
      return () => void listening.delete(listener);
    },
    tell(event) {
      // Whoever stops or begins to listen meanwhile does so from the next event on.
      for (const { hear } of [...listening]) hear(event);
    },
  };
}

/** Listeners by topic; a topic without any takes no room. */
export interface TopicListeners<Topic, Event> {
  add(topic: Topic, listener: (event: Event) => void): () => void;
  tell(topic: Topic, event: Event): void;
}

export function topicListeners<Topic, Event>(): TopicListeners<Topic, Event> {
  const topics = new Map<Topic, { readonly listening: Listeners<Event>; count: number }>();
  return {
    add(topic, listener) {
      const entry = topics.get(topic) ?? { listening: listeners<Event>(), count: 0 };
      topics.set(topic, entry);
      entry.count++;
      const stop = entry.listening.add(listener);
      let stopped = false;
      return () => {
        if (stopped) return;
        stopped = true;
        stop();
        entry.count--;
        if (entry.count === 0) topics.delete(topic);
      };
    },
    tell: (topic, event) => topics.get(topic)?.listening.tell(event),
  };
}
