import type { Refset } from '@holdfast/engine/format'

export function addAll(to: Refset, from: Refset): void {
  for (const { packIdHex, ordinal } of from.segments()) to.add(packIdHex, ordinal)
}

/** Whether one names something that the other does not. */
export function hasOther(one: Refset, other: Refset): boolean {
  for (const { packIdHex, ordinal } of one.segments()) if (!other.has(packIdHex, ordinal)) return true
  return false
}

export function overlap(one: Refset, other: Pick<Refset, 'has'>): boolean {
  for (const { packIdHex, ordinal } of one.segments()) if (other.has(packIdHex, ordinal)) return true
  return false
}

export function countOf(refset: Refset): number {
  let count = 0
  for (const _ of refset.segments()) count++
  return count
}
