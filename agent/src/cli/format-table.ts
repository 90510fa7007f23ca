import { padEnd, padStart, textWidth } from './text-width.ts'

export interface Column {
  readonly title: string
  readonly alignRight?: boolean
}

/** Lines of a table with a header; cells hold no control characters. The last column is not padded. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) => Math.max(textWidth(column.title), ...rows.map((row) => textWidth(row[index] ?? ''))))
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? ''
        const width = widths[index] ?? 0
        if (column.alignRight === true) return padStart(cell, width)
        return index === columns.length - 1 ? cell : padEnd(cell, width)
      })
      .join('  ')
      .trimEnd()
  return [line(columns.map((column) => column.title)), ...rows.map(line)]
}
