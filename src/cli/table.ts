/** Rows of records as columns. */
export function table(columns: readonly string[], rows: readonly object[]): string {
  const cells = rows.map((row) => columns.map((c) => String((row as Record<string, unknown>)[c] ?? '')))
  const widths = columns.map((c, i) => Math.max(c.length, ...cells.map((r) => r[i]!.length)))
  const line = (texts: readonly string[]) =>
    `${texts
      .map((t, i) => t.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}\n`
  return [columns, ...cells].map(line).join('')
}
