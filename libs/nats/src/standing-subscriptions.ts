import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { NatsMessage } from './connection';

/** Subscriptions that are wanted, whether or not there is a connection for them. */
export interface StandingSubscriptions {
  add(subject: string, hear: (message: NatsMessage) => void): () => void;
  /** On this connection from now on; it brings its subscriptions back itself when it reconnects. */
  moveTo(connection: NatsConnection): void;
}

interface Standing {
  readonly subject: string;
  readonly hear: (message: NatsMessage) => void;
  current: Subscription | null;
}

export function standingSubscriptions(problem: (what: unknown) => void): StandingSubscriptions {
  const all = new Set<Standing>();
  const on: { connection: NatsConnection | null } = { connection: null };

  const subscribe = (standing: Standing, connection: NatsConnection): void => {
    if (connection.isClosed() || connection.isDraining()) return;
    standing.current = connection.subscribe(standing.subject, {
      callback(error, message) {
        if (error !== null) return problem(error);
        // What is thrown here would end the reading of the whole connection.
        try {
          standing.hear(message);
        } catch (thrown) {
          problem(thrown);
        }
      },
    });
  };

  return {
    add(subject, hear) {
      const standing: Standing = { subject, hear, current: null };
      all.add(standing);
      if (on.connection !== null) subscribe(standing, on.connection);
      return () => {
        if (!all.delete(standing)) return;
        if (on.connection?.isClosed() === false) standing.current?.unsubscribe();
      };
    },
    moveTo(connection) {
      on.connection = connection;
      for (const standing of all) subscribe(standing, connection);
    },
  };
}
