import {
  addressSetting,
  optional,
  opsSettings,
  publicTlsProblems,
  publicTlsSettings,
  type SettingsOf,
  textSetting,
  urlSetting,
} from '@syncline/service-kit';

/** Whatever devices connect to has these, alone or among other services. */
export const deviceSideSettings = {
  grpcAddress: addressSetting('GRPC_ADDRESS', {
    sentence: 'Where devices connect by gRPC.',
    default: '127.0.0.1:7400',
  }),
  httpAddress: addressSetting('HTTP_ADDRESS', {
    sentence: 'Where devices connect by WebSocket, and calls are made as JSON.',
    default: '127.0.0.1:7401',
  }),
  ...opsSettings('127.0.0.1:7402'),
  jwksUrl: optional(
    urlSetting('TOKEN_JWKS_URL', {
      sentence: 'Where the issuer of tokens publishes its keys.',
      protocols: ['https:', 'http:'],
    }),
  ),
  issuer: optional(textSetting('TOKEN_ISSUER', { sentence: 'What the claim `iss` of a token must be.' })),
  audience: optional(
    textSetting('TOKEN_AUDIENCE', { sentence: 'What the claim `aud` of a token must be or hold.' }),
  ),
  ...publicTlsSettings,
};

type DeviceSideSettings = SettingsOf<typeof deviceSideSettings>;

export function deviceSideProblems(settings: DeviceSideSettings): string[] {
  const { jwksUrl, issuer, audience } = settings;
  const isOpen = jwksUrl !== null && (issuer === null || audience === null);
  return [
    ...(isOpen
      ? [
          'SYNCLINE_TOKEN_JWKS_URL needs SYNCLINE_TOKEN_ISSUER and SYNCLINE_TOKEN_AUDIENCE: the keys of an issuer also ' +
            'sign tokens that are meant for others',
        ]
      : []),
    ...publicTlsProblems(settings),
  ];
}
