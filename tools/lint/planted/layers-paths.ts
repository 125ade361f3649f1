// path: libs/flows/src/planted-paths.ts
// rule: syncline/layers
export * from '../../core/src/clock'; // planted: leavesPackage
export * from '../../../tools/run.mjs'; // planted: leavesPackage
export * from '/etc/hosts'; // planted: leavesPackage
export * from '@syncline/core/src/clock'; // planted: deepImport
export * from '@syncline/nowhere'; // planted: unknownPackage
export * from '@syncline/flows'; // planted: ownPackage
export type A = import('../../memory/src/index').Anything; // planted: leavesPackage
export const b = import('@syncline/wire'); // planted: layer
export const c = require('@syncline/proto'); // planted: layer
import d = require('@syncline/memory'); // planted: layer
export type { Used } from './index';
export type D = typeof d;
