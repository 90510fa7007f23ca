import type { Finding } from './findings.ts'

/**
 * `loading`: not everything is known yet. `unreachable`: the hub does not answer. `incomplete`: it answers, but not to everything.
 * None of them is ever taken for `safe`, which is said only of what was asked and answered.
 */
export type Verdict = 'loading' | 'unreachable' | 'incomplete' | 'empty' | 'attention' | 'waiting' | 'safe'

export interface Knowledge {
  readonly link: 'up' | 'coming' | 'down'
  /** An answer is from a visit before: the hub was not there to give a new one. */
  readonly isRemembered: boolean
  readonly parts: readonly ('loading' | 'failed' | 'ready')[]
  /** Devices in use that have a backup. */
  readonly protectedDevices: number
  readonly findings: readonly Pick<Finding, 'gravity'>[]
}

export function verdictOf({ link, isRemembered, parts, protectedDevices, findings }: Knowledge): Verdict {
  if (link === 'down' || isRemembered) return 'unreachable'
  if (parts.includes('failed')) return 'incomplete'
  if (link === 'coming' || parts.includes('loading')) return 'loading'
  if (protectedDevices === 0) return 'empty'
  if (findings.some(({ gravity }) => gravity !== 'waiting')) return 'attention'
  return findings.length > 0 ? 'waiting' : 'safe'
}

export interface ClippedKind {
  readonly key: string
  readonly shown: readonly Finding[]
  /** Of the same kind. */
  readonly hidden: readonly Finding[]
}

/** The first few of each kind, in order: five hundred devices without a backup are one thing to do, and must not hide the others. */
export function clipFindings(findings: readonly Finding[], mostOfKind: number): ClippedKind[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = `${finding.gravity}:${finding.kind}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  return [...groups].map(([key, group]) => ({ key, shown: group.slice(0, mostOfKind), hidden: group.slice(mostOfKind) }))
}
