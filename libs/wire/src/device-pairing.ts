import { PAIRING_MS_MAX, type DeviceGiven, type Paired, type PairingOffer } from '@syncline/flows';
import type {
  CreatePairingRequest,
  CreatePairingResponse,
  PairDeviceRequest,
  PairDeviceResponse,
} from '@syncline/proto';
import { type DeviceTold, devicePart, deviceToProto, givenFromProto, givenToProto } from './device-calls';
import { pair, textIn, wholeOrNull } from './pair';
import { NO_BYTES, whole, wrong } from './place';

/** How long the code is to hold, in milliseconds; 0 for what the server thinks fit. */
export const createPairingCall = pair<CreatePairingRequest, number>(
  (validForMs) => ({ validForMs, spaces: new Map() }),
  ({ validForMs, spaces }, at) => {
    if (whole(at, 'valid_for_ms', validForMs) > PAIRING_MS_MAX)
      wrong(at, 'valid_for_ms', `must be at most ${PAIRING_MS_MAX}`);
    if (spaces.size > 0) wrong(at, 'spaces', 'is not served yet');
    return validForMs;
  },
);

export const pairingCreated = pair<CreatePairingResponse, PairingOffer>(
  ({ code, expiresAtMs }) => ({ code, expiresAtMs }),
  ({ code, expiresAtMs }, at) => ({ code, expiresAtMs: whole(at, 'expires_at_ms', expiresAtMs) }),
);

export interface PairDeviceCall {
  readonly code: string;
  readonly device: DeviceGiven;
}

export const pairDeviceCall = pair<PairDeviceRequest, PairDeviceCall>(
  ({ code, device }) => ({ code, device: givenToProto(device), publicKey: NO_BYTES }),
  ({ code, device, publicKey }, at) => {
    if (code === '') wrong(at, 'code', 'must not be empty');
    if (publicKey.length > 0) wrong(at, 'public_key', 'is not served yet');
    return { code: textIn(at, 'code', code), device: givenFromProto(device, at) };
  },
);

export type PairedTold = Omit<Paired, 'device'> & { readonly device: DeviceTold };

export const devicePaired = pair<PairDeviceResponse, PairedTold>(
  ({ device, issued }) => ({
    device: deviceToProto(device),
    token: issued?.token ?? '',
    tokenExpiresAtMs: issued?.expiresAtMs ?? 0,
  }),
  ({ device, token, tokenExpiresAtMs }, at) => {
    const expiresAtMs = wholeOrNull(at, 'token_expires_at_ms', tokenExpiresAtMs);
    return { device: devicePart(device, at), issued: token === '' ? null : { token, expiresAtMs } };
  },
);
