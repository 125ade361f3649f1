import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Makes certificates for tests, so that none of them is kept in the repository or runs out. */
export interface Authority {
  readonly certPem: string;
  issue(given?: { readonly from?: Date; readonly until?: Date }): Issued;
}

export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
}

const FROM = new Date('2020-01-01T00:00:00Z');
const UNTIL = new Date('2049-01-01T00:00:00Z');

export function testAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let serial = 1;
  const certificate = (subject: string, key: KeyObject, extensions: Buffer[], from: Date, until: Date) => {
    const signed = der(
      0x30,
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.from([++serial])),
      ECDSA_WITH_SHA256,
      nameOf(name),
      der(0x30, timeOf(from), timeOf(until)),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      der(0xa3, der(0x30, ...extensions)),
    );
    const signature = Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]);
    return pem('CERTIFICATE', der(0x30, signed, ECDSA_WITH_SHA256, der(0x03, signature)));
  };

  return {
    certPem: certificate(name, publicKey, [IS_AUTHORITY], FROM, UNTIL),
    issue({ from = FROM, until = UNTIL } = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        certPem: certificate('service', own.publicKey, [FOR_LOOPBACK], from, until),
        keyPem: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const used = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | used.length]), used, body]);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const extension = (id: string, value: Buffer): Buffer => der(0x30, oid(id), der(0x04, value));

const ECDSA_WITH_SHA256 = der(0x30, oid('2a8648ce3d040302'));
const IS_AUTHORITY = extension('551d13', der(0x30, der(0x01, Buffer.from([0xff]))));
const FOR_LOOPBACK = extension(
  '551d11',
  der(0x30, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))),
);

function nameOf(text: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(text)))));
}

function timeOf(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function pem(label: string, body: Buffer): string {
  const lines = body.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
