export * from './backends';
export * from './gateway';
export * from './gateway-deps';
export * from './gateway-metrics';
export * from './gateway-timing';
export * from './gzip';
export * from './session/page-encodings';
