import { retryDelayMs } from './retry';
import { type Connection, downloads, newLink, type Space } from './state';
import { answerTimer, cancelTimer, pushTimer, restartTimer, setStatus, setTimer, type Turn } from './turn';

/** The subscription ends on this side; what is in flight is sent again on the next one. */
export function dropLink(turn: Turn, space: Space): void {
  for (const timer of [answerTimer, pushTimer, restartTimer]) cancelTimer(turn, timer(space.id));
  const stopped = space.link.phase === 'stopped';
  space.link = { ...newLink(space.mode), phase: stopped ? 'stopped' : 'none', wanted: space.link.wanted };
}

const isAlive = ({ status }: Connection): boolean =>
  status === 'connecting' || status === 'greeting' || status === 'open';

/** Connects, unless that waits for something only the application can give. */
export function dial(turn: Turn): void {
  const { connection, config } = turn.state;
  cancelTimer(turn, 'retry');
  if (!connection.wanted || isAlive(connection)) return;
  if (connection.stoppedBy !== null) {
    setStatus(turn, 'stopped');
    return;
  }
  if (connection.token === null) {
    setStatus(turn, 'needs-token');
    askToken(turn);
    return;
  }
  connection.id++;
  setStatus(turn, 'connecting');
  turn.effects.push({ kind: 'connect', connection: connection.id });
  setTimer(turn, 'greeting', config.limits.greetingMsMax);
}

export function askToken(turn: Turn): void {
  const { connection } = turn.state;
  if (connection.tokenAsked) return;
  connection.tokenAsked = true;
  turn.effects.push({ kind: 'ask-token' });
}

export interface Loss {
  /** The other side has closed already. */
  readonly closed?: boolean;
  /** Connect again at once, without counting it as a failure. */
  readonly atOnce?: boolean;
  readonly retryAfterMs?: number | null;
}

/** The connection is over, by whichever side; what was in flight is sent again on the next one. */
export function lose(turn: Turn, { closed = false, atOnce = false, retryAfterMs = null }: Loss = {}): void {
  const { connection, spaces } = turn.state;
  if (isAlive(connection) && !closed) turn.effects.push({ kind: 'disconnect', connection: connection.id });
  connection.id++;
  cancelTimer(turn, 'greeting');
  cancelTimer(turn, 'drain');
  cancelTimer(turn, 'retry');
  connection.limits = null;
  connection.pace = null;
  connection.reauthenticating = false;
  connection.tokenSent = false;
  for (const space of spaces.values()) dropLink(turn, space);
  if (!connection.wanted) {
    setStatus(turn, 'offline');
    return;
  }
  setStatus(turn, 'waiting');
  if (atOnce || connection.stoppedBy !== null || connection.token === null) {
    dial(turn);
    return;
  }
  connection.failures++;
  setTimer(turn, 'retry', retryDelayMs(connection.failures, turn.deps.chance, retryAfterMs));
}

/** Nothing is pushed; unless something was asked for or a download goes on, no answer is awaited any more. */
export function restAnswerTimer(turn: Turn, { id, link }: Space): void {
  if (link.phase === 'subscribing') return;
  if (link.caughtUp || !downloads(link.mode)) cancelTimer(turn, answerTimer(id));
}
