import { createInbox, type NatsConnection } from '@nats-io/transport-node';
import type {
  Timer,
  Whereabouts,
  WhereaboutsAnswer,
  WhereaboutsAnswerer,
  WhereaboutsQuestion,
} from '@syncline/ports';
import type { NatsLink } from './connection';
import { UnreadableMessage } from './shared-listening';
import { subjectsUnder } from './subjects';

export interface NatsWhereaboutsDeps {
  readonly link: NatsLink;
  readonly timer: Timer;
  readonly prefix?: string;
  readonly question: Codec<WhereaboutsQuestion>;
  readonly answer: Codec<WhereaboutsAnswer>;
}

interface Codec<Value> {
  readonly encode: (value: Value) => Uint8Array;
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array) => Value | null;
}

const WHAT = 'whereabouts';
/** Whoever has not answered by then is not waited for. */
const ANSWERED_WITHIN_MS = 300;
/** After an answer, another one may be about to come. */
const QUIET_MS = 25;

/**
 * On core NATS, one question to all processes. Nobody tells how many there are, so it is learnt from how many have
 * answered before: once as many have, and no other does for a moment, all are taken to be heard.
 */
export function natsWhereabouts(deps: NatsWhereaboutsDeps): Whereabouts {
  const { link, timer, prefix = 'syncline', question, answer } = deps;
  const subjects = subjectsUnder(prefix);
  const answerers = new Set<{ readonly answer: WhereaboutsAnswerer }>();
  const standing: { end: (() => void) | null } = { end: null };
  let answeredBefore = 1;

  const reply = (bytes: Uint8Array, inbox: string | undefined): void => {
    const asked = question.decode(bytes);
    if (asked === null) return link.problem(new UnreadableMessage(subjects.all(WHAT)));
    if (inbox === undefined || inbox === '') return;
    for (const each of [...answerers]) link.up().publish(inbox, answer.encode(each.answer(asked)));
  };

  const othersSay = async (asked: WhereaboutsQuestion): Promise<WhereaboutsAnswer[]> => {
    const heard: WhereaboutsAnswer[] = [];
    const ask = { subject: subjects.ofSpace(WHAT, asked.space), bytes: question.encode(asked) };
    await gathered(link.up(), timer, ask, answeredBefore, (bytes) => {
      const told = answer.decode(bytes);
      if (told === null) link.problem(new UnreadableMessage(subjects.all(WHAT)));
      else heard.push(told);
    });
    // One that was late once is waited for again; those that are gone are forgotten one by one.
    answeredBefore = Math.max(1, heard.length, answeredBefore - 1);
    return heard;
  };

  return {
    async ask(asked) {
      // Also those here, who would not be heard while NATS is away.
      const own = Array.from(answerers, (each) => each.answer(asked));
      const others = await othersSay(asked).catch(() => []);
      return [...own, ...others];
    },
    answer(answerTo) {
      const answerer = { answer: answerTo };
      answerers.add(answerer);
      standing.end ??= link.subscribe(subjects.all(WHAT), (message) => reply(message.data, message.reply));
      return () => {
        if (!answerers.delete(answerer) || answerers.size > 0) return;
        standing.end?.();
        standing.end = null;
      };
    },
  };
}

interface Ask {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** Resolves when so many have answered and it has become quiet, or there is no more time. */
function gathered(
  connection: NatsConnection,
  timer: Timer,
  { subject, bytes }: Ask,
  expected: number,
  hear: (bytes: Uint8Array) => void,
): Promise<void> {
  const inbox = createInbox();
  let count = 0;
  let stopQuiet = (): void => undefined;
  return new Promise((resolve) => {
    const stopLate = timer.after(ANSWERED_WITHIN_MS, () => end());
    const subscription = connection.subscribe(inbox, {
      callback(error, { data, headers }) {
        // The server says so itself when nobody listens.
        if (error !== null || headers?.hasError === true) return end();
        hear(data);
        count++;
        stopQuiet();
        if (count >= expected) stopQuiet = timer.after(QUIET_MS, () => end());
      },
    });
    const end = (): void => {
      stopQuiet();
      stopLate();
      if (!subscription.isClosed()) subscription.unsubscribe();
      resolve();
    };
    connection.publish(subject, bytes, { reply: inbox });
  });
}
