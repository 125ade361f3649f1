/** The service that is put under load, asked over HTTP for whatever the load needs around it. */
import { setTimeout as delay } from 'node:timers/promises';

const RECORDS = 200;
const CREATED_AT_ONCE = 8;

const TRIES_MAX = 20;

/** `{ call }`, once something answers at the address and knows the token. What comes too fast comes again when it may. */
export async function reachService({ http, token, tls }) {
  const base = `${tls ? 'https' : 'http'}://${http}`;
  const call = async (method, body, tries = 1) => {
    const response = await fetch(`${base}/syncline.v1.${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    }).catch((failure) => {
      throw new Error(`${base} does not answer any more (${reasonOf(failure)})`);
    });
    const answer = await response.json();
    if (response.status === 200) return answer;
    if (response.status !== 429 || tries === TRIES_MAX)
      throw new Error(`${method} was refused: ${answer.message}`);
    await delay(Number(response.headers.get('retry-after') ?? 1) * 1_000);
    return call(method, body, tries + 1);
  };
  await greeted(base);
  await call('SyncService/Spaces', { caller: { device: 'load' } });
  return { call };
}

const reasonOf = ({ cause, message }) => cause?.code ?? cause?.message ?? message;

async function greeted(base) {
  const greeting = await fetch(`${base}/`).then(
    (response) => response.json().catch(() => ({})),
    (failure) => {
      throw new Error(
        `nothing answers at ${base} (${reasonOf(failure)}): start the services with npm run stack -- --for-load, ` +
          'or say where they are with --http and --grpc',
      );
    },
  );
  if (greeting.service !== 'syncline') throw new Error(`what answers at ${base} is not Syncline`);
}

/** Fresh spaces to write to, and one with records that nobody writes to: `{ space, quietSpace, cursor, names }`. */
export async function furnish({ call }, { run, spaces, payload }) {
  const space = `${run}-space`;
  const quietSpace = `${run}-quiet`;
  const names = [quietSpace, ...Array.from({ length: spaces }, (_, at) => `${space}-${at}`)];
  for (let at = 0; at < names.length; at += CREATED_AT_ONCE)
    await Promise.all(
      names.slice(at, at + CREATED_AT_ONCE).map((each) => call('AdminService/CreateSpace', { space: each })),
    );
  const caller = { device: `${run}-writer` };
  const changes = Array.from({ length: RECORDS }, (_, at) => ({
    number: at + 1,
    collection: 'notes',
    id: `note-${at}`,
    time: Date.now() * 1024,
    create: { payload },
  }));
  await call('SyncService/Push', { caller, push: { space: quietSpace, changes } });
  return { space, quietSpace, cursor: await cursorAtHead(call, caller, quietSpace), names };
}

async function cursorAtHead(call, caller, space) {
  for (let cursor = ''; ;) {
    const { pages = [], checkpoint } = await call('SyncService/Pull', { caller, space, cursor });
    if (checkpoint !== undefined) return checkpoint.cursor;
    cursor = pages.at(-1).cursor;
  }
}

/** The versions that the spaces have given out, all together. */
export async function versionsOf({ call }, names) {
  const caller = { device: 'load' };
  const heads = await Promise.all(
    names.map(async (space) =>
      Number((await call('SyncService/Status', { caller, space, numbers: [1] })).head ?? 0),
    ),
  );
  return heads.reduce((sum, head) => sum + head, 0);
}

export async function remove({ call }, names) {
  for (const space of names) await call('AdminService/DeleteSpace', { space, confirm: space });
}
