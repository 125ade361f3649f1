import { SETTING_PREFIX, type Setting, type SettingsTable } from './settings';

export interface ProgramSettings {
  readonly program: string;
  readonly table: SettingsTable;
}

/** All settings of all programs as one table in Markdown, those of several programs once. */
export function settingsTable(programs: readonly ProgramSettings[]): string {
  const rows = new Map<string, { readonly setting: Setting<unknown>; readonly programs: string[] }>();
  for (const { program, table } of programs) {
    for (const setting of Object.values(table)) {
      const row = JSON.stringify([setting.name, setting.form, unset(setting), setting.sentence]);
      const before = rows.get(row);
      if (before === undefined) rows.set(row, { setting, programs: [program] });
      else before.programs.push(program);
    }
  }
  const lines = [...rows.values()].map(({ setting, programs: of }) => [
    `\`${SETTING_PREFIX}${setting.name}\`${setting.secret ? ' (secret)' : ''}`,
    of.join(', '),
    setting.form,
    unset(setting),
    setting.sentence,
  ]);
  return aligned([['variable', 'read by', 'value', 'when not set', 'meaning'], ...lines]);
}

function unset({ whenUnset }: Setting<unknown>): string {
  if (whenUnset.kind === 'required') return '**required**';
  return whenUnset.text === '' ? '–' : `\`${whenUnset.text}\``;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replace(/\|/g, '\\|')));
  const widths = (escaped[0] ?? []).map((_, column) =>
    Math.max(3, ...escaped.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = escaped;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line), ''].join('\n');
}
