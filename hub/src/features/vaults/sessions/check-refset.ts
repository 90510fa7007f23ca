import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DomainId, SessionId } from '@holdfast/shared-types'
import type { Refset } from '@holdfast/engine/format'
import { segmentsPerTurn } from '../contents/snapshot-refsets.ts'
import type { VaultContents } from '../contents/vault-contents.ts'

export interface RefsetToCheck {
  readonly refset: Refset
  readonly contents: VaultContents
  readonly domainId: DomainId
  readonly sessionId: SessionId
  /** What the hub told this session about. */
  readonly grants: Refset
  /** Refsets of the agent's own snapshots, likeliest first; read only as far as they are needed. */
  readonly baseRefsets: AsyncIterable<Refset>
}

export interface RefsetFaults {
  /** Segments that are not in the store, or in another domain. */
  readonly missing: number
  /** Segments that are there, but that this session neither brought nor was told of, and that no snapshot of the agent names. */
  readonly foreign: number
}

/** Whether a session may commit a snapshot that needs these segments; both counts are 0 when it may. */
export async function checkRefset(check: RefsetToCheck): Promise<RefsetFaults> {
  const { refset, contents, domainId, sessionId, grants } = check
  let missing = 0
  let looked = 0
  let open: Place[] = []
  for (const place of refset.segments()) {
    if (++looked % segmentsPerTurn === 0) await nextTurn()
    const stored = contents.findSegment(place.packIdHex, place.ordinal)
    if (stored === null || stored.domainId !== domainId) missing++
    else if (stored.sessionId !== sessionId && !grants.has(place.packIdHex, place.ordinal)) open.push(place)
  }
  if (open.length === 0 || missing > 0) return { missing, foreign: 0 }
  for await (const base of check.baseRefsets) {
    open = open.filter(({ packIdHex, ordinal }) => !base.has(packIdHex, ordinal))
    if (open.length === 0) break
  }
  return { missing, foreign: open.length }
}

interface Place {
  readonly packIdHex: string
  readonly ordinal: number
}
