/** A place in the strip of days: which device, which day. */
export interface StripPlace {
  readonly row: number
  readonly column: number
}

/** Where a key leads from a place, within the rows and days there are; null = the key is not the strip's. */
export function placeAfterKey(key: string, { row, column }: StripPlace, rows: number, columns: number): StripPlace | null {
  const within = (value: number, most: number) => Math.max(0, Math.min(most - 1, value))
  switch (key) {
    case 'ArrowLeft':
      return { row, column: within(column - 1, columns) }
    case 'ArrowRight':
      return { row, column: within(column + 1, columns) }
    case 'ArrowUp':
      return { row: within(row - 1, rows), column }
    case 'ArrowDown':
      return { row: within(row + 1, rows), column }
    case 'Home':
      return { row, column: 0 }
    case 'End':
      return { row, column: within(columns - 1, columns) }
    default:
      return null
  }
}
