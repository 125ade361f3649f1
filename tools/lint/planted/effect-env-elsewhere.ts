// path: apps/gateway/src/server.ts
// rule: syncline/effects:env
import { env } from 'node:process'; // planted
import world from 'node:process'; // planted
export const a = process.env['HOME']; // planted
export const b = process['env']; // planted
export const { env: again } = process; // planted
export const pid = process.pid;
export const used = [env, world];
