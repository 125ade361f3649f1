import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Secrets } from '@syncline/ports';
import { writePrivate } from './private-file';

/** What this installation signs with, made at its first start and kept beside its data. */
export interface LocalSecrets {
  readonly tokenSecret: string;
  readonly cursorSecret: Uint8Array;
}

const FILE = 'secrets.json';
const SECRET_BYTES = 32;

export function keptSecrets(folder: string, secrets: Secrets): LocalSecrets {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) {
    const made = () => Buffer.from(secrets.bytes(SECRET_BYTES)).toString('base64url');
    writePrivate(file, `${JSON.stringify({ tokenSecret: made(), cursorSecret: made() })}\n`);
  }
  return read(file);
}

function read(file: string): LocalSecrets {
  const { tokenSecret, cursorSecret } = parsed(readFileSync(file, 'utf8'));
  if (typeof tokenSecret === 'string' && typeof cursorSecret === 'string') {
    const bytes = Buffer.from(cursorSecret, 'base64url');
    if (tokenSecret.length >= SECRET_BYTES && bytes.length >= SECRET_BYTES) {
      return { tokenSecret, cursorSecret: new Uint8Array(bytes) };
    }
  }
  throw new Error(
    `${file} does not hold the secrets of this installation; put it back, or remove it for new ones`,
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
