/** Rates that no load here reaches, for a gateway whose work is measured and not its manners. */
const MUCH = String(1_000_000_000);

const rates = [
  'CHANGES_PER_SECOND',
  'CHANGES_BURST',
  'PUSH_BYTES_PER_SECOND',
  'PUSH_BYTES_BURST',
  'HANDSHAKES_PER_SECOND',
  'HANDSHAKES_BURST',
];
const names = [
  ...rates.flatMap((rate) => [`${rate}_MAX`, `${rate}_PER_USER_MAX`, `${rate}_PER_TENANT_MAX`]),
  'HANDSHAKES_PER_SECOND_PER_ADDRESS_MAX',
  'HANDSHAKES_BURST_PER_ADDRESS_MAX',
  'SESSIONS_PER_USER_MAX',
  'SESSIONS_PER_TENANT_MAX',
];

export const liftedLimits = Object.fromEntries(names.map((name) => [`SYNCLINE_LIMIT_${name}`, MUCH]));
