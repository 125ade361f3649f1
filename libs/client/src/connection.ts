import {
  type Hello,
  hlcTime,
  type Pace,
  type Reason,
  type Refusal,
  refusal,
  type Welcome,
} from '@syncline/core';
import { askToken, dial, lose } from './link';
import { pushNext } from './push';
import { newLink } from './state';
import { subscribe } from './subscription';
import { cancelTimer, notify, seeClock, send, setStatus, type Turn } from './turn';

export function onConnected(turn: Turn): void {
  const { connection, config, spaces } = turn.state;
  if (connection.status !== 'connecting' || connection.token === null) return;
  setStatus(turn, 'greeting');
  const { protocol, capabilities, tenant, device, info, schemaVersions } = config;
  const hello: Hello = {
    kind: 'hello',
    protocol,
    capabilities,
    tenant,
    device,
    info,
    token: connection.token,
    clock: hlcTime(turn.deps.nowMs),
    schemaVersions,
    // A server that takes spaces up by itself knows less well than this device where to go on, and in what scope.
    resume: null,
  };
  send(turn, hello);
  // Right behind it, to save a round trip.
  for (const space of spaces.values()) subscribe(turn, space);
}

export function onWelcome(turn: Turn, welcome: Welcome): void {
  const { connection, spaces } = turn.state;
  if (connection.status !== 'greeting') return;
  if (welcome.user !== turn.state.owner) {
    refuseUser(turn, welcome);
    return;
  }
  cancelTimer(turn, 'greeting');
  connection.limits = welcome.limits;
  seeClock(turn, welcome.clock);
  setStatus(turn, 'open');
  if (spaces.size === 0) connection.failures = 0;
  for (const space of spaces.values()) if (space.link.phase === 'none') subscribe(turn, space);
}

/** Neither one user's changes under another's name nor another's records into this copy. */
function refuseUser(turn: Turn, { user }: Welcome): void {
  const { connection, owner } = turn.state;
  notify(turn, { kind: 'other-user', owner, user });
  connection.token = null;
  send(turn, { kind: 'goodbye' });
  const message = 'The token is of another user than the one whose data this device holds.';
  stopConnection(turn, refusal('DEVICE_OF_OTHER_USER', { message }));
}

export function goOffline(turn: Turn): void {
  const { connection } = turn.state;
  connection.wanted = false;
  if (connection.status === 'open') send(turn, { kind: 'goodbye' });
  lose(turn);
}

/** Nothing helps but the application: a new token, `go-online` or `sync-now`. */
export function stopConnection(turn: Turn, refusal: Refusal): void {
  turn.state.connection.stoppedBy = refusal;
  notify(turn, { kind: 'stopped', space: null, refusal });
  lose(turn);
}

/** The token is no longer any good; what was refused for it is done again with a fresh one. */
export function renewToken(turn: Turn): void {
  const { connection } = turn.state;
  connection.token = null;
  connection.reauthenticating = connection.status === 'open';
  askToken(turn);
}

const MENDED_BY_TOKEN: readonly Reason[] = ['UNAUTHENTICATED', 'AUTH_EXPIRED', 'DEVICE_OF_OTHER_USER'];

export function onToken(turn: Turn, token: string): void {
  const { connection } = turn.state;
  connection.token = token;
  connection.tokenAsked = false;
  if (connection.status === 'open') {
    if (!connection.tokenSent) send(turn, { kind: 'authenticate', token });
    connection.tokenSent = true;
    return;
  }
  const { stoppedBy } = connection;
  if (stoppedBy !== null && MENDED_BY_TOKEN.includes(stoppedBy.reason)) connection.stoppedBy = null;
  if (connection.status === 'needs-token' || connection.status === 'stopped') dial(turn);
}

export function onAuthenticated(turn: Turn): void {
  const { connection, spaces } = turn.state;
  connection.reauthenticating = false;
  connection.tokenSent = false;
  for (const space of spaces.values()) {
    if (space.link.phase === 'none') subscribe(turn, space);
    else pushNext(turn, space);
  }
}

export function onPace(turn: Turn, pace: Pace): void {
  const { pushChangesMax, pushBytesMax, changesRemaining, delayMs } = pace;
  const notBeforeMs = delayMs > 0 ? turn.deps.nowMs + delayMs : 0;
  turn.state.connection.pace = { pushChangesMax, pushBytesMax, changesRemaining, notBeforeMs };
  notify(turn, { kind: 'pace', pace });
  for (const space of turn.state.spaces.values()) pushNext(turn, space);
}

/** What was stopped may be tried again. */
export function unstop(turn: Turn): void {
  turn.state.connection.stoppedBy = null;
  for (const space of turn.state.spaces.values())
    if (space.link.phase === 'stopped') space.link = newLink(space.mode);
}
