import type { OtType } from '@syncline/core';
import { json1 } from './json1';
import { text } from './text';

/** The types of operations, by the name under which rules and changes name them. */
export const OT_TYPES: ReadonlyMap<string, OtType> = new Map([json1, text].map((type) => [type.name, type]));
