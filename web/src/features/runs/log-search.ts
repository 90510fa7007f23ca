import type { LogLine } from '@holdfast/shared-types'

/** What is looked for, read once: a search goes through 100,000 lines at each letter typed. */
export type LogNeedle = RegExp | null

/** Plain text, whatever its letters' size; null: nothing is looked for. */
export const needleOf = (text: string): LogNeedle =>
  text.trim() === '' ? null : new RegExp(text.trim().replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'giu')

const hasNeedle = (text: string, needle: RegExp): boolean => {
  needle.lastIndex = 0
  return needle.test(text)
}

/** Places of the lines that hold it in their message or path. */
export function findLines(lines: readonly LogLine[], needle: LogNeedle): readonly number[] {
  if (needle === null) return []
  const found: number[] = []
  for (const [index, line] of lines.entries())
    if (hasNeedle(line.message, needle) || (line.path !== null && hasNeedle(line.path, needle))) found.push(index)
  return found
}

export interface TextPart {
  readonly text: string
  readonly isHit: boolean
}

/** A text cut where it holds what is looked for. */
export function cutAtHits(text: string, needle: LogNeedle): readonly TextPart[] {
  if (needle === null) return [{ text, isHit: false }]
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(needle)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), isHit: false })
    parts.push({ text: match[0], isHit: true })
    from = match.index + match[0].length
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), isHit: false })
  return parts
}

/**
 * The hit to go to next: from the one that is looked at, by the line's own number, as lines before it may be left out meanwhile.
 *
 * @param step  1 = the next one, -1 = the one before; round the ends
 */
export function nextHit(hits: readonly number[], lines: readonly LogLine[], currentSeq: number | null, step: 1 | -1): number | null {
  if (hits.length === 0) return null
  const seqAt = (hit: number) => lines[hits[hit] ?? 0]?.seq ?? 0
  if (currentSeq === null) return step === 1 ? 0 : hits.length - 1
  const after = hits.findIndex((_, hit) => seqAt(hit) > currentSeq)
  const firstAfter = after === -1 ? hits.length : after
  if (step === 1) return firstAfter % hits.length
  const isOnHit = firstAfter > 0 && seqAt(firstAfter - 1) === currentSeq
  return (firstAfter - (isOnHit ? 2 : 1) + hits.length) % hits.length
}
