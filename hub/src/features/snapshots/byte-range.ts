/** A part of a file: `from` to `end`, exclusive. */
export interface ByteSpan {
  readonly from: number
  readonly end: number
}

/**
 * What a Range header asks of a file (RFC 9110 §14.2): the span; null where there is no header, or one that is to be ignored (another
 * unit, several ranges, nonsense); or `unsatisfiable`.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteSpan | null | 'unsatisfiable' {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '')
  const [first = '', last = ''] = match?.slice(1) ?? []
  if (match === null || (first === '' && last === '')) return null
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? 'unsatisfiable' : { from: sizeBytes - length, end: sizeBytes }
  }
  if (last !== '' && Number(last) < Number(first)) return null
  if (Number(first) >= sizeBytes) return 'unsatisfiable'
  return { from: Number(first), end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) }
}
