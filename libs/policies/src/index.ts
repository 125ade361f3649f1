export * from './crdt/registry';
export * from './ot/registry';
