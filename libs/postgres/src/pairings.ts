import { createHash } from 'node:crypto';
import type { TenantId, UserId } from '@syncline/core';
import type { Pairings } from '@syncline/ports';
import { type Sql, statement } from './sql';

interface PairingRow {
  readonly tenant: TenantId;
  readonly user_id: UserId;
  readonly expires_at_ms: number;
}

const offer = statement<never>(
  'pairings.offer',
  `insert into pairings (code_hash, tenant, user_id, expires_at_ms)
   values ($1::bytea, $2::text, $3::text, $4::int8)`,
);
const take = statement<PairingRow>(
  'pairings.take',
  'delete from pairings where code_hash = $1::bytea returning tenant, user_id, expires_at_ms',
);
const forget = statement<never>('pairings.forget', 'delete from pairings where expires_at_ms <= $1::int8');

export function pairings(sql: Sql): Pairings {
  return {
    async offerPairing(code, { tenant, user, expiresAtMs }) {
      await sql.query(offer(hashOf(code), tenant, user, expiresAtMs));
    },
    async takePairing(code, nowMs) {
      const [row] = await sql.query(take(hashOf(code)));
      if (row === undefined || row.expires_at_ms <= nowMs) return null;
      return { tenant: row.tenant, user: row.user_id, expiresAtMs: row.expires_at_ms };
    },
    async forgetPairings(nowMs) {
      await sql.query(forget(nowMs));
    },
  };
}

function hashOf(code: string): Uint8Array {
  return createHash('sha256').update(code).digest();
}
