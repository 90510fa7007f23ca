import { foldTag } from './device-filter.ts'

// As the contract has them; written out so that its schemas do not reach the browser.
export const mostTags = 20
export const mostTagLetters = 40
const sensible = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:/+@&#-]*$/u

export type TagMistake = 'letters' | 'long' | 'many' | 'double'

/** Why a tag cannot be added to those there are; null = it can. */
export function mistakeOfTag(text: string, tags: readonly string[]): TagMistake | null {
  const tag = text.normalize().trim()
  if (tag.length > mostTagLetters) return 'long'
  if (!sensible.test(tag)) return 'letters'
  if (tags.some((known) => foldTag(known) === foldTag(tag))) return 'double'
  return tags.length >= mostTags ? 'many' : null
}
