import {
  type ConvertTo,
  encodeUtf8,
  type SchemaDeclaration,
  type SchemaOperation,
  type SchemaStep,
  tryDecodeUtf8,
} from '@syncline/core';
import type {
  SchemaOperation as ProtoOperation,
  SchemaRules,
  SchemaStep as ProtoStep,
} from '@syncline/proto';
import { ConvertTo as ProtoConvertTo } from '@syncline/proto';
import { codes } from './codes';
import { uint32 } from './encoding';
import { each, inside, type Place, wrong } from './place';

const conversions = codes<ConvertTo, ProtoConvertTo>({
  string: ProtoConvertTo.STRING,
  number: ProtoConvertTo.NUMBER,
  boolean: ProtoConvertTo.BOOLEAN,
  array: ProtoConvertTo.ARRAY,
  'time-ms': ProtoConvertTo.TIME_MS,
  'time-iso': ProtoConvertTo.TIME_ISO,
  mapped: ProtoConvertTo.MAPPED,
});

export function schemaToProto({ current, oldest, steps }: SchemaDeclaration): SchemaRules {
  return { current: uint32(current), oldest: uint32(oldest), steps: steps.map(stepToProto) };
}

function stepToProto({ toVersion, up, down }: SchemaStep): ProtoStep {
  return {
    toVersion: uint32(toVersion),
    up: up.map(operationToProto),
    down: down.map(operationToProto),
  };
}

function operationToProto(operation: SchemaOperation): ProtoOperation {
  return { operation: caseOf(operation) };
}

function caseOf(operation: SchemaOperation): ProtoOperation['operation'] {
  switch (operation.kind) {
    case 'rename':
      return { $case: 'rename', rename: { field: operation.field, to: operation.to } };
    case 'default':
      return {
        $case: 'default',
        default: { field: operation.field, value: encodeUtf8(operation.value) },
      };
    case 'move':
      return { $case: 'move', move: { field: operation.field, to: operation.to } };
    case 'split': {
      const { field, separator, into } = operation;
      return { $case: 'split', split: { field, separator, into: [...into] } };
    }
    case 'join': {
      const { fields, separator, into } = operation;
      return { $case: 'join', join: { fields: [...fields], separator, into } };
    }
    case 'convert': {
      const values = new Map(operation.values.map(([before, after]) => [before, encodeUtf8(after)]));
      return {
        $case: 'convert',
        convert: { field: operation.field, to: conversions.code(operation.to), values },
      };
    }
    case 'remove':
      return { $case: 'remove', remove: { field: operation.field } };
  }
}

export function schemaFromProto(proto: SchemaRules | undefined, above: Place): SchemaDeclaration {
  if (proto === undefined) return { current: 0, oldest: 0, steps: [] };
  const at = inside(above, 'schema');
  return {
    current: proto.current,
    oldest: proto.oldest,
    steps: each<ProtoStep, SchemaStep>(at, 'steps', proto.steps, stepFromProto),
  };
}

function stepFromProto({ toVersion, up, down }: ProtoStep, at: Place): SchemaStep {
  return {
    toVersion,
    up: each<ProtoOperation, SchemaOperation>(at, 'up', up, operationFromProto),
    down: each<ProtoOperation, SchemaOperation>(at, 'down', down, operationFromProto),
  };
}

function operationFromProto({ operation }: ProtoOperation, at: Place): SchemaOperation {
  switch (operation?.$case) {
    case undefined:
      wrong(at, 'operation', 'must be set');
      return { kind: 'remove', field: '' };
    case 'rename':
      return { kind: 'rename', ...operation.rename };
    case 'default': {
      const { field, value } = operation.default;
      return { kind: 'default', field, value: textIn(inside(at, 'default'), 'value', value) };
    }
    case 'move':
      return { kind: 'move', ...operation.move };
    case 'split':
      return { kind: 'split', ...operation.split };
    case 'join':
      return { kind: 'join', ...operation.join };
    case 'convert': {
      const place = inside(at, 'convert');
      const { field, to, values } = operation.convert;
      return {
        kind: 'convert',
        field,
        to: conversions.nameIn(place, 'to', to),
        values: [...values].map(([before, after]) => [before, textIn(place, 'values', after)]),
      };
    }
    case 'remove':
      return { kind: 'remove', ...operation.remove };
  }
}

function textIn(at: Place, name: string, bytes: Uint8Array): string {
  const text = tryDecodeUtf8(bytes);
  if (text === null) wrong(at, name, 'must be UTF-8');
  return text ?? '';
}
