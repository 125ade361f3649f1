export * from './accepted-tokens';
export * from './backends';
export * from './device-side-settings';
export * from './gateway';
export * from './gateway-deps';
export * from './gateway-metrics';
export * from './gateway-timing';
export * from './gzip-pages';
