import { isIPv6 } from 'node:net'

/**
 * What counts as one address: an IPv4 address (also one that is written as IPv6), or the /64 of an IPv6 one, of which every customer of
 * every provider has 2^64.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const bare = address.split('%', 1)[0] ?? address
  if (!isIPv6(bare)) return address
  return `${expandGroups(bare).slice(0, 4).join(':')}::/64`
}

/** The eight groups, without leading zeros. */
function expandGroups(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: missing }, () => '0'), ...after].map((group) => Number.parseInt(group, 16).toString(16))
}
