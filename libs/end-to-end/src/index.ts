export * from './office';
export * from './stack';
export * from './tokens';
