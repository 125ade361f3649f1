import {
  collectionName,
  type CollectionDigest,
  contentHash,
  type DigestSum,
  digestSum,
  hlcTime,
  recordId,
} from '@syncline/core';
import { systemClock } from '@syncline/memory';
import { Client } from 'pg';
import { COLLECTION, creating, payloadOf } from './changes';
import { together } from './numbers';
import { postgresAtRest } from './postgres-at-rest';
import { openReader } from './reader';
import type { Bench } from './row';
import { openSession } from './session';

/** The device that all records of a filled space are from; its last change number is the number of records. */
export const FILLER = 'filler';
const USER = 'ada';
export const FILLED_PREFIX = 'record-';
const PAYLOAD_BYTES = 214;
const CONNECTIONS = 2;
const CHUNK_RECORDS = 10_000;

/** Record 1 has version 1, and so on. */
export const filledId = (number: number): string => `${FILLED_PREFIX}${number}`;
export const filledPayload = (number: number, bytes = PAYLOAD_BYTES): Uint8Array => payloadOf(bytes, number);

/**
 * Puts records into a fresh space as if a device had created each of them, past the services: only so can a million be
 * there in seconds. Two things are left out, as nothing reads them for a device that has no copy yet or pushes changes of
 * whole records on what stands: history, which is asked for what a device saw when its change meets a conflict or
 * is a patch, and receipts, which are asked for when a number is sent again. Gives a cursor at the head.
 */
export async function fillSpace(
  bench: Bench,
  space: string,
  records: number,
  payloadBytes = PAYLOAD_BYTES,
): Promise<Uint8Array> {
  const { stack } = bench;
  const key = `demo/${space}`;
  await stack.query(`update spaces set head = $2, announced = $2 where space = $1`, [key, records]);
  await stack.query(
    `insert into space_devices (space, device, last_number, taken_version) values ($1, $2, $3, $3)`,
    [key, FILLER, records],
  );
  const cursor = await cursorAtHead(bench, space);
  const sum = digestSum();
  await insertRecords(stack.postgresUrl, key, { records, payloadBytes }, sum);
  await stack.query(`update spaces set records = $2, bytes = $3, digests = $4 where space = $1`, [
    key,
    records,
    records * payloadBytes,
    digestsText(sum.result()),
  ]);
  await postgresAtRest(stack);
  return cursor;
}

/**
 * The same, for whoever is to download it: the last record is pushed. Until a space moves on, delta gives out what it read
 * of it before, and that was nothing.
 */
export async function fillForDownload(
  bench: Bench,
  space: string,
  records: number,
  payloadBytes = PAYLOAD_BYTES,
): Promise<void> {
  await fillSpace(bench, space, records - 1, payloadBytes);
  const session = await openSession({
    address: bench.stack.gateway,
    token: bench.stack.tokenFor(space),
    device: FILLER,
    space,
    uploadOnly: true,
  });
  await session.push([creating(records, filledId(records), filledPayload(records, payloadBytes))]);
  session.close();
}

/** While the head is told already and no record is there yet, a device is at its checkpoint without a download. */
async function cursorAtHead(bench: Bench, space: string): Promise<Uint8Array> {
  const reader = await openReader(bench, { space, device: 'bookmark' });
  reader.close();
  return reader.first.checkpoint.cursor;
}

interface Filling {
  readonly records: number;
  readonly payloadBytes: number;
}

async function insertRecords(
  url: string,
  key: string,
  { records, payloadBytes }: Filling,
  sum: DigestSum,
): Promise<void> {
  const nowMs = systemClock().nowMs();
  const constants = [key, COLLECTION, FILLED_PREFIX, FILLER, USER, hlcTime(nowMs), nowMs];
  let taken = 0;
  await together(CONNECTIONS, async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('set synchronous_commit = off');
    while (taken < records) {
      const before = taken;
      taken = Math.min(records, before + CHUNK_RECORDS);
      await client.query({
        name: 'fill',
        text: INSERT,
        values: [...constants, before, ...columnsOf(before + 1, taken, payloadBytes, sum)],
      });
    }
    await client.end();
  });
}

const INSERT = `
  insert into records (space, collection, id, version, created_version, number, payload, content_a, content_b,
    device, user_id, time, committed_at_ms, previous_version, merged, schema_version, as_sent, resurrected)
  select $1, $2, $3 || number, number, number, number, convert_to(payload, 'UTF8'), a, b,
    $4, $5, $6::int8, $7::int8, 0, false, 0, true, false
  from (
    select $8::int8 + place as number, payload, a, b
    from unnest(string_to_array($9, E'\\n'), $10::int4[], $11::int4[]) with ordinality as given (payload, a, b, place)
  ) given`;

/** Payloads, one a line, and both lanes of their hashes. */
function columnsOf(first: number, last: number, payloadBytes: number, sum: DigestSum): string[] {
  const payloads: string[] = [];
  const lanesA: number[] = [];
  const lanesB: number[] = [];
  for (let number = first; number <= last; number++) {
    const payload = filledPayload(number, payloadBytes);
    const id = recordId(filledId(number));
    const contents = contentHash(id, payload);
    sum.add(id, number, contents);
    payloads.push(Buffer.from(payload).toString());
    // Without a sign here, with one in Postgres.
    lanesA.push(contents.a | 0);
    lanesB.push(contents.b | 0);
  }
  return [payloads.join('\n'), `{${lanesA.join(',')}}`, `{${lanesB.join(',')}}`];
}

function digestsText({ count, versions, contents }: CollectionDigest): string {
  return JSON.stringify({
    [collectionName(COLLECTION)]: [count, versions.a, versions.b, contents.a, contents.b],
  });
}
