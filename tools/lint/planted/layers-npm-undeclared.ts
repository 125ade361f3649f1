// path: libs/simulation/src/planted-npm.ts
// rule: syncline/layers:undeclared
import pino from 'pino'; // planted
import { connect } from 'node:net';
export const used = [pino, connect];
