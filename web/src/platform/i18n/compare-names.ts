let collator: Intl.Collator | undefined

/**
 * Orders what people named as people would: `host-2` before `host-10`, `ä` beside `a`. One comparer for all: `localeCompare` makes one
 * for each pair, which thousands of names feel; and it is made with the first pair, as that takes some 20 ms of a page's start.
 */
export function compareNames(a: string, b: string): number {
  collator ??= new Intl.Collator(undefined, { numeric: true })
  return collator.compare(a, b)
}
