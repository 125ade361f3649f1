/**
 * Checks an exported audit trail against the public key of the installation that exported it. It knows the export's form
 * and nothing of the service: SHA-256, Ed25519 and the wire format of protobuf are all that it stands on.
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { TextDecoder } from 'node:util';

/** What is wrong, and in which line; null where it is about the whole. */
export class Broken extends Error {
  constructor(line, problem) {
    super(line === null ? problem : `line ${line}: ${problem}`);
  }
}

const HASH_BYTES = 32;
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const HASH_OF_NOTHING = sha256();

const ACTIONS = ['UNSPECIFIED', 'CREATE', 'UPDATE', 'DELETE', 'RESOLVE', 'RESTORE'];
const STATUSES = ['UNSPECIFIED', 'APPLIED', 'MERGED', 'LOST', 'HELD', 'REJECTED'];

/** The fields of a ChainLink by their numbers: name, type, and where an exported entry says the same. */
const LINK = new Map([
  [1, ['version', 'number', (told) => [told.version, told.entry.record.version]]],
  [2, ['collection', 'text', ({ entry }) => [entry.record.collection]]],
  [3, ['id', 'text', ({ entry }) => [entry.record.id]]],
  [4, ['action', 'number', ({ entry }) => [entry.action]]],
  [5, ['contentSha256', 'bytes', (told) => [told.contentSha256]]],
  [6, ['device', 'text', ({ entry }) => [entry.record.device]]],
  [7, ['number', 'number', ({ entry }) => [entry.record.number]]],
  [8, ['user', 'text', ({ entry }) => [entry.record.user]]],
  [9, ['time', 'number', ({ entry }) => [entry.record.time]]],
  [10, ['committedAtMs', 'number', ({ entry }) => [entry.record.committedAtMs]]],
  [11, ['previousVersion', 'number', ({ entry }) => [entry.previousVersion]]],
  [12, ['conflictId', 'text', ({ entry }) => [entry.conflictId]]],
  [13, ['deleted', 'yes', ({ entry }) => [entry.record.deleted]]],
  [14, ['baseVersion', 'number', ({ entry }) => [entry.baseVersion]]],
  [15, ['schemaVersion', 'number', ({ entry }) => [entry.record.schemaVersion]]],
  [16, ['status', 'number', ({ entry }) => [entry.status]]],
  [17, ['policy', 'text', ({ entry }) => [entry.policy]]],
  [18, ['rulesVersion', 'number', ({ entry }) => [entry.rulesVersion]]],
  [19, ['traceparent', 'text', ({ entry }) => [entry.traceparent]]],
  [20, ['incomingSha256', 'bytes', () => []]],
  [21, ['incomingDeleted', 'yes', ({ entry }) => [entry.incomingDeleted]]],
]);

/** `{ space: 'tenant/space', keys: Map(id → 32 bytes), known: head | null }`; tells what holds, or throws `Broken`. */
export function verifyAudit(bytes, { space, keys, known = null }) {
  const chain = { version: 0n, hash: null, first: null, last: null, contentsMissing: 0, versions: 0 };
  const state = { before: null, end: null };
  const earlier = known === null ? null : headOf(known, null, space, keys);
  const passes = (version, hash) => {
    if (earlier === null || earlier.version !== version) return;
    if (!earlier.hash.equals(hash))
      throw new Broken(null, `the chain is not what was signed at version ${version}`);
    earlier.found = true;
  };
  linesOf(bytes).forEach((text, index) => {
    const line = index + 1;
    const part = partOf(text, line);
    if (state.end !== null) throw new Broken(line, 'comes behind the end');
    if (part.before !== undefined) {
      if (state.before !== null) throw new Broken(line, 'begins a second time');
      state.before = headOf(part.before, line, space, keys);
      Object.assign(chain, { version: state.before.version, hash: state.before.hash });
      passes(chain.version, chain.hash);
    }
    if (state.before === null) throw new Broken(line, 'comes before the beginning');
    for (const told of part.entries) {
      follow(chain, told, line);
      passes(chain.version, chain.hash);
    }
    if (part.end !== undefined) {
      state.end = headOf(part.end, line, space, keys);
      if (state.end.version !== chain.version || !state.end.hash.equals(chain.hash))
        throw new Broken(line, 'the signed end is not where the chain ends');
    }
  });
  if (state.end === null) throw new Broken(null, 'the export has no end: a part of it is missing');
  if (earlier !== null && earlier.found !== true)
    throw new Broken(null, `version ${earlier.version}, of which a head is known, is not in the export`);
  const { versions, contentsMissing } = chain;
  const { version: from } = state.before;
  const { version: to, keyId, signedAtMs } = state.end;
  return { versions, contentsMissing, after: from, to, keyId, signedAtMs };
}

function follow(chain, told, line) {
  const link = linkOf(told.link, line);
  for (const [name, , said] of LINK.values())
    for (const value of said(told))
      if (!same(value, link[name])) throw new Broken(line, `${name} is not what the link says`);
  if (link.version <= chain.version) throw new Broken(line, `version ${link.version} is out of order`);
  const hash = sha256(chain.hash, told.link);
  if (!hash.equals(told.chainHash) || !hash.equals(told.entry.chainHash))
    throw new Broken(line, `the chain does not go on to version ${link.version}`);
  checkContents(chain, told.entry, link, line);
  Object.assign(chain, { version: link.version, hash, versions: chain.versions + 1 });
}

function checkContents(chain, { record, incomingPayload }, link, line) {
  const missing = [
    [record.payload, link.contentSha256, 'content'],
    [incomingPayload, link.incomingSha256, 'what was sent'],
  ].filter(([content, hash, what]) => {
    if (content.length === 0 && (hash.length === 0 || hash.equals(HASH_OF_NOTHING))) return false;
    if (content.length === 0) return true;
    if (!sha256(content).equals(hash))
      throw new Broken(line, `${what} of version ${link.version} was changed`);
    return false;
  });
  if (link.deleted && !link.contentSha256.equals(HASH_OF_NOTHING))
    throw new Broken(line, `version ${link.version} is a delete with content`);
  if (missing.length > 0) chain.contentsMissing += 1;
}

/** What is signed: a prefix, a NUL, `tenant/space`, a NUL, epoch, version and time as eight bytes each, and the hash. */
function headOf(json, line, space, keys) {
  const head = read(
    json,
    {
      version: int,
      chainHash: base64,
      signedAtMs: int,
      keyId: text,
      signature: base64,
      epoch: int,
      publicKey: base64,
    },
    'a head',
    line,
  );
  const key = keys.get(head.keyId);
  if (key === undefined)
    throw new Broken(line, `key ${JSON.stringify(head.keyId)} is not among those that are known`);
  if (!key.equals(head.publicKey)) throw new Broken(line, `key ${head.keyId} is not the one that is known`);
  if (head.chainHash.length !== HASH_BYTES) throw new Broken(line, 'a head has no hash');
  const numbers = Buffer.alloc(24);
  [head.epoch, head.version, head.signedAtMs].forEach((number, at) =>
    numbers.writeBigUInt64BE(number, at * 8),
  );
  const names = Buffer.from(`syncline/chain/1\0${space}\0`);
  const message = Buffer.concat([names, numbers, head.chainHash]);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (!verifySignature(null, message, publicKey, head.signature))
    throw new Broken(line, 'the signature does not belong to this head of this space');
  if (head.version === 0n && !head.chainHash.equals(Buffer.alloc(HASH_BYTES)))
    throw new Broken(line, 'a chain begins with zeros');
  const { version, chainHash: hash, keyId, signedAtMs } = head;
  return { version, hash, keyId, signedAtMs };
}

function linesOf(bytes) {
  const decoded = attempt(null, 'the export is not UTF-8', () =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
  );
  if (!decoded.endsWith('\n')) throw new Broken(null, 'the export ends in the middle of a line');
  return decoded.slice(0, -1).split('\n');
}

function partOf(line, number) {
  const json = attempt(number, 'is not JSON', () => JSON.parse(line));
  if (json?.error !== undefined)
    throw new Broken(number, `the export ended with an error: ${JSON.stringify(json.error)}`);
  const part = read(json, { entries: list(linkEntry), before: as, end: as }, 'a part', number);
  return { ...part, entries: part.entries ?? [] };
}

const record = shape('a record', {
  collection: text,
  id: text,
  version: int,
  deleted: yes,
  payload: base64,
  device: text,
  number: int,
  user: text,
  time: int,
  schemaVersion: int,
  committedAtMs: int,
});
const versionOf = shape('an entry', {
  record,
  action: oneOf('HISTORY_ACTION_', ACTIONS),
  previousVersion: int,
  baseVersion: int,
  conflictId: text,
  status: oneOf('OUTCOME_STATUS_', STATUSES),
  chainHash: base64,
  traceparent: text,
  incomingPayload: base64,
  policy: text,
  rulesVersion: int,
  incomingDeleted: yes,
});
const linkEntry = shape('a link', {
  version: int,
  entry: versionOf,
  contentSha256: base64,
  link: base64,
  chainHash: base64,
});

/** Readers of JSON as protobuf has it: what is left out is the empty value, what has no meaning here is refused. */
function shape(what, fields) {
  return (json, line) => read(json ?? {}, fields, what, line);
}

function read(json, fields, what, line) {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Broken(line, `${what} is no object`);
  const unknown = Object.keys(json).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined)
    throw new Broken(line, `${what} has a field ${JSON.stringify(unknown)}, which nothing vouches for`);
  return Object.fromEntries(
    Object.entries(fields).map(([name, reader]) => [name, reader(json[name], line, name)]),
  );
}

function as(json) {
  return json;
}

function list(item) {
  return (json = [], line) => {
    if (!Array.isArray(json)) throw new Broken(line, 'the entries are no list');
    return json.map((each) => item(each, line));
  };
}

function text(json = '', line, name) {
  if (typeof json !== 'string') throw new Broken(line, `${name} is no text`);
  return json;
}

function int(json = 0, line, name) {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json);
  if (typeof json === 'string' && /^(0|[1-9]\d*)$/.test(json)) return BigInt(json);
  throw new Broken(line, `${name} is no whole number`);
}

function yes(json = false, line, name) {
  if (typeof json !== 'boolean') throw new Broken(line, `${name} is neither true nor false`);
  return json;
}

/** Only as it would be written: what is left over in the last character must not hide a change. */
function base64(json = '', line, name) {
  const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : null;
  if (bytes === null || bytes.toString('base64') !== json) throw new Broken(line, `${name} is not base64`);
  return bytes;
}

function oneOf(prefix, names) {
  return (json = `${prefix}${names[0]}`, line, name) => {
    const at = names.findIndex((each) => `${prefix}${each}` === json);
    if (at < 0) throw new Broken(line, `${name} is no value that is known`);
    return BigInt(at);
  };
}

/** A ChainLink from its bytes: each field once, in order. */
function linkOf(bytes, line) {
  const empty = { number: 0n, text: '', bytes: Buffer.alloc(0), yes: false };
  const link = Object.fromEntries([...LINK.values()].map(([name, type]) => [name, empty[type]]));
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length || shift > 63n) throw new Broken(line, 'a link is cut off');
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  let last = 0;
  while (at < bytes.length) {
    const tag = Number(varint());
    const [name, type] = LINK.get(tag >> 3) ?? [];
    if (name === undefined || tag >> 3 <= last) throw new Broken(line, 'a link holds what it must not hold');
    last = tag >> 3;
    const isLong = type === 'text' || type === 'bytes';
    if ((tag & 7) !== (isLong ? 2 : 0)) throw new Broken(line, `${name} of a link has another type`);
    const value = varint();
    if (!isLong) link[name] = type === 'yes' ? value === 1n : value;
    else {
      const end = at + Number(value);
      if (end > bytes.length) throw new Broken(line, 'a link is cut off');
      const part = bytes.subarray(at, end);
      link[name] = type === 'bytes' ? part : part.toString('utf8');
      at = end;
    }
  }
  return link;
}

function same(told, linked) {
  return Buffer.isBuffer(told) ? told.equals(linked) : told === linked;
}

function attempt(line, problem, work) {
  try {
    return work();
  } catch {
    throw new Broken(line, problem);
  }
}
